import { type RawBuilder, sql } from 'kysely'
import { isDeepStrictEqual } from 'node:util'
import {
  type CheckpointName, type JsonObject, type ListCheckpoints, type StoredCheckpoint,
} from './contract.js'
import { CheckpointUnreadable } from './errors.js'
import { type KnownLog } from './memory.js'
import { missing, sameCheckpoint, wholeOf } from './read-statements.js'
import { type ReaderParts } from './reader.js'
import { BytesMissing, checkpointsIn, type FoundCheckpoint, type Logs } from './rows.js'
import { checkpoints as table, checkpointThreads } from './tables.js'

/** Checkpoints that are read at once. */
const pageSize = 50

/** Bytes of logs that a walk carries from page to page. */
const carriedMax = 64 * 1024 * 1024

const { columns } = table

/** A row source of checkpoints: their columns, `thread_id`, `head_token` and `place`. */
type Source = RawBuilder<unknown>

/** Reads pages of checkpoints; bytes that several of them share are fetched once. */
export class CheckpointPages {
  readonly #parts: ReaderParts
  readonly #withParentWrites: boolean
  #logs = new Map<number, Map<number, KnownLog>>()

  constructor(parts: ReaderParts, withParentWrites: boolean) {
    this.#parts = parts
    this.#withParentWrites = withParentWrites
  }

  /** The checkpoints of a source, in the order of their places. */
  async read(source: Source): Promise<FoundCheckpoint[]> {
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

  async #read(source: Source): Promise<FoundCheckpoint[]> {
    const { database, organizationId, wrapping } = this.#parts
    const before = this.#logs
    const lengths = [...before.values()].flatMap((logs) =>
      [...logs].map(([log, { length }]): [number, number] => [log, length]))
    const known = sql`${columns.refs.encode(lengths)}`
    const withParents = sql`${columns.isPinned.encode(this.#withParentWrites)}`
    const query = sql`with c as materialized (${source}), ${missing(database.engine, known)}
      ${wholeOf(withParents)}`.compile(database.write)
    const { rows } = await database.execute({
      sql: query.sql, parameters: query.parameters, readOnly: true,
    })
    const read = checkpointsIn(rows, {
      organizationId, wrapping, withParentWrites: this.#withParentWrites,
      knownOf: (thread) => before.get(thread) ?? none,
    })
    this.#carry(read.logs)
    return read.checkpoints
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
  const pages = new CheckpointPages(parts, request.withParentWrites ?? false)
  let left = request.limit ?? Infinity
  let after: Place | undefined
  while (left > 0) {
    const size = Math.min(pageSize, left)
    const page = await pages.read(pageSource(parts, request, { after, size }))
    for (const { checkpoint } of page) {
      if (!matches(checkpoint, request.metadata)) continue
      yield checkpoint
      left -= 1
      if (left === 0) return
    }
    const last = page.at(-1)
    if (last === undefined || page.length < size) return
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
  const pages = new CheckpointPages(parts, false)
  const seen = new Set([name.checkpointId])
  let from: string | null = name.checkpointId
  while (from !== null) {
    const page = await pages.read(ancestorSource(parts, { ...name, checkpointId: from }))
    if (page.length === 0) return
    for (const { checkpoint } of page) {
      // Whoever puts a checkpoint before its parent can make them each other's ancestors.
      if (seen.has(checkpoint.checkpointId)) return
      seen.add(checkpoint.checkpointId)
      yield channels === undefined ? checkpoint : narrowed(checkpoint, channels)
    }
    const last = page.at(-1)!.checkpoint
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
    values: Object.fromEntries(
      Object.entries(checkpoint.values).filter(([channel]) => isAsked(channel))),
    writes: checkpoint.writes.filter(({ channel }) => isAsked(channel)),
  }
}
