import { type RawBuilder, sql } from 'kysely'
import { type Stored } from '../database/columns.js'
import {
  type BatchRow, type Database, type Placeholder, prepareBatch, prepareRaw,
} from '../database/database.js'
import { type Engine, type RowKinds, type Statement } from '../database/engine.js'
import { type ItemTables } from './tables.js'

type On = Database<ItemTables>

const nameKinds = { organization_id: 'id', namespace: 'text', key: 'text' } as const
const putKinds = {
  ...nameKinds, value: 'json', revision: 'integer', ttl_ms: 'integer', written_by: 'text',
} as const
const cacheKinds = {
  ...nameKinds, type: 'text', bytes: 'bytes', ttl_ms: 'integer', written_by: 'text',
} as const
const rangeKinds = { organization_id: 'id', low: 'text', high: 'text' } as const

/** Which row of items, or of the cache, is meant. */
export type NameRow = BatchRow<typeof nameKinds>
/** An item to write; `revision` is the least it gets. */
export type PutRow = BatchRow<typeof putKinds>
/** A result to keep. */
export type CacheRow = BatchRow<typeof cacheKinds>
/** Namespaces to clear: from `low` on and before `high`. */
export type RangeRow = BatchRow<typeof rangeKinds>

/** One row with a condition. */
export interface GuardedRow {
  readonly organization_id: Stored<'id'>
  readonly namespace: Stored<'text'>
  readonly key: Stored<'text'>
  readonly expected: Stored<'integer'>
}

/** What holds of a row whose time is not over. */
export const isAlive = ({ now }: Engine, row: string) => {
  const expiry = sql.ref(`${row}.expires_at`)
  return sql`(${expiry} is null or ${expiry} > ${now()})`
}

/** When something ends that is put now. */
const expiryOf = ({ now }: Engine, row: string) => {
  const ttl = sql.ref(`${row}.ttl_ms`)
  return sql`case when ${ttl} is null then null else ${now(sql`${ttl}`)} end`
}

/** What is read often is put off a little longer than asked, so that few reads write. */
const slackMs = sql`case when items.ttl_ms < 10000 then items.ttl_ms / 10 else 1000 end`

const sameName = (one: string, other: string) => sql.raw(`
  ${one}.organization_id = ${other}.organization_id
  and ${one}.namespace = ${other}.namespace and ${one}.key = ${other}.key`)

const returned = sql`returning items.namespace, items.key, items.revision, items.created_at,
  items.updated_at, items.expires_at`

const columns = sql`organization_id, namespace, key, value, revision, ttl_ms, created_at,
  updated_at, expires_at, written_by`

/** Writes rows over those that are there, or that `over` lets it write over. */
const putting = (engine: Engine, rows: RawBuilder<unknown>, over: RawBuilder<unknown>) => sql`
  insert into items (${columns})
  select g.organization_id, g.namespace, g.key, g.value, g.revision, g.ttl_ms,
    ${engine.now()}, ${engine.now()}, ${expiryOf(engine, 'g')}, g.written_by
  from ${rows} as g
  where true
  on conflict (organization_id, namespace, key) do update set
    value = excluded.value,
    revision = ${nextRevision(sql.raw('excluded.revision'))},
    ttl_ms = excluded.ttl_ms,
    created_at = case when ${isAlive(engine, 'items')}
      then items.created_at else excluded.created_at end,
    updated_at = excluded.updated_at,
    expires_at = excluded.expires_at,
    written_by = excluded.written_by
  ${over}
  ${returned}`

/** Greater than the one before, and than any that an item had which was deleted meanwhile. */
const nextRevision = (least: RawBuilder<unknown>) => sql`
  case when items.revision >= ${least} then items.revision + 1 else ${least} end`

const replacing = (on: On, slot: Placeholder<PutRow & GuardedRow>) => {
  const kinds: RowKinds = { ...putKinds, expected: 'integer' }
  const names = Object.keys(kinds) as (keyof typeof putKinds)[]
  const given = on.engine.rows(kinds, 1, (index) => sql`${slot(names[index]!)}`)
  return sql`
    update items set value = g.value, revision = ${nextRevision(sql.raw('g.revision'))},
      ttl_ms = g.ttl_ms, updated_at = ${on.engine.now()},
      expires_at = ${expiryOf(on.engine, 'g')}, written_by = g.written_by
    from ${given} as g
    where ${sameName('items', 'g')} and ${isAlive(on.engine, 'items')}
      and items.revision = g.expected
    ${returned}`
}

/** The rows of `table` that names stand for, found by its key. */
const named = (engine: Engine, table: string, rows: RawBuilder<unknown>) => sql`
  select i.* from ${rows} as g
  join ${sql.raw(table)} i on ${sameName('i', 'g')}
  where ${isAlive(engine, 'i')}`

/** What the values take that names stand for, each as often as it is named. */
const sized = (engine: Engine, table: string, rows: RawBuilder<unknown>) => sql`
  select coalesce(sum(length(${sql.raw(valueIn[table]!)})), 0) as size from ${rows} as g
  join ${sql.raw(table)} i on ${sameName('i', 'g')}
  where ${isAlive(engine, 'i')}`

