import { type RawBuilder, sql } from 'kysely'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { type JsonObject } from './contract.js'
import { type ThreadKey } from './keep-statements.js'
import { metadataOf } from './rows.js'
import { checkpoints as table, checkpointThreads, type CheckpointTables } from './tables.js'
import { type Wrapping } from './wrapping.js'

/** Where namespaces are looked at. */
export interface SubgraphScope {
  readonly database: Database<CheckpointTables>
  readonly key: ThreadKey
  readonly wrapping: Wrapping
  /** Namespaces with a checkpoint that was created since stay. */
  readonly keepSince: string
}

/** A checkpoint that a subgraph ran behind. */
interface Base {
  readonly namespace: string
  readonly checkpointId: string
}

/** A namespace of a task, by the checkpoints it has. */
interface TaskNamespace {
  /** Whether something keeps it, whatever became of its bases. */
  isKept: boolean
  /** Of each checkpoint, the nearest graph first. */
  readonly bases: Map<string, readonly Base[]>
}

/** What of the graphs around is still there. */
interface Standing {
  readonly checkpoints: ReadonlySet<string>
  /** The newest checkpoint of a namespace. */
  readonly newest: ReadonlyMap<string, string>
}

type StoredRow = Readonly<Record<string, unknown>>

/** Checkpoints looked at in one statement. */
const pageSize = 200

/** Between namespaces; a task's own part is behind a colon (LangGraph, `checkpoint_ns`). */
const separator = '|'

const { columns } = table

const nameOf = ({ namespace, checkpointId }: Base) => JSON.stringify([namespace, checkpointId])

/**
 * Namespaces of tasks whose checkpoints nothing leads to any more, in stored form: every one names
 * in `metadata.parents` what it ran behind, that is gone, and the graph around it has gone on.
 * Where the graph has not, it may be about to write that checkpoint. The thread must be held.
 */
export async function endedNamespaces(scope: SubgraphScope): Promise<Stored<'text'>[]> {
  const found = await tasksOf(scope)
  const standing = await standingOf(scope, [...found.values()])
  const ended = new Set<string>()
  const byLength = [...found].sort(([one], [other]) => one.length - other.length)
  for (const [namespace, { isKept, bases }] of byLength) {
    const isOver = !isKept &&
      [...bases.values()].every((each) => isGone(each, standing, ended))
    if (isOver) ended.add(namespace)
  }
  return [...ended].map((each) => columns.namespace.encode(each, 'namespace'))
}

function isGone(
  bases: readonly Base[], { checkpoints, newest }: Standing, ended: ReadonlySet<string>,
): boolean {
  for (const base of bases) {
    // Of a graph that goes itself one learns no more.
    if (ended.has(base.namespace)) return true
    if (checkpoints.has(nameOf(base))) return false
    const last = newest.get(base.namespace)
    if (last !== undefined) return last > base.checkpointId
  }
  return false
}

async function tasksOf(scope: SubgraphScope): Promise<Map<string, TaskNamespace>> {
  const { database, key, wrapping, keepSince } = scope
  const found = new Map<string, TaskNamespace>()
  const threadId = checkpointThreads.columns.threadId.decode(key.thread_id)
  for (let last: StoredRow | undefined; ;) {
    const rows = await selected(database, taskRows(key, wrapping.seals, last))
    for (const row of rows) {
      const namespace = columns.namespace.decode(row.namespace)
      let task = found.get(namespace)
      if (task === undefined) found.set(namespace, task = { isKept: false, bases: new Map() })
      const metadata = metadataOf(row, {
        organizationId: String(key.organization_id), threadId, wrapping,
      })
      const bases = basesOf(namespace, metadata)
      const isRecent = columns.createdAt.decode(row.created_at) >= keepSince
      if (isRecent || bases.length === 0 || columns.isPinned.decode(row.is_pinned)) {
        task.isKept = true
      }
      task.bases.set(JSON.stringify(bases), bases)
    }
    if (rows.length < pageSize) return found
    last = rows.at(-1)
  }
}

