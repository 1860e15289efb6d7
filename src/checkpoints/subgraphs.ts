import { sql } from 'kysely'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { type JsonObject } from './contract.js'
import { CheckpointUnreadable } from './errors.js'
import { type KeepStatements, type ThreadKey } from './keep-statements.js'
import { metadataOf, type RowOrigin } from './rows.js'
import { checkpoints as table, checkpointThreads, type CheckpointTables } from './tables.js'
import { type Wrapping } from './wrapping.js'

/** Where namespaces are looked at. */
export interface SubgraphScope {
  readonly database: Database<CheckpointTables>
  readonly statements: Pick<KeepStatements, 'bases'>
  readonly key: ThreadKey
  /** The number of the thread. */
  readonly thread: Stored<'integer'>
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
  /** Of each namespace. */
  readonly heads: ReadonlyMap<string, string>
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
  bases: readonly Base[], { checkpoints, heads }: Standing, ended: ReadonlySet<string>,
): boolean {
  for (const base of bases) {
    // Of a graph that goes itself one learns no more.
    if (ended.has(base.namespace)) return true
    if (checkpoints.has(nameOf(base))) return false
    const head = heads.get(base.namespace)
    if (head !== undefined) return head > base.checkpointId
  }
  return false
}

async function tasksOf(scope: SubgraphScope): Promise<Map<string, TaskNamespace>> {
  const { database, key, thread, wrapping, keepSince } = scope
  const found = new Map<string, TaskNamespace>()
  const threadId = checkpointThreads.columns.threadId.decode(key.thread_id)
  for (let last: StoredRow | undefined; ;) {
    const page = taskRows({ ...key, thread }, wrapping.seals, last).compile(database.write)
    const { rows } = await database.execute({
      sql: page.sql, parameters: page.parameters, readOnly: true,
    })
    for (const row of rows) {
      const namespace = columns.namespace.decode(row.namespace)
      let task = found.get(namespace)
      if (task === undefined) found.set(namespace, task = { isKept: false, bases: new Map() })
      const bases = basesOf(namespace, readableMetadata(row, {
        organizationId: String(key.organization_id), threadId, wrapping,
      }))
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

const taskRows = (
  { organization_id: organization, thread }: ThreadKey & Pick<SubgraphScope, 'thread'>,
  withBody: boolean, last: StoredRow | undefined,
) => sql`
  select c.checkpoint_id, c.namespace, c.token, c.is_pinned, c.created_at, c.metadata,
    ${withBody ? sql.ref('c.body') : sql`null`} as body
  from checkpoints c
  where c.organization_id = ${organization} and c.thread = ${thread}
    and (c.checkpoint_id, c.namespace) > (${last?.checkpoint_id ?? ''}, ${last?.namespace ?? ''})
    and c.namespace like '%:%'
  order by c.checkpoint_id, c.namespace limit ${sql.lit(pageSize)}`

/** Of what cannot be read nothing is known, so that it stays; pruning goes on. */
function readableMetadata(row: StoredRow, origin: RowOrigin): JsonObject {
  try {
    return metadataOf(row, origin)
  } catch (error) {
    if (error instanceof CheckpointUnreadable) return {}
    throw error
  }
}

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
  { database, statements, key, thread }: SubgraphScope, tasks: readonly TaskNamespace[],
): Promise<Standing> {
  const bases = new Map<string, Base>()
  for (const task of tasks) {
    for (const each of [...task.bases.values()].flat()) bases.set(nameOf(each), each)
  }
  const checkpoints = new Set<string>()
  const heads = new Map<string, string>()
  const wanted = [...bases.values()]
  for (let start = 0; start < wanted.length; start += pageSize) {
    const rows = wanted.slice(start, start + pageSize).map((each) => ({
      organization_id: key.organization_id, thread,
      checkpoint_id: columns.checkpointId.encode(each.checkpointId, 'checkpoint_id'),
      namespace: columns.namespace.encode(each.namespace, 'namespace'),
    }))
    const { rows: found } = await database.execute(statements.bases(rows))
    for (const row of found) {
      const namespace = columns.namespace.decode(row.namespace)
      if (row.head_id !== null) heads.set(namespace, columns.checkpointId.decode(row.head_id))
      if (row.checkpoint_id !== null) {
        checkpoints.add(nameOf({
          namespace, checkpointId: columns.checkpointId.decode(row.checkpoint_id),
        }))
      }
    }
  }
  return { checkpoints, heads }
}
