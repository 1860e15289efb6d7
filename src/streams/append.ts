import { type Outcome } from '../database/coalesce.js'
import { type BatchRow, type Database, prepareBatch, repeated } from '../database/database.js'
import { type RowKinds, type Statement } from '../database/engine.js'
import { Busy } from '../database/failures.js'
import { type IdGenerator } from '../ids.js'
import {
  type AppendCall, type Appended, lengthOf, type StreamState, verdictOf,
} from './append-call.js'
import {
  apart, chunksOf, entriesOf, type Entry, entryRow, roundOf, streamOf,
} from './append-entries.js'
import {
  advanceStatement, changeStatement, chunkKinds, chunkStatement, entryKinds, lockStatement,
  pathKinds, stateKinds, stateStatement, wholeKinds, wholeStatement,
} from './append-statements.js'
import { streamProducers, streams, type StreamTables } from './tables.js'

type Prepared<K extends RowKinds> = (rows: readonly BatchRow<K>[]) => Statement

/** Whether producers take part. */
type Way = 'plain' | 'produced'

/** How often a call is tried that nothing stands against. */
const attemptsMax = 5

/** Parts that appends take from outside. */
export interface AppendSource {
  readonly ids: IdGenerator
  /** Bytes of a stream at most. */
  readonly tailMax: number
}

/** What is known so far of the calls of a batch. */
type Outcomes = Map<AppendCall, Outcome<Appended>>

/**
 * Appends for many calls in one atomic batch. Whether a call may be appended is judged inside the
 * statement that appends it; why one was not is asked afterwards, for each alone.
 */
export class AppendBatch {
  readonly #database: Database<StreamTables>
  readonly #source: AppendSource
  readonly #whole: Readonly<Record<Way, Prepared<typeof wholeKinds>>>
  readonly #change: Readonly<Record<Way, Prepared<typeof entryKinds>>>
  readonly #lock: Prepared<typeof pathKinds>
  readonly #advance: Prepared<typeof entryKinds>
  readonly #chunk: Prepared<typeof chunkKinds>
  readonly #state: Prepared<typeof stateKinds>

