import { type Instant } from '../../../clock.js'
import { type ExactJson } from '../exact-json.js'
import { type ReadJson } from './reading.js'

/** An event of a source: where it lies, and how it is read. */
export interface FoundEvent {
  /** The number or id it has by its name. */
  readonly name: string
  readonly place: string
  /** Its file; undefined for one that is nowhere but in a page of events. */
  readonly path: string | undefined
  read(): ReadJson
  /** The whole event from elsewhere, and where that is. */
  recover(): { readonly json: ExactJson; readonly from: string } | undefined
}

/** Costs and tokens of a conversation. */
export interface FoundUsage {
  /** Tells those of one conversation apart. */
  readonly name: string
  readonly model: string | null
  readonly costUsd: string | null
  readonly tokensIn: number
  readonly tokensOut: number
  readonly data: Record<string, number>
}

/** A conversation of a source. */
export interface FoundConversation {
  readonly id: string
  /** As the source calls it. */
  readonly sourceId: string
  readonly layout: 'v0' | 'v1-app-server' | 'v1-agent-server'
  readonly place: string
  readonly owner: string | null
  readonly title: string | null
  readonly createdAt: Instant | null
  readonly updatedAt: Instant | null
  /** Everything that is known of it beside its events. */
  readonly metadata: ExactJson
  /** How its events are ordered: as they are listed, or by their moments. */
  readonly order: 'listed' | 'time'
  readonly events: readonly FoundEvent[]
  /** Numbers that no event has. */
  readonly missing: readonly number[]
  readonly leaf: string | undefined
  readonly usage: readonly FoundUsage[]
  /** Files to be kept as bytes. */
  readonly files: readonly string[]
  /** Documents to be kept as states of agents, by name. */
  readonly states: Readonly<Record<string, ExactJson>>
}
