import { Busy } from '../database/failures.js'
import { defineError } from '../errors.js'

/** No such checkpoint. */
export const CheckpointNotFound = defineError('CheckpointNotFound', {
  code: 'checkpoint_not_found', status: 404,
})

/** There is a thread of this name already. */
export const ThreadExists = defineError('ThreadExists', { code: 'thread_exists', status: 409 })

/** A run with a greater fencing token has written to the thread since. */
export const StaleFence = defineError('StaleFence', { code: 'stale_fence', status: 409 })

/** What is stored is not what was written there, or is not encrypted although it is to be. */
export const CheckpointUnreadable = defineError('CheckpointUnreadable', {
  code: 'checkpoint_unreadable', status: 500,
})

/** Checkpoints are to be encrypted, and there is no root key. */
export const EncryptionUnavailable = defineError('EncryptionUnavailable', {
  code: 'encryption_unavailable', status: 503,
})

/** Encryption was switched while a call was under way; it is made anew. */
export class PolicyChanged extends Busy {}

/** The checkpoint of a namespace, and the one that a put took for it. */
export interface Heads {
  /** Null when there is none. */
  readonly head: string | null
  /** The parent that was given. */
  readonly parent: string | null
}

const Conflict = defineError('CheckpointConflict', { code: 'checkpoint_conflict', status: 409 })

/** The head of the namespace is another one than the parent of what was put. */
export class CheckpointConflict extends Conflict implements Heads {
  readonly head: string | null
  readonly parent: string | null

  constructor({ head, parent }: Heads) {
    const names = (id: string | null) => (id === null ? 'nothing' : JSON.stringify(id))
    super(`The head is ${names(head)}, not ${names(parent)}; go on from there, or fork.`)
    this.head = head
    this.parent = parent
  }

  override get details() {
    return { head: this.head, parent: this.parent }
  }
}