  constructor(database: Database<StreamTables>, source: AppendSource) {
    this.#database = database
    this.#source = source
    const on = database.as<never>()
    const { engine } = database
    const whole = (name: string, isProduced: boolean) => prepareBatch(on, {
      name, kinds: wholeKinds, build: wholeStatement(engine, isProduced),
    })
    const change = (name: string, isProduced: boolean) => prepareBatch(on, {
      name, kinds: entryKinds, build: changeStatement(engine, isProduced),
    })
    this.#whole = {
      plain: whole('streams_append', false), produced: whole('streams_produce', true),
    }
    this.#change = {
      plain: change('streams_change', false), produced: change('streams_change_produced', true),
    }
    this.#lock = prepareBatch(on, {
      name: 'streams_lock', kinds: pathKinds, build: lockStatement(engine),
    })
    this.#advance = prepareBatch(on, {
      name: 'streams_advance', kinds: entryKinds, build: advanceStatement,
    })
    this.#chunk = prepareBatch(on, {
      name: 'streams_chunk', kinds: chunkKinds, build: chunkStatement,
    })
    this.#state = prepareBatch(on, {
      name: 'streams_state', kinds: stateKinds, build: stateStatement(engine),
    })
  }

  /**
   * One outcome a call, in order. Throws only when surely, or maybe, none was appended. The batch
   * reaches the organizations of its own calls; a transaction keeps its reach.
   */
  async write(
    calls: readonly AppendCall[],
    database = this.#database.within(reachOf(calls)),
  ): Promise<Outcome<Appended>[]> {
    const outcomes: Outcomes = new Map()
    let waiting = entriesOf(calls)
    for (let isFirst = true; waiting.length > 0; isFirst = false) {
      const { round, left } = roundOf(waiting)
      try {
        const refused = await this.#append(round, outcomes, database)
        waiting = [...await this.#judge(refused, outcomes, database), ...left]
      } catch (error) {
        // Once others were appended, the writer must not repeat the batch.
        if (isFirst && outcomes.size === 0) throw error
        for (const call of calls) if (!outcomes.has(call)) outcomes.set(call, { error })
        break
      }
    }
    return calls.map((call) => outcomes.get(call)!)
  }

  /** Appends what may be appended; returns the entries of which nothing was. */
  async #append(
    round: readonly Entry[],
    outcomes: Outcomes,
    database: Database<StreamTables>,
  ): Promise<Entry[]> {
    const statements = database.engine.writesInWith
      ? this.#together(round)
      : round.flatMap((entry) => this.#alone(entry))
    const results = await repeated(() => database.atomic(statements))
    const tails = new Map<string, number>()
    for (const { organization_id, path, tail } of results.flatMap(({ rows }) => rows)) {
      if (tail !== undefined) tails.set(`${organization_id} ${path}`, Number(tail))
    }
    return round.filter((entry) => {
      const tail = tails.get(streamOf(entry.calls[0]!))
      if (tail === undefined) return true
      let position = tail
      for (const call of entry.calls.toReversed()) {
        const isLast = call === entry.calls.at(-1)
        outcomes.set(call, { value: {
          position, duplicate: false, lastSeq: call.producer?.seq,
          closed: isLast && call.closing !== undefined,
        } })
        position -= lengthOf(call)
      }
      return false
    })
  }

  #together(round: readonly Entry[]): Statement[] {
    const rows = round.flatMap((entry) => {
      const row = entryRow(entry, this.#source)
      return chunksOf(entry).map((chunk, index) => (
        Object.assign({ leads: streams.columns.closed.encode(index === 0) }, row, chunk)))
    })
    const produced = round.filter(({ calls }) => calls[0]!.producer !== undefined)
    if (produced.length === 0) return [this.#whole.plain(rows)]
    const paths = produced.map(({ calls: [first] }) => (
      { organization_id: first!.organizationId, path: first!.path }))
    return [this.#lock(paths), this.#whole.produced(rows)]
  }

  #alone(entry: Entry): Statement[] {
    const row = entryRow(entry, this.#source)
    const { organization_id, path, append_id } = row
    const chunks = chunksOf(entry).filter(({ data }) => data !== null)
    return [
      this.#change[row.producer_id === null ? 'plain' : 'produced']([row]),
      ...(row.producer_id === null ? [] : [this.#advance([row])]),
      ...chunks.map((chunk) => this.#chunk([{ organization_id, path, append_id, ...chunk }])),
    ]
  }

  /** Settles what was refused for a reason; returns what is to be tried again. */
  async #judge(
    refused: readonly Entry[],
    outcomes: Outcomes,
    database: Database<StreamTables>,
  ): Promise<Entry[]> {
    const again: Entry[] = []
    for (const entry of refused) {
      const [call] = entry.calls
      if (entry.calls.length > 1) {
        again.push(...apart(entry))
        continue
      }
      const state = await this.#stateOf(call!, database)
      const verdict = verdictOf(call!, state, this.#source.tailMax)
      if (verdict instanceof Error) outcomes.set(call!, { error: verdict })
      else if (verdict !== undefined) outcomes.set(call!, { value: verdict })
      else if (entry.attempts + 1 >= attemptsMax) outcomes.set(call!, { error: crowded() })
      else again.push({ calls: entry.calls, attempts: entry.attempts + 1 })
    }
    return again
  }

  async #stateOf(
    { organizationId, path, producer, sequence }: AppendCall,
    database: Database<StreamTables>,
  ): Promise<StreamState | undefined> {
    const statement = this.#state([{
      organization_id: organizationId, path, producer_id: producer?.storedId ?? null, sequence,
    }])
    const { rows: [row] } = await database.execute({ ...statement, readOnly: true })
    if (row === undefined) return undefined
    const { columns } = streams
    return {
      mediaType: columns.mediaType.decode(row.media_type),
      tail: columns.tail.decode(row.tail),
      closed: columns.closed.decode(row.closed),
      closedBy: columns.closedBy.decode(row.closed_by),
      isGone: row.deleted_at !== null,
      isBehind: columns.closed.decode(row.is_behind),
      producer: row.epoch === null ? undefined : {
        epoch: streamProducers.columns.epoch.decode(row.epoch),
        lastSeq: streamProducers.columns.lastSeq.decode(row.last_seq),
      },
    }
  }
}

const reachOf = (calls: readonly AppendCall[]) => calls.map((call) => call.organizationId)

const crowded = () =>
  new Busy('Others write to this stream all the time; repeat the call.', { retryAfterSeconds: 1 })
