import { type Entry, entryHash, genesisHash } from './canonical.js'
import { type AuditKeys } from './keys.js'
import { type AuditHead, type AuditTombstone } from './tables.js'

/** What can be wrong with a log. */
export type AuditFaultKind =
  /** The entry is not the one that was sealed here: edited, inserted, or in another's place. */
  | 'entry_changed'
  /** No entry stands here, and no tombstone. */
  | 'entry_missing'
  /** The log ends before a head that it had. */
  | 'end_missing'
  /** An entry stands behind the end of the chain. */
  | 'entry_beyond_end'
  /** The entries fit one another but not a head: all were rewritten since the head before. */
  | 'head_differs'
  /** No trusted key signed this head. */
  | 'head_forged'
  /** No trusted key signed this tombstone. */
  | 'tombstone_forged'

/** The first thing that is wrong. */
export interface AuditFault {
  readonly kind: AuditFaultKind
  /** The place of the first bad entry. */
  readonly sequence: number
  /** Its id, where there is one. */
  readonly eventId: string | null
  readonly message: string
}

/** Goes along a chain, one entry after the other, and finds the first fault. */
export class ChainWalk {
  /** The place reached. */
  sequence: number
  /** The hash there. */
  hash: string
  /** Entries that were checked. */
  entries = 0
  /** Entries that tombstones stand for. */
  pruned = 0
  /** Heads that were compared. */
  heads = 0
  readonly #keys: AuditKeys
  #headBefore = 0

  constructor(keys: AuditKeys, start = { sequence: 0, hash: genesisHash }) {
    this.#keys = keys
    this.sequence = start.sequence
    this.hash = start.hash
  }

  /** The next entry. */
  entry(entry: Entry, hash: string | null): AuditFault | undefined {
    const { sequence, id: eventId } = entry
    const expected = this.sequence + 1
    if (sequence !== expected) return this.missing(expected)
    if (entryHash(this.hash, entry) !== hash) {
      const message = `Entry ${sequence} (${eventId}) is not what was sealed there.`
      return { kind: 'entry_changed', sequence, eventId, message }
    }
    this.sequence = sequence
    this.hash = hash
    this.entries += 1
    return undefined
  }

  /** The tombstone of the next entries, of which some may have been seen before they went. */
  tombstone(tombstone: AuditTombstone): AuditFault | undefined {
    const { firstSequence, lastSequence } = tombstone
    if (this.#keys.canCheck && !this.#keys.isTombstoneGenuine(tombstone)) {
      const message = `The tombstone of entries ${firstSequence} to ${lastSequence} was signed ` +
        'by no trusted key.'
      return { kind: 'tombstone_forged', sequence: this.sequence + 1, eventId: null, message }
    }
    this.pruned += lastSequence - this.sequence
    this.sequence = lastSequence
    this.hash = tombstone.hash
    return undefined
  }

  /** A head of the place reached. */
  head(head: AuditHead): AuditFault | undefined {
    const { sequence, hash } = head
    if (this.#keys.canCheck && !this.#keys.isHeadGenuine(head)) {
      const message = `The head at entry ${sequence} was signed by no trusted key.`
      return { kind: 'head_forged', sequence, eventId: null, message }
    }
    if (hash !== this.hash) {
      const first = this.#headBefore + 1
      const message = `Entries were rewritten somewhere from ${first} to ${sequence}: they fit ` +
        `one another, but not the head that was signed at ${sequence}.`
      return { kind: 'head_differs', sequence: first, eventId: null, message }
    }
    this.#headBefore = sequence
    this.heads += 1
    return undefined
  }

  /** Nothing stands at a place. */
  missing(sequence: number): AuditFault {
    const message = `Entry ${sequence} is missing.`
    return { kind: 'entry_missing', sequence, eventId: null, message }
  }

  /** The log ends although it reached further once. */
  ended(reached: number): AuditFault {
    const sequence = this.sequence + 1
    const message = `The log ends at entry ${this.sequence}, but had ${reached}: ` +
      `everything from ${sequence} on is missing.`
    return { kind: 'end_missing', sequence, eventId: null, message }
  }
}
