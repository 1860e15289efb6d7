import { sql, type SqlBool } from 'kysely'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { cursorOf, keyOf, largeRowsOf, type Page, type PageRequest } from '../database/page.js'
import { checkLimit, checkText, tagLengthMax } from './rules.js'
import { type Workflow, workflowOf, workflows as table, type WorkflowTables } from './tables.js'

/** Options of `WorkflowStore.list`; those that are given must all hold. */
export interface WorkflowListing extends PageRequest {
  /** `true`: only archived ones; `false`: only active ones. @default false */
  readonly archived?: boolean | undefined
  /** Only those with this tag. */
  readonly tag?: string | undefined
}

const { columns } = table

/**
 * One page of an organization's workflows, newest first; shorter than asked for where they are
 * large.
 */
export async function listWorkflows(
  database: Database<WorkflowTables>,
  organizationId: Stored<'id'>,
  listing: WorkflowListing,
): Promise<Page<Workflow>> {
  const limit = checkLimit(listing)
  const { archived = false, tag, cursor } = listing
  if (tag !== undefined) checkText(tag, 'tag', [1, tagLengthMax])
  const list = ['workflows', organizationId, archived, tag ?? null]
  const first = cursor === undefined ? undefined : placeOf(keyOf(list, cursor))
  const query = database.write.selectFrom('workflows')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('archived_at', archived ? 'is not' : 'is', null)
    .$if(tag !== undefined, (all) => all.where((expression) => database.engine.jsonContains(
      expression.ref('tags'), columns.tags.encode([tag!], 'tag'))))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
  const { rows, more } = await largeRowsOf<WorkflowTables['workflows']>(limit, {
    fetch(count, before) {
      const last = before === undefined ? first : sql`(${before.created_at}, ${before.id})`
      const behind = query
        .$if(last !== undefined, (all) => all.where(sql<SqlBool>`(created_at, id) < ${last}`))
      return database.all(behind.limit(count))
    },
    lengthOf: ({ metadata, description }) => metadata.length + (description?.length ?? 0),
  })
  const data = rows.map(workflowOf)
  const { createdAt, id } = data.at(-1) ?? {}
  return { data, nextCursor: more ? cursorOf(list, [createdAt!, id!]) : null }
}

/** The place behind which a page begins. */
export function placeOf([moment, id]: readonly unknown[]) {
  const at = columns.createdAt.encode(String(moment), 'cursor')
  return sql`(${at}, ${columns.id.encode(String(id), 'cursor')})`
}
