import { type RawBuilder, sql } from 'kysely'
import { isDeepStrictEqual } from 'node:util'
import {
  type CheckpointName, type JsonObject, type ListCheckpoints, type StoredCheckpoint,
} from './contract.js'
import { type Engine } from '../database/engine.js'
import { CheckpointUnreadable } from './errors.js'
import { type KnownLog } from './memory.js'
import { missing, sameCheckpoint, wholeOf } from './read-statements.js'
import { type ReaderParts } from './reader.js'
import { BytesMissing, checkpointsIn, type FoundCheckpoint, type Logs } from './rows.js'
import { checkpoints as table, checkpointThreads } from './tables.js'

/** Checkpoints that are read at once. */
const pageSize = 50

/** Values of so many bytes are read at once, beside those of the first checkpoint. */
const readBytes = 16 * 1024 * 1024

/** Bytes of logs that a walk carries from page to page. */
const carriedMax = 64 * 1024 * 1024

const { columns } = table

/** A row source of checkpoints: their columns, `thread_id`, `head_token` and `place` from 1 on. */
type Source = RawBuilder<unknown>

/** The first checkpoints of a source. */
interface ReadCheckpoints {
  readonly found: readonly FoundCheckpoint[]
  /** Whether the source has more, which is left out because of its size. */
  readonly isCut: boolean
}

/** How pages are read. */
interface PageReading {
  readonly withParentWrites?: boolean | undefined
  /** The channels of which values are wanted. @default all */
  readonly channels?: readonly string[] | undefined
  /** Bytes of values that are read at once. */
  readonly bytesMax?: number | undefined
}

/** Reads pages of checkpoints; bytes that several of them share are fetched once. */
export class CheckpointPages {
  readonly #parts: ReaderParts
  readonly #reading: PageReading
  #logs = new Map<number, Map<number, KnownLog>>()

  constructor(parts: ReaderParts, reading: PageReading = {}) {
    this.#parts = parts
    this.#reading = reading
  }

  /** The checkpoints of a source, in the order of their places. */
  async read(source: Source): Promise<ReadCheckpoints> {
    try {
      return await this.#read(source)
    } catch (error) {
      if (!(error instanceof BytesMissing)) throw error
    }
    this.#logs = new Map()
    try {
      return await this.#read(source)
    } catch (cause) {
      if (!(cause instanceof BytesMissing)) throw cause
      throw new CheckpointUnreadable('Some bytes of a checkpoint are gone.', { cause })
    }
  }

  async #read(source: Source): Promise<ReadCheckpoints> {
    const { database, organizationId, wrapping } = this.#parts
    const { withParentWrites = false, channels, bytesMax = readBytes } = this.#reading
    const before = this.#logs
    const lengths = [...before.values()].flatMap((logs) =>
      [...logs].map(([log, { length }]): [number, number] => [log, length]))
    const known = sql`${columns.refs.encode(lengths)}`
    const withParents = sql`${columns.isPinned.encode(withParentWrites)}`
    const begun = beginningOf(database.engine, source, bytesMax)
    const query = sql`with c as materialized (${begun}), ${missing(database.engine, known)}
      ${wholeOf(withParents)}`.compile(database.write)
    const { rows } = await database.execute({
      sql: query.sql, parameters: query.parameters, readOnly: true,
    })
    const read = checkpointsIn(rows, {
      organizationId, wrapping, withParentWrites, channels,
      knownOf: (thread) => before.get(thread) ?? none,
    })
    this.#carry(read.logs)
    const isCut = rows.some(({ kind }) => kind === 'c') &&
      !rows.some(({ kind, place }) => kind === 'c' && Number(place) === 0)
    return { found: read.checkpoints, isCut }
  }

  #carry(logs: ReadonlyMap<number, ReadonlyMap<number, KnownLog>>): void {
    for (const [thread, ofThread] of logs) {
      this.#logs.set(thread, new Map([...this.#logs.get(thread) ?? none, ...ofThread]))
    }
    const sizes = [...this.#logs.values()].flatMap((each) => [...each.values()])
    const size = sizes.reduce((sum, log) => sum + log.size, 0)
    if (size > carriedMax) this.#logs = new Map()
  }
}

const none: Logs = new Map()

/**
 * The first rows of a source, up to the one that brings their values to so many bytes. Their places
 * are counted from the end of the source, where the last one has 0.
 */
const beginningOf = ({ jsonElements }: Engine, source: Source, bytesMax: number) => {
  const shared = sql`(select sum(cast(r.value ->> 1 as bigint))
    from ${jsonElements(sql.ref('q.refs'))} as r)`
  return sql`
    select s.organization_id, s.thread, s.token, s.created_at, s.is_pinned, s.checkpoint_id,
      s.namespace, s.parent_id, s.run_id, s.refs, s.body, s.metadata, s.thread_id, s.head_token,
      s.place - s.places as place
    from (
      select q.*, max(q.place) over () as places,
        sum(length(q.body) + coalesce(${shared}, 0)) over (
          order by q.place rows between unbounded preceding and 1 preceding) as before
      from (${source}) as q) as s
    where coalesce(s.before, 0) < ${sql.lit(bytesMax)}`
}

/** Behind which checkpoint a page begins. */
export interface Place {
  readonly checkpointId: string
  readonly thread: number
  readonly namespace: string
}

