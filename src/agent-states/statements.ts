import { type RawBuilder, sql } from 'kysely'
import { type Stored } from '../database/columns.js'
import { type Database, type Placeholder, prepareRaw } from '../database/database.js'
import { type RowKinds, type Statement } from '../database/engine.js'
import { namesMax } from './rules.js'
import { type AgentStateTables } from './tables.js'

type On = Database<AgentStateTables>

/** Which state is meant. */
export interface StateKey {
  readonly organization_id: Stored<'id'>
  readonly conversation_id: Stored<'id'>
  readonly name: Stored<'text'>
}

/** What must hold for a write to happen. */
export type WriteRule = 'any' | 'absent' | 'present'

/** One change of a state. */
export interface StateWrite extends StateKey {
  readonly write_id: Stored<'id'>
  readonly rule: WriteRule
  /** With the rule `present`: the revision it must be at; null for any. */
  readonly expected: Stored<'integer'> | null
  readonly document: Stored<'json'>
  readonly written_at: Stored<'instant'>
  readonly kept: Stored<'integer'>
}

const writeKinds = {
  organization_id: 'id', conversation_id: 'id', name: 'text', write_id: 'id', rule: 'text',
  expected: 'integer', document: 'json', written_at: 'instant', kept: 'integer',
} as const satisfies Readonly<Record<keyof StateWrite, string>> & RowKinds

type Slots = Placeholder<StateWrite>

/** Some of the values as one row, typed. */
function given({ engine }: On, slot: Slots, names: readonly (keyof StateWrite)[]) {
  const kinds = Object.fromEntries(names.map((name) => [name, writeKinds[name]]))
  return engine.rows(kinds, 1, (index) => sql`${slot(names[index]!)}`)
}

const sameConversation = (one: string, other: string) => sql.raw(`
  ${one}.organization_id = ${other}.organization_id
  and ${one}.conversation_id = ${other}.conversation_id`)

const sameState = (one: string, other: string) => sql`
  ${sameConversation(one, other)} and ${sql.ref(`${one}.name`)} = ${sql.ref(`${other}.name`)}`

const key = ['organization_id', 'conversation_id', 'name'] as const

/**
 * Keeps the conversation where rows can be locked, before its counter is taken: a deletion, which
 * takes them in this order, and a transaction that changes the counter twice, whose conversation is
 * looked up for it, would wait for each other.
 */
const hold = (_: On, slot: Slots) => sql`
  select id from conversations
  where organization_id = ${slot('organization_id')} and id = ${slot('conversation_id')}
  for key share`

/**
 * Takes the conversation's counter; what follows in the transaction sees how all stands. A new one
 * was written by nobody: the conversation's id is no id of a write. One that is there is held and
 * not changed, which is cheaper.
 */
const lock = (on: On, slot: Slots) => sql`
  insert into agent_state_counters
    (organization_id, conversation_id, change_count, name_count, last_write)
  select g.organization_id, g.conversation_id, 0, 0, g.conversation_id
  from ${given(on, slot, ['organization_id', 'conversation_id'])} as g
  where true
  on conflict (organization_id, conversation_id)
    do update set change_count = agent_state_counters.change_count where ${sql.lit(false)}`

const mayWrite = sql`(
  g.rule = 'any'
  or (g.rule = 'absent' and (s.name is null or s.deleted_at is not null))
  or (g.rule = 'present' and s.name is not null and s.deleted_at is null
    and s.revision = coalesce(g.expected, s.revision)))`

/** Counts a change that may be; it changes no row when the change may not be. */
const count = (on: On, slot: Slots) => sql`
  update agent_state_counters set
    change_count = agent_state_counters.change_count + 1,
    name_count = agent_state_counters.name_count + case when s.name is null then 1 else 0 end,
    last_write = g.write_id
  from ${given(on, slot, [...key, 'write_id', 'rule', 'expected'])} as g
  left join agent_states s on ${sameState('s', 'g')}
  where ${sameConversation('agent_state_counters', 'g')}
    and ${mayWrite}
    and (s.name is not null or agent_state_counters.name_count < ${sql.lit(namesMax)})`

const counted = (on: On, slot: Slots, names: readonly (keyof StateWrite)[]) => sql`
  from ${given(on, slot, [...key, 'write_id', ...names])} as g
  join agent_state_counters c on ${sameConversation('c', 'g')} and c.last_write = g.write_id`

