import { sql } from 'kysely'
import { type Instant } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { cursorOf, keyOf, type Page, pageOf, type PageRequest } from '../database/page.js'
import { checkPageLimit } from './rules.js'
import { checkpointHeads, checkpointThreads, type CheckpointTables } from './tables.js'

/** A namespace of a thread. */
export interface CheckpointNamespace {
  readonly namespace: string
  /** Null while it has no checkpoint. */
  readonly headId: string | null
  readonly checkpointCount: number
}

/** A thread in a list. */
export interface CheckpointThread {
  readonly threadId: string
  /** By name, the first 100. */
  readonly namespaces: readonly CheckpointNamespace[]
  readonly namespaceCount: number
  readonly checkpointCount: number
  /** Bytes that are stored of it, without keys and indexes. */
  readonly storedBytes: number
  /** The greatest fencing token seen; null for none. */
  readonly fence: number | null
  /** The actor who made it. */
  readonly createdBy: string | null
  readonly createdAt: Instant
  readonly updatedAt: Instant
}

type On = Database<CheckpointTables>

/** Namespaces told of one thread at most. */
const namespacesMax = 100

const { columns } = checkpointThreads

/** One page of the threads of an organization, by name. */
export async function threadPage(
  on: On, organizationId: Stored<'id'>, request: PageRequest,
): Promise<Page<CheckpointThread>> {
  const limit = checkPageLimit(request.limit)
  const list = ['checkpoint threads', organizationId]
  const after = request.cursor === undefined ? '' : String(keyOf(list, request.cursor)[0])
  const query = sql`
    select t.*,
      (select coalesce(sum(length(c.body)), 0) from checkpoints c where ${ofThread('c')})
      + (select coalesce(sum(length(w.body)), 0) from checkpoint_writes w where ${ofThread('w')})
      + (select coalesce(sum(length(k.data)), 0) from checkpoint_chunks k where ${ofThread('k')})
      as stored_bytes
    from checkpoint_threads t
    where t.organization_id = ${organizationId} and t.thread_id > ${after}
    order by t.thread_id limit ${sql.lit(limit + 1)}`.compile(on.write)
  const { sql: text, parameters } = query
  const { rows } = await on.execute({ sql: text, parameters, readOnly: true })
  const numbers = rows.map(({ number }) => Number(number))
  const namespaces = await namespacesOf(on, organizationId, numbers)
  const threads = rows.map((row): CheckpointThread => {
    const { first, count, checkpointCount } = namespaces.get(Number(row.number)) ?? none
    return {
      threadId: columns.threadId.decode(row.thread_id),
      namespaces: first,
      namespaceCount: count,
      checkpointCount,
      storedBytes: Number(row.stored_bytes),
      fence: columns.fence.decode(row.fence),
      createdBy: columns.createdBy.decode(row.created_by),
      createdAt: columns.createdAt.decode(row.created_at),
      updatedAt: columns.updatedAt.decode(row.updated_at),
    }
  })
  return pageOf(threads, limit, ({ threadId }) =>
    cursorOf(list, [columns.threadId.encode(threadId)]))
}

const ofThread = (row: string) => sql`${sql.ref(`${row}.organization_id`)} = t.organization_id
  and ${sql.ref(`${row}.thread`)} = t.number`

/** The namespaces of a thread, and what they hold together. */
interface Namespaces {
  readonly first: readonly CheckpointNamespace[]
  readonly count: number
  readonly checkpointCount: number
}

const none: Namespaces = { first: [], count: 0, checkpointCount: 0 }

async function namespacesOf(on: On, organizationId: Stored<'id'>, numbers: readonly number[]) {
  const found = new Map<number, Namespaces>()
  if (numbers.length === 0) return found
  const ofThese = (row: string) => sql`${sql.ref(`${row}.organization_id`)} = ${organizationId}
    and ${sql.ref(`${row}.thread`)} in (
      ${sql.join(numbers.map((each) => columns.number.encode(each)))})`
  // Counted in one pass: a thread may have thousands, one for each time a subgraph was called.
  const query = sql`
    select a.* from (
      select n.thread, n.namespace, max(n.head_id) as head_id,
        sum(n.checkpoint_count) as checkpoint_count,
        row_number() over (partition by n.thread order by n.namespace) as place,
        count(*) over (partition by n.thread) as namespaces,
        sum(sum(n.checkpoint_count)) over (partition by n.thread) as checkpoints
      from (
        select c.thread, c.namespace, cast(null as text) as head_id, count(*) as checkpoint_count
        from checkpoints c where ${ofThese('c')} group by c.thread, c.namespace
        union all
        select h.thread, h.namespace, h.head_id, 0
        from checkpoint_heads h where ${ofThese('h')}) as n
      group by n.thread, n.namespace) as a
    where a.place <= ${sql.lit(namespacesMax)}
    order by a.thread, a.place`.compile(on.write)
  const { sql: text, parameters } = query
  const { rows } = await on.execute({ sql: text, parameters, readOnly: true })
  for (const row of rows) {
    const { first } = found.get(Number(row.thread)) ?? none
    const namespace: CheckpointNamespace = {
      namespace: checkpointHeads.columns.namespace.decode(row.namespace),
      headId: checkpointHeads.columns.headId.decode(row.head_id),
      checkpointCount: Number(row.checkpoint_count),
    }
    found.set(Number(row.thread), {
      first: [...first, namespace], count: Number(row.namespaces),
      checkpointCount: Number(row.checkpoints),
    })
  }
  return found
}
