import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { type ThreadCopy } from './keep-statements.js'
import {
  checkpointChunks, checkpoints, type CheckpointTables, checkpointWrites,
} from './tables.js'
import { type Place, type Wrapping, writesPlace } from './wrapping.js'

/** A copy whose rows are still sealed for the thread they came from. */
export interface Resealing {
  readonly organizationId: Stored<'id'>
  readonly wrapping: Wrapping
  readonly copy: ThreadCopy
  readonly threadId: string
  readonly toThreadId: string
}

type On = Database<CheckpointTables>

/** Rows read at once. */
const page = 100

/** Seals the rows of a copy for their own thread. */
export async function resealed(on: On, resealing: Resealing): Promise<void> {
  await resealedCheckpoints(on, resealing)
  await resealedWrites(on, resealing)
  await resealedChunks(on, resealing)
}

async function moved(
  { wrapping, threadId, toThreadId }: Resealing,
  { stored, placeIn, hint }: {
    readonly stored: Uint8Array
    readonly placeIn: (thread: string) => Place
    readonly hint?: string
  },
): Promise<Buffer> {
  return wrapping.wrap(wrapping.open(stored, placeIn(threadId), hint), placeIn(toThreadId), hint)
}

async function resealedCheckpoints(on: On, resealing: Resealing): Promise<void> {
  const { organizationId, copy: { number } } = resealing
  const { columns } = checkpoints
  for (let skipped = 0; ; skipped += page) {
    const rows = await on.all(on.write.selectFrom('checkpoints')
      .select(['checkpoint_id', 'namespace', 'token', 'body'])
      .where('organization_id', '=', organizationId).where('thread', '=', number)
      .orderBy('checkpoint_id').orderBy('namespace').limit(page).offset(skipped))
    for (const row of rows) {
      const hint = columns.checkpointId.decode(row.checkpoint_id)
      const namespace = columns.namespace.decode(row.namespace)
      const token = columns.token.decode(row.token)
      const body = await moved(resealing, {
        stored: columns.body.decode(row.body), hint,
        placeIn: (thread) => ['checkpoint', organizationId, thread, namespace, hint, token],
      })
      await on.run(on.write.updateTable('checkpoints').set({ body: columns.body.encode(body) })
        .where('organization_id', '=', organizationId).where('thread', '=', number)
        .where('checkpoint_id', '=', row.checkpoint_id).where('namespace', '=', row.namespace))
    }
    if (rows.length < page) return
  }
}

async function resealedWrites(on: On, resealing: Resealing): Promise<void> {
  const { organizationId, copy: { number } } = resealing
  const { columns } = checkpointWrites
  for (let skipped = 0; ; skipped += page) {
    const rows = await on.all(on.write.selectFrom('checkpoint_writes')
      .select(['checkpoint_id', 'namespace', 'number', 'body'])
      .where('organization_id', '=', organizationId).where('thread', '=', number)
      .orderBy('number').limit(page).offset(skipped))
    for (const row of rows) {
      const checkpointId = columns.checkpointId.decode(row.checkpoint_id)
      const namespace = columns.namespace.decode(row.namespace)
      const body = await moved(resealing, {
        stored: columns.body.decode(row.body),
        placeIn: (threadId) => writesPlace(organizationId, { threadId, namespace, checkpointId }),
      })
      await on.run(on.write.updateTable('checkpoint_writes')
        .set({ body: columns.body.encode(body) })
        .where('organization_id', '=', organizationId).where('thread', '=', number)
        .where('number', '=', row.number))
    }
    if (rows.length < page) return
  }
}

async function resealedChunks(on: On, resealing: Resealing): Promise<void> {
  const { organizationId, copy: { number } } = resealing
  const { columns } = checkpointChunks
  for (let skipped = 0; ; skipped += page) {
    const rows = await on.all(on.write.selectFrom('checkpoint_chunks')
      .select(['log', 'start_offset', 'data'])
      .where('organization_id', '=', organizationId).where('thread', '=', number)
      .orderBy('log').orderBy('start_offset').limit(page).offset(skipped))
    for (const row of rows) {
      const log = columns.log.decode(row.log)
      const start = columns.startOffset.decode(row.start_offset)
      const data = await moved(resealing, {
        stored: columns.data.decode(row.data),
        placeIn: (thread) => ['chunk', organizationId, thread, log, start],
      })
      await on.run(on.write.updateTable('checkpoint_chunks')
        .set({ data: columns.data.encode(data) })
        .where('organization_id', '=', organizationId).where('thread', '=', number)
        .where('log', '=', row.log).where('start_offset', '=', row.start_offset))
    }
    if (rows.length < page) return
  }
}
