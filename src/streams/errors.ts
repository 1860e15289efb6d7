import { defineError } from '../errors.js'

/** No such stream in this organization, or it has expired. */
export const StreamNotFound = defineError('StreamNotFound', {
  code: 'stream_not_found', status: 404,
})

/** The stream was deleted while forks of it live; its path is not free before they are gone. */
export const StreamGone = defineError('StreamGone', { code: 'stream_gone', status: 410 })

/** There is a stream at this path that was created otherwise. */
export const StreamExists = defineError('StreamExists', { code: 'stream_exists', status: 409 })

/** The stream is closed: nothing is appended any more. */
export const StreamClosed = defineError('StreamClosed', { code: 'stream_closed', status: 409 })

/** What is appended is of another content type than the stream. */
export const StreamTypeMismatch = defineError('StreamTypeMismatch', {
  code: 'stream_type_mismatch', status: 409,
})

/** The writer's sequence is not behind the last one. */
export const StreamSequenceConflict = defineError('StreamSequenceConflict', {
  code: 'stream_sequence_conflict', status: 409,
})

/** The stream would become longer than streams may be. */
export const StreamFull = defineError('StreamFull', { code: 'stream_full', status: 413 })

/** A younger incarnation of this producer writes now. */
export const ProducerFenced = defineError('ProducerFenced', {
  code: 'producer_fenced', status: 403,
})

/** An append of this producer is missing before this one. */
export const ProducerGap = defineError('ProducerGap', { code: 'producer_gap', status: 409 })

/** StreamClosed, with where the stream ends. */
export class ClosedAt extends StreamClosed {
  readonly offset: string

  constructor(offset: string) {
    super('The stream is closed; begin another one.')
    this.offset = offset
  }
}

/** ProducerFenced, with the epoch that holds now. */
export class FencedBy extends ProducerFenced {
  readonly epoch: number

  constructor(epoch: number) {
    super(`This producer is at epoch ${epoch} by now; to go on, begin a later one.`)
    this.epoch = epoch
  }
}

/** ProducerGap, with the number that is expected next. */
export class GapBefore extends ProducerGap {
  readonly expectedSeq: number
  readonly receivedSeq: number

  constructor(expectedSeq: number, receivedSeq: number) {
    super(`Append ${expectedSeq} of this producer comes next, not ${receivedSeq}.`)
    this.expectedSeq = expectedSeq
    this.receivedSeq = receivedSeq
  }
}

/** A stream cannot be forked that was deleted already. */
export const ForkSourceGone = defineError('ForkSourceGone', {
  code: 'fork_source_gone', status: 409,
})
