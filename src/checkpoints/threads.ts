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
  readonly namespaces: readonly CheckpointNamespace[]
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
    const own = namespaces.get(Number(row.number)) ?? []
    return {
      threadId: columns.threadId.decode(row.thread_id),
      namespaces: own,
      checkpointCount: own.reduce((sum, { checkpointCount }) => sum + checkpointCount, 0),
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

async function namespacesOf(on: On, organizationId: Stored<'id'>, numbers: readonly number[]) {
  const found = new Map<number, CheckpointNamespace[]>()
  if (numbers.length === 0) return found
  const query = sql`
    select h.thread, h.namespace, h.head_id, (
      select count(*) from checkpoints c where c.organization_id = h.organization_id
        and c.thread = h.thread and c.namespace = h.namespace) as checkpoint_count
    from checkpoint_heads h
    where h.organization_id = ${organizationId}
      and h.thread in (${sql.join(numbers.map((each) => columns.number.encode(each)))})
    order by h.thread, h.namespace`.compile(on.write)
  const { sql: text, parameters } = query
  const { rows } = await on.execute({ sql: text, parameters, readOnly: true })
  for (const row of rows) {
    const own = found.get(Number(row.thread)) ?? []
    found.set(Number(row.thread), own)
    own.push({
      namespace: checkpointHeads.columns.namespace.decode(row.namespace),
      headId: checkpointHeads.columns.headId.decode(row.head_id),
      checkpointCount: Number(row.checkpoint_count),
    })
  }
  return found
}
