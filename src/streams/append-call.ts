import { type Stored } from '../database/columns.js'
import { InvalidInput } from '../errors.js'
import {
  ClosedAt, FencedBy, GapBefore, StreamFull, StreamGone, StreamNotFound, StreamSequenceConflict,
  StreamTypeMismatch,
} from './errors.js'
import { anyBytes, jsonType } from './media.js'
import { offsetOf, type Position } from './offset.js'

/** Which append of which producer a call is. */
export interface ProducerStep {
  /** Names the producer, over all its incarnations; at least one character. */
  readonly id: string
  /** Which incarnation, from 0; a greater one fences the others off. */
  readonly epoch: number
  /** Which append of this incarnation, from 0 without gaps. */
  readonly seq: number
}

/** One call of append, in stored form. */
export interface AppendCall {
  readonly organizationId: Stored<'id'>
  readonly path: Stored<'text'>
  /** Null for a call that only closes. */
  readonly mediaType: Stored<'text'> | null
  /** Null for a call that only closes. */
  readonly data: Stored<'bytes'> | null
  readonly sequence: Stored<'text'> | null
  readonly producer: (ProducerStep & { readonly storedId: Stored<'text'> }) | undefined
  /** Set when nothing may follow. */
  readonly closing: { readonly failure: Stored<'text'> | null } | undefined
}

/** What became of a call. */
export interface Appended {
  /** The place behind what was appended. */
  readonly position: Position
  readonly closed: boolean
  /** True when it had been appended before. */
  readonly duplicate: boolean
  /** The last append known of the producer, when there is one. */
  readonly lastSeq: number | undefined
}

/** How a stream, and the producer of a call, stand. */
export interface StreamState {
  readonly mediaType: string
  readonly tail: Position
  readonly closed: boolean
  readonly closedBy: string | null
  readonly isGone: boolean
  /** Whether the call's sequence is not behind the last one. */
  readonly isBehind: boolean
  readonly producer: { readonly epoch: number; readonly lastSeq: number } | undefined
}

/** How `closed_by` names an append. */
export function stepName({ id, epoch, seq }: ProducerStep): string {
  return JSON.stringify([id, epoch, seq])
}

export const lengthOf = ({ data }: AppendCall): number => data?.length ?? 0

/**
 * What a call comes to that changed nothing: a success of before, an error to be thrown, or
 * undefined when nothing stands against it by now.
 */
export function verdictOf(
  call: AppendCall,
  state: StreamState | undefined,
  tailMax: number,
): Appended | Error | undefined {
  if (state === undefined) return new StreamNotFound('There is no such stream.')
  if (state.isGone) return new StreamGone('The stream was deleted; forks of it still live.')
  if (state.closed) return verdictOnClosed(call, state)
  if (!matches(call, state)) {
    return new StreamTypeMismatch(
      `What is appended must be ${state.mediaType}, as the stream is, not ${call.mediaType}.`)
  }
  const produced = verdictOnProducer(call, state)
  if (produced !== undefined) return produced
  if (state.isBehind) {
    return new StreamSequenceConflict('The sequence must be greater than the last one.')
  }
  if (state.tail + lengthOf(call) > tailMax) {
    return new StreamFull(`A stream may hold ${tailMax} bytes; begin another one.`)
  }
  return undefined
}

function matches({ mediaType, data }: AppendCall, state: StreamState): boolean {
  if (mediaType === null || data === null) return true
  if (mediaType === anyBytes) return state.mediaType !== jsonType
  return mediaType === state.mediaType
}

function verdictOnClosed(call: AppendCall, state: StreamState): Appended | Error {
  const { producer } = call
  const known = { position: state.tail, closed: true, duplicate: true, lastSeq: producer?.seq }
  if (producer === undefined) {
    return call.data === null ? known : new ClosedAt(offsetOf(state.tail))
  }
  if (state.closedBy === stepName(producer)) return known
  if (state.producer !== undefined && producer.epoch < state.producer.epoch) {
    return new FencedBy(state.producer.epoch)
  }
  return new ClosedAt(offsetOf(state.tail))
}

function verdictOnProducer({ producer }: AppendCall, state: StreamState) {
  if (producer === undefined) return undefined
  const { epoch, lastSeq } = state.producer ?? { epoch: producer.epoch, lastSeq: -1 }
  if (producer.epoch < epoch) return new FencedBy(epoch)
  if (producer.epoch > epoch) {
    if (producer.seq === 0) return undefined
    return new InvalidInput('A new epoch must begin with append 0.', { field: 'producer_seq' })
  }
  if (producer.seq > lastSeq + 1) return new GapBefore(lastSeq + 1, producer.seq)
  if (producer.seq > lastSeq) return undefined
  return { position: state.tail, closed: false, duplicate: true, lastSeq }
}