const valueIn: Readonly<Record<string, string>> = {
  items: 'cast(i.value as text)', cache_entries: 'i.bytes',
}

const deleting = (table: string, rows: RawBuilder<unknown>) => sql`
  delete from ${sql.raw(table)} where (organization_id, namespace, key) in
    (select g.organization_id, g.namespace, g.key from ${rows} as g)`

const clearing = (table: string, rows: RawBuilder<unknown>) => sql`
  delete from ${sql.raw(table)} where (organization_id, namespace, key) in (
    select i.organization_id, i.namespace, i.key from ${rows} as g
    join ${sql.raw(table)} i on i.organization_id = g.organization_id
      and i.namespace >= g.low and i.namespace < g.high)`

const sweeping = (engine: Engine, table: string, limit: unknown) => sql`
  delete from ${sql.raw(table)} where (organization_id, namespace, key) in (
    select i.organization_id, i.namespace, i.key from ${sql.raw(table)} i
    where i.expires_at <= ${engine.now()} limit ${limit} ${engine.skipLocked})`

/** Puts off the end of what is read. */
const refreshing = (engine: Engine, rows: RawBuilder<unknown>) => sql`
  update items set expires_at = ${engine.now(sql`(items.ttl_ms + ${slackMs})`)}
  from ${rows} as g
  where ${sameName('items', 'g')} and ${isAlive(engine, 'items')}
    and items.expires_at < ${engine.now(sql`items.ttl_ms`)}
  returning items.namespace, items.key, items.expires_at`

/** Keeps results of work. */
const caching = (engine: Engine, rows: RawBuilder<unknown>) => sql`
  insert into cache_entries
    (organization_id, namespace, key, type, bytes, created_at, expires_at, written_by)
  select g.organization_id, g.namespace, g.key, g.type, g.bytes, ${engine.now()},
    ${expiryOf(engine, 'g')}, g.written_by
  from ${rows} as g
  where true
  on conflict (organization_id, namespace, key) do update set
    type = excluded.type, bytes = excluded.bytes, created_at = excluded.created_at,
    expires_at = excluded.expires_at, written_by = excluded.written_by`

type Make<P> = (values: P) => Statement
type MakeMany<R> = (rows: readonly R[]) => Statement

/** The statements of this domain, compiled once for a database. */
export class ItemStatements {
  readonly put: MakeMany<PutRow>
  readonly putAbsent: MakeMany<PutRow>
  readonly replace: Make<PutRow & GuardedRow>
  readonly find: MakeMany<NameRow>
  readonly size: MakeMany<NameRow>
  readonly refresh: MakeMany<NameRow>
  readonly delete: MakeMany<NameRow>
  readonly deleteAt: Make<GuardedRow>
  readonly clear: MakeMany<RangeRow>
  readonly sweep: Make<{ limit: number }>
  readonly cachePut: MakeMany<CacheRow>
  readonly cacheFind: MakeMany<NameRow>
  readonly cacheSize: MakeMany<NameRow>
  readonly cacheClear: MakeMany<RangeRow>
  readonly cacheSweep: Make<{ limit: number }>

  constructor(on: On) {
    const { engine } = on
    const many = <K extends RowKinds>(
      name: string, kinds: K, build: (rows: RawBuilder<unknown>) => RawBuilder<unknown>,
    ) => prepareBatch(on.as<never>(), { name, kinds, build })
    const reading = (name: string, table: string, build = named): MakeMany<NameRow> => {
      const make = many(name, nameKinds, (rows) => build(engine, table, rows))
      return (rows) => ({ ...make(rows), readOnly: true })
    }
    const swept = (table: string) => prepareRaw<{ limit: number }>(on, {
      name: `${table}_sweep`, build: (slot) => sweeping(engine, table, slot('limit')),
    })
    this.put = many('items_put', putKinds, (rows) => putting(engine, rows, sql``))
    this.putAbsent = many('items_put_absent', putKinds, (rows) =>
      putting(engine, rows, sql`where not ${isAlive(engine, 'items')}`))
    this.replace = prepareRaw(on, { name: 'items_replace', build: (slot) => replacing(on, slot) })
    this.find = reading('items_find', 'items')
    this.size = reading('items_size', 'items', sized)
    this.refresh = many('items_refresh', nameKinds, (rows) => refreshing(engine, rows))
    this.delete = many('items_delete', nameKinds, (rows) =>
      sql`${deleting('items', rows)} and ${isAlive(engine, 'items')}`)
    this.deleteAt = prepareRaw(on, { name: 'items_delete_at', build: (slot) => sql`
      delete from items where organization_id = ${slot('organization_id')}
        and namespace = ${slot('namespace')} and key = ${slot('key')}
        and revision = ${slot('expected')} and ${isAlive(engine, 'items')}` })
    this.clear = many('items_clear', rangeKinds, (rows) => clearing('items', rows))
    this.sweep = swept('items')
    this.cachePut = many('cache_put', cacheKinds, (rows) => caching(engine, rows))
    this.cacheFind = reading('cache_find', 'cache_entries')
    this.cacheSize = reading('cache_size', 'cache_entries', sized)
    this.cacheClear = many('cache_clear', rangeKinds, (rows) => clearing('cache_entries', rows))
    this.cacheSweep = swept('cache_entries')
  }
}
