import { type Compilable, type RawBuilder, sql } from 'kysely'
import { type Stored } from '../database/columns.js'
import { type Database, type Placeholder, prepare } from '../database/database.js'
import { type RowKinds, type Statement } from '../database/engine.js'
import { shortened } from './long-messages.js'
import { type ConversationTables } from './tables.js'

/** A place in the tree: a branch of a conversation, so deep. */
export interface TreePlace {
  readonly conversation_id: Stored<'id'>
  readonly branch: Stored<'integer'>
  readonly depth: Stored<'integer'>
}

/** The stretch of a path that a page shows: it ends at a place, its rows are below `above`. */
export interface PathPage extends TreePlace {
  readonly organization_id: Stored<'id'>
  readonly above: Stored<'integer'>
  readonly rows_max: Stored<'integer'>
}

const pageKinds = {
  organization_id: 'id', conversation_id: 'id', branch: 'integer', depth: 'integer',
  above: 'integer', rows_max: 'integer',
} as const satisfies RowKinds

/** A place whose children are wanted, of the branches later than `after`. */
export interface ChildrenPage extends TreePlace {
  readonly organization_id: Stored<'id'>
  /** The conversation whose branches leave; another one where a fork leaves. */
  readonly of_conversation: Stored<'id'>
  readonly after: Stored<'integer'>
  readonly rows_max: Stored<'integer'>
}

const childrenKinds = {
  organization_id: 'id', conversation_id: 'id', branch: 'integer', depth: 'integer',
  of_conversation: 'id', after: 'integer',
} as const satisfies RowKinds

/** A place under which the newest message of a conversation is wanted. */
export interface BeneathPlace extends TreePlace {
  readonly organization_id: Stored<'id'>
  readonly of_conversation: Stored<'id'>
}

const placeKinds = {
  organization_id: 'id', conversation_id: 'id', branch: 'integer', depth: 'integer',
  of_conversation: 'id',
} as const satisfies RowKinds

/** A message that is looked for in the history that a fork shares. */
export interface SharedName {
  readonly organization_id: Stored<'id'>
  readonly conversation_id: Stored<'id'>
  readonly id: Stored<'id'>
}

type Make<P> = (parameters: P) => Statement
type On = Database<ConversationTables>

/** The parameters as one row, typed. */
function given<P extends object>(on: On, kinds: RowKinds, slot: Placeholder<P>) {
  const names = Object.keys(kinds)
  return on.engine.rows(kinds, 1, (index) => sql`${slot(names[index] as keyof P & string)}`)
}

function statement<P extends object>(
  on: On,
  name: string,
  text: (slot: Placeholder<P>) => RawBuilder<unknown>,
): Make<P> {
  return prepare<P>(name, (slot) => ({ compile: () => text(slot).compile(on.write) }) as Compilable)
}

/**
 * The branches of a path, from a place toward the root, as stretches of depths, as far as a page
 * needs them. A branch without a row of its own begins at a root.
 */
const stretches = (start: RawBuilder<unknown>, goesOn: RawBuilder<unknown>) => sql`
  with recursive stretches as (
    select s.organization_id, s.conversation_id, s.branch, s.depth as until, s.above, s.rows_max,
      s.depth as leaf, coalesce(p.parent_depth, 0) + 1 as since, p.parent_conversation_id,
      coalesce(p.parent_branch, -1) as parent_branch
    from ${start} as s
    left join message_branches p on p.organization_id = s.organization_id
      and p.conversation_id = s.conversation_id and p.branch = s.branch
    union all
    select g.organization_id, g.parent_conversation_id, g.parent_branch, g.since - 1, g.above,
      g.rows_max, g.leaf, coalesce(p.parent_depth, 0) + 1, p.parent_conversation_id,
      coalesce(p.parent_branch, -1)
    from stretches g
    left join message_branches p on p.organization_id = g.organization_id
      and p.conversation_id = g.parent_conversation_id and p.branch = g.parent_branch
    where g.parent_branch >= 0 and ${goesOn}
  )`

const ofStretch = sql`
  from stretches g
  join messages m on m.organization_id = g.organization_id
    and m.conversation_id = g.conversation_id and m.branch = g.branch`