/** Writes what was counted; the new revision and the number of the change. */
const put = (on: On, slot: Slots) => sql`
  insert into agent_states
    (organization_id, conversation_id, name, revision, change, created_at, updated_at,
     last_accessed_at, document)
  select g.organization_id, g.conversation_id, g.name, 1, c.change_count, g.written_at,
    g.written_at, g.written_at, g.document
  ${counted(on, slot, ['written_at', 'document'])}
  where true
  on conflict (organization_id, conversation_id, name) do update set
    revision = agent_states.revision + 1,
    change = excluded.change,
    created_at = case when agent_states.deleted_at is null
      then agent_states.created_at else excluded.created_at end,
    updated_at = excluded.updated_at,
    last_accessed_at = excluded.last_accessed_at,
    deleted_at = null,
    document = excluded.document
  returning revision, change, created_at`

/** Keeps what was written among the revisions. */
const keep = (on: On, slot: Slots) => sql`
  insert into agent_state_revisions
    (organization_id, conversation_id, name, revision, change, created_at, document)
  select s.organization_id, s.conversation_id, s.name, s.revision, s.change, s.updated_at,
    s.document
  ${counted(on, slot, [])}
  join agent_states s on ${sameState('s', 'g')}`

/** Forgets the revisions that are too many. */
const prune = (on: On, slot: Slots) => sql`
  delete from agent_state_revisions where (organization_id, conversation_id, name, revision) in (
    select r.organization_id, r.conversation_id, r.name, r.revision
    from ${given(on, slot, [...key, 'kept'])} as g
    join agent_states s on ${sameState('s', 'g')}
    join agent_state_revisions r on ${sameState('r', 's')}
      and r.revision <= s.revision - g.kept)`

/** Empties a state that was counted; its name and numbers stay, so that the change is told. */
const bury = (on: On, slot: Slots) => sql`
  update agent_states set
    change = c.change_count, updated_at = g.written_at, deleted_at = g.written_at,
    document = g.document
  ${counted(on, slot, ['written_at', 'document'])}
  where ${sameState('agent_states', 'g')}
  returning revision, change`

/** Forgets all revisions of a state that was emptied. */
const forget = (on: On, slot: Slots) => sql`
  delete from agent_state_revisions where (organization_id, conversation_id, name) in (
    select s.organization_id, s.conversation_id, s.name
    from ${given(on, slot, key)} as g
    join agent_states s on ${sameState('s', 'g')} and s.deleted_at is not null)`

type Make<P> = (values: P) => Statement

/** The statements of this domain, compiled once for a database. */
export class StateStatements {
  readonly find: Make<StateKey>
  readonly #taking: readonly Make<StateWrite>[]
  readonly #count: Make<StateWrite>
  readonly #put: Make<StateWrite>
  readonly #keep: Make<StateWrite>
  readonly #prune: Make<StateWrite>
  readonly #bury: Make<StateWrite>
  readonly #forget: Make<StateWrite>

  constructor(on: On) {
    const make = (name: string, build: (on: On, slot: Slots) => RawBuilder<unknown>) =>
      prepareRaw<StateWrite>(on, { name, build: (slot) => build(on, slot) })
    const held = on.engine.rowLocks ? [make('agent_states_hold', hold)] : []
    this.#taking = [...held, make('agent_states_lock', lock)]
    this.find = prepareRaw<StateKey>(on, {
      name: 'agent_states_find',
      readOnly: true,
      build: (slot) => sql`
        select * from agent_states
        where organization_id = ${slot('organization_id')}
          and conversation_id = ${slot('conversation_id')} and name = ${slot('name')}
          and deleted_at is null`,
    })
    this.#count = make('agent_states_count', count)
    this.#put = make('agent_states_put', put)
    this.#keep = make('agent_states_keep', keep)
    this.#prune = make('agent_states_prune', prune)
    this.#bury = make('agent_states_bury', bury)
    this.#forget = make('agent_states_forget', forget)
  }

  /** What takes the counter. */
  take(write: StateWrite): Statement[] {
    return this.#taking.map((make) => make(write))
  }

  /** What writes a document, once the counter is taken; the first but one tells what became. */
  put(write: StateWrite): Statement[] {
    const kept = write.kept > 0 ? [this.#keep(write)] : []
    return [this.#count(write), this.#put(write), ...kept, this.#prune(write)]
  }

  /** What deletes a document, once the counter is taken. */
  delete(write: StateWrite): Statement[] {
    return [this.#count(write), this.#bury(write), this.#forget(write)]
  }
}
