import { type Compilable, type OperationNodeSource, type RawBuilder, sql } from 'kysely'
import { type Stored } from '../database/columns.js'
import { type Database, type Placeholder, prepare } from '../database/database.js'
import { type Engine, type RowKinds, type Statement } from '../database/engine.js'
import { type Table } from '../database/table.js'
import { type Scope } from '../scope.js'
import { type AuditRecord, auditRow, type AuditSource, recordAudit } from './record.js'
import { auditEvents, type AuditTables } from './tables.js'

/** A row to be inserted, in stored form. */
export interface Insertion {
  readonly table: Table
  readonly row: Readonly<Record<string, unknown>>
}

type StoredValues = Readonly<Record<string, unknown>>

const kinds: RowKinds = Object.fromEntries(
  auditEvents.columnNames.map((name, index) =>
    [name, Object.values(auditEvents.columns)[index]!.kind]))
const names = sql.join(auditEvents.columnNames.map((name) => sql.ref(name)))

/** Makes changes and records them: both stand, or neither, in one round trip. */
export class Recorder {
  readonly #scope: Scope
  readonly #source: AuditSource

  constructor(scope: Scope, source: AuditSource) {
    this.#scope = scope
    this.#source = source
  }

  /** Records an event on the transaction that makes the change. */
  async record<T>(database: Database<T>, record: AuditRecord): Promise<void> {
    await recordAudit(database.as<AuditTables>(), this.#source, { ...this.#scope, record })
  }

  /** Inserts a row and tells of it. */
  async insert<T>(
    database: Database<T>,
    { table, row }: Insertion,
    record: AuditRecord,
  ): Promise<void> {
    const event = auditRow(this.#source, { ...this.#scope, record })
    const statements = insertions(database.as<never>(), table)(row, event)
    if (statements.length === 1) await database.execute(statements[0]!)
    else await database.atomic(statements)
  }

  /** Updates or deletes, and tells of it if that changed a row; the rows it returns. */
  async change<T, R>(
    database: Database<T>,
    change: Compilable<R> & OperationNodeSource,
    record: AuditRecord,
  ): Promise<R[]> {
    const event = auditRow(this.#source, { ...this.#scope, record })
    const { engine, write } = database
    if (!engine.writesInWith) {
      const told = eventIf(engine.justChanged, engine, event).compile(write)
      const [changed] = await database.atomic([change.compile(), told])
      return changed!.rows as R[]
    }
    const told = eventIf(sql`exists (select 1 from changed)`, engine, event)
    const both = sql`with changed as (${change}), told as (${told}) select * from changed`
    return (await database.execute(both.compile(write))).rows as R[]
  }
}

/** Inserts the event where the condition holds. */
function eventIf(
  condition: RawBuilder<unknown>,
  engine: Engine,
  event: StoredValues,
): RawBuilder<unknown> {
  const values = auditEvents.columnNames.map((name) => event[name])
  const row = engine.rows(kinds, 1, (index) => sql`${values[index]}`)
  return sql`
    insert into audit_events (${names}) select ${names} from ${row} as b where ${condition}`
}

type Inserting = (row: StoredValues, event: StoredValues) => Statement[]

const known = new WeakMap<Engine, Map<string, Inserting>>()

/** The statements that insert a row of the table and its event, compiled once an engine. */
function insertions(database: Database<never>, table: Table): Inserting {
  const ofEngine = known.get(database.engine) ?? new Map<string, Inserting>()
  known.set(database.engine, ofEngine)
  const made = ofEngine.get(table.name) ?? prepareInsertions(database, table)
  ofEngine.set(table.name, made)
  return made
}

type Values = Record<string, Stored<'text'>>
type Slots = Placeholder<Values>

/** The event's columns under names that no table's column has. */
const eventSlots: Readonly<Record<string, string>> = Object.fromEntries(
  auditEvents.columnNames.map((name) => [name, `audit event ${name}`]))

function prepareInsertions({ engine, write }: Database<never>, table: Table): Inserting {
  const prepared = (name: string, build: (slot: Slots) => RawBuilder<unknown>) =>
    prepare<Values>(name, (slot) => {
      const built = build(slot)
      return { compile: () => built.compile(write) }
    })
  const name = `${table.name}_create`
  const insert = (slot: Slots) => insertOf(table, slot)
  if (!engine.writesInWith) {
    const one = prepared(name, insert)
    const other = prepared('audit_create', (slot) => insertOf(auditEvents as never, slot))
    return (row, event) => [one(row as Values), other(event as Values)]
  }
  const both = prepared(name, (slot) => sql`
    with told as (${insertOf(auditEvents as never, (column) => slot(eventSlots[column]!))})
    ${insert(slot)}`)
  return (row, event) => {
    const values: Record<string, unknown> = { ...row }
    for (const column of auditEvents.columnNames) values[eventSlots[column]!] = event[column]
    return [both(values as Values)]
  }
}

function insertOf({ name, columnNames }: Table, slot: (name: string) => unknown) {
  const columns = sql.join(columnNames.map((each) => sql.ref(each)))
  const slots = sql.join(columnNames.map((each) => slot(each)))
  return sql`insert into ${sql.table(name)} (${columns}) values (${slots})`
}
