import { type Instant } from '../clock.js'
import { type CheckpointName } from './contract.js'
import { type Hint, packed, unpacked } from './packing.js'
import { CheckpointUnreadable } from './errors.js'

/** Where bytes stand; sealed ones open nowhere else. */
export type Place = readonly (string | number)[]

/**
 * Where a call of pending writes stands. Its task and the indexes of its writes are among the bytes
 * themselves.
 */
export const writesPlace = (
  organizationId: string, { threadId, namespace = '', checkpointId }: CheckpointName,
): Place => ['writes', organizationId, threadId, namespace, checkpointId]

/** How the bytes of an organization go to the database and come back. */
export interface Wrapping {
  /** Whether everything is encrypted. */
  readonly seals: boolean
  /**
   * When its key was made; null without one. Tells it from the key of an organization that had the
   * same id before.
   */
  readonly since: Instant | null
  /** `open` needs the same hint. */
  wrap(bytes: Uint8Array, place: Place, hint?: Hint): Promise<Buffer>
  /** Throws CheckpointUnreadable. */
  open(stored: Uint8Array, place: Place, hint?: Hint): Uint8Array
}

/** Compressed where that pays, and readable by whoever reads the database. */
export const plainWrapping: Wrapping = {
  seals: false,
  since: null,
  wrap: (bytes, _place, hint) => packed(bytes, hint),
  open(stored, _place, hint) {
    try {
      return unpacked(stored, hint)
    } catch (cause) {
      throw new CheckpointUnreadable('What is stored is not what was written there.', { cause })
    }
  },
}
