import { packed, unpacked } from './packing.js'
import { CheckpointUnreadable } from './errors.js'

/** Where bytes stand; sealed ones open nowhere else. */
export type Place = readonly (string | number)[]

/** How the bytes of an organization go to the database and come back. */
export interface Wrapping {
  /** Whether everything is encrypted. */
  readonly seals: boolean
  wrap(bytes: Uint8Array, place: Place): Promise<Buffer>
  /** Throws CheckpointUnreadable. */
  open(stored: Uint8Array, place: Place): Uint8Array
}

/** Compressed where that pays, and readable by whoever reads the database. */
export const plainWrapping: Wrapping = {
  seals: false,
  wrap: (bytes) => packed(bytes),
  open(stored) {
    try {
      return unpacked(stored)
    } catch (cause) {
      throw new CheckpointUnreadable('What is stored is not what was written there.', { cause })
    }
  },
}