/** Toward the root: what is read is what is shown, however deep the place. */
const upward = (on: On) => statement<PathPage>(on, 'messages_path_up', (slot) => sql`
  ${stretches(given(on, pageKinds, slot), sql`g.since > g.leaf - g.rows_max + 1`)}
  select ${shortened()} ${ofStretch}
    and m.depth <= g.until
    and m.depth >= case when g.since > g.leaf - g.rows_max + 1
      then g.since else g.leaf - g.rows_max + 1 end
  order by m.depth desc`)

/** Toward the leaf: walks the branches between the leaf and the page, one look-up each, no more. */
const downward = (on: On) => statement<PathPage>(on, 'messages_path_down', (slot) => sql`
  ${stretches(given(on, pageKinds, slot), sql`g.since > g.above + 1`)}
  select ${shortened()} ${ofStretch}
    and g.since <= g.above + g.rows_max
    and m.depth >= case when g.since > g.above then g.since else g.above + 1 end
    and m.depth <= case when g.until < g.above + g.rows_max
      then g.until else g.above + g.rows_max end
  order by m.depth`)

/** Where a fork leaves the history that it shares. */
const forkPoint = (organization: unknown, conversation: unknown) => sql`(
    select b.organization_id, b.parent_conversation_id as conversation_id,
      b.parent_branch as branch, b.parent_depth as depth, 0 as above, 0 as rows_max
    from message_branches b
    where b.organization_id = ${organization}
      and b.conversation_id = ${conversation} and b.branch = 0)`

/** A message of the history that a fork shares, by id. */
const shared = (on: On) => statement<SharedName>(on, 'messages_shared', (slot) => sql`
  ${stretches(forkPoint(slot('organization_id'), slot('conversation_id')), sql`true`)}
  select m.* ${ofStretch}
    and m.id = ${slot('id')} and m.depth between g.since and g.until`)

/** Ids that are looked for in the history that a fork shares. */
export interface SharedNames extends Omit<SharedName, 'id'> {
  readonly ids: readonly Stored<'id'>[]
}

/** One of the messages, erased or not, of the history that a fork shares. */
export const sharedAmong = ({ organization_id, conversation_id, ids }: SharedNames) => sql`
  ${stretches(forkPoint(organization_id, conversation_id), sql`true`)}
  select m.id ${ofStretch}
    and m.id in (${sql.join(ids)}) and m.depth between g.since and g.until
  limit 1`

/** The first messages of the branches that leave a place, in the order in which they began. */
const leaving = (on: On) => statement<ChildrenPage>(on, 'messages_leaving', (slot) => sql`
  select ${shortened()}
  from ${given(on, childrenKinds, slot)} as w
  join message_branches b on b.organization_id = w.organization_id
    and b.parent_conversation_id = w.conversation_id and b.parent_branch = w.branch
    and b.parent_depth = w.depth and b.conversation_id = w.of_conversation and b.branch > w.after
  join messages m on m.organization_id = b.organization_id
    and m.conversation_id = b.conversation_id and m.branch = b.branch
    and m.depth = b.parent_depth + 1
  where m.deleted_at is null
  order by b.branch
  limit ${slot('rows_max')}`)

/** The newest message beneath a place, itself included. */
const newestBeneath = (on: On) =>
  statement<BeneathPlace>(on, 'messages_newest_beneath', (slot) => sql`
  with recursive beneath as (
    select w.* from ${given(on, placeKinds, slot)} as w
    union all
    select s.organization_id, b.conversation_id, b.branch, b.parent_depth + 1, s.of_conversation
    from beneath s
    join message_branches b on b.organization_id = s.organization_id
      and b.parent_conversation_id = s.conversation_id and b.parent_branch = s.branch
      and b.parent_depth >= s.depth and b.conversation_id = s.of_conversation
  )
  select m.*
  from beneath s
  join messages m on m.organization_id = s.organization_id
    and m.conversation_id = s.conversation_id and m.branch = s.branch and m.depth >= s.depth
  where m.deleted_at is null and m.conversation_id = s.of_conversation
  order by m.position desc
  limit 1`)

/** The statements that read the tree, compiled once for a database. */
export class TreeStatements {
  readonly upward: Make<PathPage>
  readonly downward: Make<PathPage>
  readonly shared: Make<SharedName>
  readonly leaving: Make<ChildrenPage>
  readonly newestBeneath: Make<BeneathPlace>

  constructor(on: On) {
    this.upward = upward(on)
    this.downward = downward(on)
    this.shared = shared(on)
    this.leaving = leaving(on)
    this.newestBeneath = newestBeneath(on)
  }
}
