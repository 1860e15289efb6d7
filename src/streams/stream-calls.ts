import { type PageRequest } from '../database/page.js'
import { type ProducerStep } from './append-call.js'
import { type ForkPoint } from './fork.js'

/** Bytes, or text that becomes UTF-8. */
export type StreamData = Uint8Array | string

/** How to make a stream. */
export interface NewStream {
  /** @default 'application/octet-stream', or that of the stream it is forked from */
  readonly contentType?: string
  /** What it begins with; of a JSON stream a value, or a list of values. */
  readonly data?: StreamData
  /** Nothing can be appended. @default false */
  readonly closed?: boolean
  /** It expires when nobody has read or written for so long. */
  readonly ttlSeconds?: number
  /** It expires then, an RFC 3339 moment. */
  readonly expiresAt?: string
  /** Begin as another stream does. */
  readonly fork?: ForkPoint
  /** The conversation it is for: when that is erased with its person, the stream goes too. */
  readonly conversationId?: string
}

/** How to append. */
export interface StreamAppend {
  /** Must be the stream's. @default any but JSON */
  readonly contentType?: string
  /** Must be greater than that of the append before, by code point. */
  readonly sequence?: string
  /** With it an append that is repeated happens once. */
  readonly producer?: ProducerStep
  /** Nothing is appended after this. @default false */
  readonly close?: boolean
  /** Why the stream ends early; closes it. */
  readonly failure?: string
}

/** What became of an append. */
export interface AppendResult {
  /** The offset behind what was appended; when it was repeated, the end of the stream. */
  readonly offset: string
  readonly closed: boolean
  /** True when it had been appended before. */
  readonly duplicate: boolean
  /** The last append known of the producer. */
  readonly producerSeq: number | undefined
}

/** Where to read. */
export interface StreamReading {
  /** An offset, `-1` for the beginning, or `now` for the end. @default '-1' */
  readonly from?: string
}

/** How long to wait. */
export interface StreamWaiting extends StreamReading {
  /** @default 30000 */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/** All that a stream holds; of a JSON stream, a list of its messages. */
export interface StreamContent {
  readonly contentType: string
  readonly bytes: Uint8Array
  /** Why it ended early; null when it did not. */
  readonly failure: string | null
}

/** The message that a stream became. */
export interface MessageName {
  readonly conversationId: string
  readonly messageId: string
}

export interface StreamListing extends PageRequest {
  /** Only streams whose path begins so. */
  readonly prefix?: string
}
