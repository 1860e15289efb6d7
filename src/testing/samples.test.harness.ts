import fc from 'fast-check'
import { type RawBuilder, sql } from 'kysely'
import { beforeAll, expect } from 'vitest'
import { type Column, integer, type Kind, type Stored } from '../database/columns.js'
import { type BatchRow, Database, prepareBatch } from '../database/database.js'
import { type Backend, type Statement } from '../database/engine.js'
import { SchemaEditor } from '../database/migrate.js'
import { decodeRow, encodeRow, type Row, type Table, table } from '../database/table.js'
import { InvalidValue } from '../errors.js'
import { differenceOf, valuesWanted } from './arbitraries.test.harness.js'
import { type BackendWorld } from './backends.js'

type SampleColumns<V, K extends Kind> = {
  readonly position: Column<number, Stored<'integer'>>
  readonly value: Column<V, Stored<K>>
}

type SampleKinds<K extends Kind> = { readonly position: 'integer'; readonly value: K }

const insertFrom = (name: string) => (rows: RawBuilder<unknown>) => sql`
  insert into ${sql.ref(name)} (position, value)
  select b.position, b.value from ${rows} as b`

/** A real table with one column of a kind, to send values through. */
export class Samples<V, K extends Kind> {
  readonly declared: Table<SampleColumns<V, K>>
  readonly #database: Database<Record<string, Record<string, unknown>>>
  readonly #insert: (rows: readonly BatchRow<SampleKinds<K>>[]) => Statement

  private constructor(backend: Backend, name: string, column: Column<V, Stored<K>>) {
    this.declared = table(name, { position: integer(), value: column }, {
      primaryKey: ['position'],
    })
    this.#database = Database.over(backend)
    const kinds = { position: 'integer', value: column.kind as K } as const
    this.#insert = prepareBatch(this.#database.as<never>(), {
      name: `insert_${name}`, kinds, build: insertFrom(name),
    })
  }

  /** Creates the table on a database that does not have it yet. */
  static async create<V, K extends Kind>(
    backend: Backend,
    name: string,
    column: Column<V, Stored<K>>,
  ): Promise<Samples<V, K>> {
    const schema = new SchemaEditor(backend, backend.engine)
    const body = `position {integer} not null primary key, value {${column.kind}} not null`
    await schema.createTable(name, body)
    return new Samples(backend, name, column)
  }

  /** The same table seen through another backend of the same database. */
  static on<V, K extends Kind>(backend: Backend, name: string, column: Column<V, Stored<K>>) {
    return new Samples<V, K>(backend, name, column)
  }

  /** Replaces the table's rows by these values: one statement, all or none. */
  async write(values: readonly V[]): Promise<void> {
    const { name } = this.declared
    const rows = values.map((value, position) =>
      encodeRow(this.declared, { position, value } as Row<Table<SampleColumns<V, K>>>))
    await this.#database.run(this.#database.write.deleteFrom(name))
    if (rows.length === 0) return
    await this.#database.execute(this.#insert(rows as unknown as BatchRow<SampleKinds<K>>[]))
  }

  /** Every value, in the order written or by the database's order of the values. */
  async read(order: 'position' | 'value' = 'position'): Promise<V[]> {
    const query = this.#database.write.selectFrom(this.declared.name).selectAll().orderBy(order)
    const stored = await this.#database.all(query)
    return stored.map((row) => (decodeRow(this.declared, row) as { value: V }).value)
  }

  /** What comes back of these values. */
  async roundTrip(values: readonly V[]): Promise<V[]> {
    await this.write(values)
    return this.read()
  }
}

/** The table of a suite, made before its tests. */
export function useSamples<V, K extends Kind>(
  world: () => BackendWorld,
  name: string,
  column: Column<V, Stored<K>>,
): () => Samples<V, K> {
  let samples: Samples<V, K>
  beforeAll(async () => {
    samples = await Samples.create(world().backend, name, column)
  })
  return () => samples
}

/** Values of one batch; every batch is one insert and one select. */
const batchSize = 250

/** Sends many values through a table; what comes back must be the same to the last bit. */
export async function expectUnchanged<V, K extends Kind>(
  samples: Samples<V, K>,
  arbitrary: fc.Arbitrary<V>,
): Promise<void> {
  const batch = fc.array(arbitrary, { minLength: batchSize, maxLength: batchSize })
  await fc.assert(
    fc.asyncProperty(batch, async (values) => {
      const back = await samples.roundTrip(values)
      expect(differenceOf(back, values)).toBeUndefined()
    }),
    { numRuns: Math.ceil(valuesWanted(1_000) / batchSize), endOnFailure: true },
  )
}

/** Expects that writing the value fails as InvalidValue with this message. */
export async function expectRefused<V, K extends Kind>(
  samples: Samples<V, K>,
  value: unknown,
  message: string | RegExp,
): Promise<void> {
  const writing = samples.write([value as V])
  await expect(writing).rejects.toThrow(InvalidValue)
  await expect(writing).rejects.toThrow(message)
}
