import { type Statement } from '../engine.js'
import { type ChangeLog, fenceWord, type MovedTable, moverTables } from '../moving.js'
import { read } from './postgres-read.js'

const done = (sql: string): Statement => ({ sql, parameters: [], reach: null })

const { changes, fence } = moverTables

/** "transfer" in eight bytes: writers share it, who closes the fence takes it alone. */
const fenceLock = '8390880602276192626'

const events = ['insert', 'update', 'delete'] as const

/** Functions act as the owner of the tables: those who write may not touch the log. */
const asOwner = `language plpgsql security definer`

/** A writer that was let through keeps the lock until its transaction is over. */
const fenceFunction = `create or replace function ${fence}_check() returns trigger ${asOwner} as $$
  declare words text;
  begin
    perform pg_advisory_xact_lock_shared(${fenceLock});
    select message into words from SCHEMA.${fence} where closed;
    if found then raise exception using errcode = 'HF001', message = '${fenceWord}' || words;
    end if;
    return null;
  end $$`

function logFunction({ name, primaryKey, columns }: MovedTable, isUpdate: boolean): string {
  const parts = primaryKey.map((key) => {
    const { kind } = columns.find((column) => column.name === key)!
    return `(${read(kind, key)})::text`
  })
  const key = `json_build_array(${parts.join(', ')})::text`
  const former = isUpdate ? `union select ${key} from former` : ''
  return `create or replace function ${logName(name, isUpdate)}() returns trigger ${asOwner} as $$
    begin
      insert into SCHEMA.${changes} (table_name, row_key)
        select '${name}', k.row_key from (
          select ${key} as row_key from changed ${former}) as k;
      return null;
    end $$`
}

const logName = (table: string, isUpdate: boolean): string =>
  `holdfast_transfer_log_${table}${isUpdate ? '_update' : ''}`

/** The schema is named in the functions, since a writer may look elsewhere first. */
const inSchema = (sql: string): Statement => done(`do $do$ begin
  execute replace($sql$${sql}$sql$, 'SCHEMA', quote_ident(current_schema()));
end $do$`)

/** Once a statement, over all of its rows. */
function triggers(table: MovedTable): Statement[] {
  const { name } = table
  const sources = {
    insert: 'referencing new table as changed', delete: 'referencing old table as changed',
    update: 'referencing old table as former new table as changed',
  }
  return [
    ...dropLogs(name), done(`drop trigger if exists ${fence} on "${name}"`),
    inSchema(logFunction(table, false)), inSchema(logFunction(table, true)),
    done(`create trigger ${fence} before insert or update or delete on "${name}"
      for each statement execute function ${fence}_check()`),
    ...events.map((event) => done(`create trigger ${changes}_${event} after ${event} on "${name}"
      ${sources[event]} for each statement
      execute function ${logName(name, event === 'update')}()`)),
  ]
}

const dropLogs = (name: string): Statement[] =>
  events.map((event) => done(`drop trigger if exists ${changes}_${event} on "${name}"`))

const dropFunctions = (name: string): Statement[] => [true, false].map((isUpdate) =>
  done(`drop function if exists ${logName(name, isUpdate)}()`))

/** The log of changes in PostgreSQL: triggers once a statement, with the rows it changed. */
export const postgresChanges: ChangeLog = {
  install: (tables) => [
    [
      done(`create table if not exists ${changes} (
        seq bigint generated always as identity primary key, table_name text not null,
        row_key text not null)`),
      done(`create table if not exists ${fence} (
        name text primary key, closed boolean not null, message text not null)`),
      done(`insert into ${fence} values ('fence', false, '') on conflict do nothing`),
      inSchema(fenceFunction),
    ],
    ...tables.map(triggers),
  ],
  stop: (tables) => [
    ...tables.map(({ name }) => [...dropLogs(name), ...dropFunctions(name)]),
    [done(`drop table if exists ${changes}`)],
  ],
  remove: (tables) => [
    ...tables.map(({ name }) => [
      ...dropLogs(name), done(`drop trigger if exists ${fence} on "${name}"`),
      ...dropFunctions(name),
    ]),
    [
      done(`drop function if exists ${fence}_check()`), done(`drop table if exists ${fence}`),
      done(`drop table if exists ${changes}`),
    ],
  ],
  holdWriters: [done(`select pg_advisory_xact_lock(${fenceLock})`)],
}