/** Checkpoints of one organization, newest first, in pages as they are taken. */
export async function* listed(
  parts: ReaderParts, request: ListCheckpoints,
): AsyncGenerator<StoredCheckpoint, void, void> {
  const pages = new CheckpointPages(parts, { withParentWrites: request.withParentWrites })
  let left = request.limit ?? Infinity
  let after: Place | undefined
  while (left > 0) {
    const size = Math.min(pageSize, left)
    const { found, isCut } = await pages.read(pageSource(parts, request, { after, size }))
    for (const { checkpoint } of found) {
      if (!matches(checkpoint, request.metadata)) continue
      yield checkpoint
      left -= 1
      if (left === 0) return
    }
    const last = found.at(-1)
    if (last === undefined || (found.length < size && !isCut)) return
    after = { ...last.checkpoint, thread: last.thread }
  }
}

/**
 * The ancestors of a checkpoint, nearest first, in pages as they are taken; of their values and
 * writes those of the channels named.
 */
export async function* ancestorsOf(
  parts: ReaderParts, name: CheckpointName, channels: readonly string[] | undefined,
): AsyncGenerator<StoredCheckpoint, void, void> {
  const pages = new CheckpointPages(parts, { channels })
  const seen = new Set([name.checkpointId])
  let from: string | null = name.checkpointId
  while (from !== null) {
    const { found } = await pages.read(ancestorSource(parts, { ...name, checkpointId: from }))
    if (found.length === 0) return
    for (const { checkpoint } of found) {
      // Whoever puts a checkpoint before its parent can make them each other's ancestors.
      if (seen.has(checkpoint.checkpointId)) return
      seen.add(checkpoint.checkpointId)
      yield channels === undefined ? checkpoint : narrowed(checkpoint, channels)
    }
    const last = found.at(-1)!.checkpoint
    from = last.parentId === null ? null : last.checkpointId
  }
}

export function pageSource(
  { organizationId, wrapping, database: { engine } }: ReaderParts,
  request: ListCheckpoints,
  { after, size }: { readonly after: Place | undefined; readonly size: number },
): Source {
  const { threadId, namespace, checkpointId, before, metadata } = request
  const id = (value: string) => columns.checkpointId.encode(value, 'checkpoint_id')
  const conditions = [sql`c.organization_id = ${columns.organizationId.encode(organizationId)}`]
  if (threadId !== undefined) {
    conditions.push(sql`t.thread_id = ${checkpointThreads.columns.threadId.encode(threadId)}`)
  }
  if (namespace !== undefined) {
    conditions.push(sql`c.namespace = ${columns.namespace.encode(namespace)}`)
  }
  if (checkpointId !== undefined) conditions.push(sql`c.checkpoint_id = ${id(checkpointId)}`)
  if (before !== undefined) conditions.push(sql`c.checkpoint_id < ${id(before)}`)
  if (metadata !== undefined && Object.keys(metadata).length > 0 && !wrapping.seals) {
    const object = columns.metadata.encode(metadata as never, 'metadata')
    conditions.push(engine.jsonContains(sql.ref('c.metadata'), object))
  }
  if (after !== undefined) {
    conditions.push(sql`(c.checkpoint_id, c.thread, c.namespace) < (${id(after.checkpointId)},
      ${columns.thread.encode(after.thread)}, ${columns.namespace.encode(after.namespace)})`)
  }
  return sql`
    select c.*, t.thread_id, null as head_token,
      row_number() over (order by c.checkpoint_id desc, c.thread desc, c.namespace desc) as place
    from checkpoints c
    join checkpoint_threads t on t.organization_id = c.organization_id and t.number = c.thread
    where ${sql.join(conditions, sql` and `)}
    order by c.checkpoint_id desc, c.thread desc, c.namespace desc
    limit ${sql.lit(size)}`
}

function ancestorSource(
  { organizationId }: ReaderParts, { threadId, namespace = '', checkpointId }: CheckpointName,
): Source {
  const parentOfLine = sql`c.organization_id = l.organization_id and c.thread = l.thread
    and c.checkpoint_id = l.parent_id and c.namespace = l.namespace`
  return sql`
    with recursive line (organization_id, thread, thread_id, namespace, checkpoint_id, parent_id,
      place) as (
      select c.organization_id, c.thread, t.thread_id, c.namespace, c.checkpoint_id, c.parent_id, 0
      from checkpoint_threads t
      join checkpoints c on c.organization_id = t.organization_id and c.thread = t.number
      where t.organization_id = ${columns.organizationId.encode(organizationId)}
        and t.thread_id = ${checkpointThreads.columns.threadId.encode(threadId)}
        and c.checkpoint_id = ${columns.checkpointId.encode(checkpointId)}
        and c.namespace = ${columns.namespace.encode(namespace)}
      union all
      select c.organization_id, c.thread, l.thread_id, c.namespace, c.checkpoint_id, c.parent_id,
        l.place + 1
      from line l join checkpoints c on ${parentOfLine}
      where l.place < ${sql.lit(pageSize)}
    )
    select c.*, l.thread_id, null as head_token, l.place
    from line l join checkpoints c on ${sameCheckpoint('c', 'l')}
    where l.place > 0`
}

/** Whether the metadata has each of these keys with an equal value. */
export function matches({ metadata }: StoredCheckpoint, wanted: JsonObject = {}): boolean {
  return Object.entries(wanted).every(([key, value]) =>
    Object.hasOwn(metadata, key) && isDeepStrictEqual(metadata[key], value))
}

function narrowed(checkpoint: StoredCheckpoint, channels: readonly string[]): StoredCheckpoint {
  const isAsked = (channel: string) => channels.includes(channel)
  return {
    ...checkpoint,
    writes: checkpoint.writes.filter(({ channel }) => isAsked(channel)),
  }
}