const taskRows = (key: ThreadKey, withBody: boolean, last: StoredRow | undefined) => sql`
  select c.checkpoint_id, c.namespace, c.token, c.is_pinned, c.created_at, c.metadata,
    ${withBody ? sql.ref('c.body') : sql`null`} as body
  from checkpoint_threads t
  join checkpoints c on c.organization_id = t.organization_id and c.thread = t.number
  where t.organization_id = ${key.organization_id} and t.thread_id = ${key.thread_id}
    and c.namespace like '%:%'
    and (c.checkpoint_id, c.namespace) > (${last?.checkpoint_id ?? ''}, ${last?.namespace ?? ''})
  order by c.checkpoint_id, c.namespace limit ${sql.lit(pageSize)}`

/** What a checkpoint ran behind, the nearest graph first; nothing where it does not say. */
function basesOf(namespace: string, { parents }: JsonObject): Base[] {
  if (typeof parents !== 'object' || parents === null || Array.isArray(parents)) return []
  return Object.entries(parents)
    .flatMap(([around, checkpointId]) => (typeof checkpointId === 'string' &&
      (around === '' || namespace.startsWith(around + separator))
      ? [{ namespace: around, checkpointId }] : []))
    .sort((one, other) => other.namespace.length - one.namespace.length)
}

async function standingOf(
  { database, key }: SubgraphScope, tasks: readonly TaskNamespace[],
): Promise<Standing> {
  const bases = new Map<string, Base>()
  for (const task of tasks) {
    for (const each of [...task.bases.values()].flat()) bases.set(nameOf(each), each)
  }
  const checkpoints = new Set<string>()
  const newest = new Map<string, string>()
  const wanted = [...bases.values()]
  for (let start = 0; start < wanted.length; start += pageSize) {
    const list = sql`${JSON.stringify(wanted.slice(start, start + pageSize).map((each) => [
      columns.checkpointId.encode(each.checkpointId, 'checkpoint_id'),
      columns.namespace.encode(each.namespace, 'namespace'),
    ]))}`
    for (const row of await selected(database, baseRows(database, key, list))) {
      const namespace = columns.namespace.decode(row.namespace)
      newest.set(namespace, columns.checkpointId.decode(row.newest))
      if (row.checkpoint_id !== null) {
        checkpoints.add(nameOf({
          namespace, checkpointId: columns.checkpointId.decode(row.checkpoint_id),
        }))
      }
    }
  }
  return { checkpoints, newest }
}

/** Of names in a JSON list, which are there, and the newest of their namespaces. */
const baseRows = (
  { engine }: Database<CheckpointTables>, key: ThreadKey, list: RawBuilder<unknown>,
) => sql`
  with t as materialized (
    select t.organization_id, t.number from checkpoint_threads t
    where t.organization_id = ${key.organization_id} and t.thread_id = ${key.thread_id}),
  w as materialized (
    select r.value ->> 0 as checkpoint_id, r.value ->> 1 as namespace
    from ${engine.jsonElements(list)} as r),
  n as materialized (
    select c.namespace, max(c.checkpoint_id) as newest
    from t join checkpoints c on c.organization_id = t.organization_id and c.thread = t.number
    where c.namespace in (select w.namespace from w)
    group by c.namespace)
  select n.namespace, n.newest, c.checkpoint_id
  from t cross join w join n on n.namespace = w.namespace
  left join checkpoints c on c.organization_id = t.organization_id and c.thread = t.number
    and c.checkpoint_id = w.checkpoint_id and c.namespace = w.namespace`

async function selected(
  database: Database<CheckpointTables>, statement: RawBuilder<unknown>,
): Promise<StoredRow[]> {
  const { sql: text, parameters } = statement.compile(database.write)
  return (await database.execute({ sql: text, parameters, readOnly: true })).rows
}
