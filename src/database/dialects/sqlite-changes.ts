import { type Statement } from '../engine.js'
import { type ChangeLog, fenceWord, type MovedTable, moverTables } from '../moving.js'

const done = (sql: string): Statement => ({ sql, parameters: [], reach: null })

const { changes, fence } = moverTables

const events = ['insert', 'update', 'delete'] as const

function triggers({ name, primaryKey }: MovedTable): Statement[] {
  const key = (row: 'new' | 'old') =>
    `json_array(${primaryKey.map((each) => `cast(${row}."${each}" as text)`).join(', ')})`
  const log = (row: 'new' | 'old', condition = '') =>
    `insert into ${changes} (table_name, row_key) select '${name}', ${key(row)} ${condition};`
  const logged = {
    insert: log('new'), delete: log('old'),
    update: `${log('new')} ${log('old', `where ${key('old')} <> ${key('new')}`)}`,
  }
  return events.flatMap((event) => [
    ...drop(name, event),
    done(`create trigger ${fence}_${name}_${event} before ${event} on "${name}"
      when exists (select 1 from ${fence} where closed = 1) begin
        select raise(abort, '${fenceWord}' || (select message from ${fence})); end`),
    done(`create trigger ${changes}_${name}_${event} after ${event} on "${name}" begin
      ${logged[event]} end`),
  ])
}

const dropLog = (name: string, event: string): Statement =>
  done(`drop trigger if exists ${changes}_${name}_${event}`)

const drop = (name: string, event: string): Statement[] =>
  [done(`drop trigger if exists ${fence}_${name}_${event}`), dropLog(name, event)]

/** The log of changes in SQLite: triggers of each row. */
export const sqliteChanges: ChangeLog = {
  install: (tables) => [[
    done(`create table if not exists ${changes} (
      seq integer primary key autoincrement, table_name text not null, row_key text not null
    ) strict`),
    done(`create table if not exists ${fence} (
      name text primary key, closed integer not null, message text not null) strict`),
    done(`insert into ${fence} values ('fence', 0, '') on conflict do nothing`),
    ...tables.flatMap(triggers),
  ]],
  stop: (tables) => [[
    ...tables.flatMap(({ name }) => events.map((event) => dropLog(name, event))),
    done(`drop table if exists ${changes}`),
  ]],
  remove: (tables) => [[
    ...tables.flatMap(({ name }) => events.flatMap((event) => drop(name, event))),
    done(`drop table if exists ${fence}`), done(`drop table if exists ${changes}`),
  ]],
  // One writer at a time: who began a transaction holds all others out.
  holdWriters: [],
}
