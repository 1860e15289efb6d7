import { beforeAll, expect, it } from 'vitest'
import { bytes, flag, id, instant, integer, json, real, text } from './database/columns.js'
import { type IntrospectedColumn } from './database/engine.js'
import { Migrator, SchemaEditor } from './database/migrate.js'
import { migrations } from './database/migrations/index.js'
import { snakeCase, type Table } from './database/table.js'
import { tables } from './tables.js'
import { onEveryEngine } from './testing/backends.js'

const kinds = [id(), text(), json(), instant(), integer(), real(), flag(), bytes()]

/** The tables that no store declares. */
const undeclared = new Set(['holdfast_migrations', 'one_of_each_kind'])

/** What the database must report of a declared table, given how it spells each kind. */
function expectedOf(declared: Table, typeOf: ReadonlyMap<string, string>): IntrospectedColumn[] {
  return Object.entries(declared.columns).map(([name, { kind, nullable }]) => ({
    table: declared.name,
    column: snakeCase(name),
    type: typeOf.get(kind)!,
    nullable,
    keyPlace: declared.primaryKey.indexOf(snakeCase(name)) + 1,
  }))
}

const byColumn = (columns: readonly IntrospectedColumn[]) =>
  [...columns].sort((a, b) => (a.column < b.column ? -1 : 1))

onEveryEngine('the schema', (world) => {
  let live: IntrospectedColumn[]
  let typeOf: Map<string, string>
  beforeAll(async () => {
    const { backend } = world()
    await new Migrator(backend, { migrations }).up()
    // How the engine spells each kind is asked of the engine, not written down a second time.
    const body = kinds.map(({ kind }) => `"${kind}" {${kind}} not null`).join(', ')
    await new SchemaEditor(backend, backend.engine).createTable('one_of_each_kind', body)
    live = await backend.introspect()
    const samples = live.filter(({ table }) => table === 'one_of_each_kind')
    typeOf = new Map(samples.map(({ column, type }) => [column, type]))
  })

  it('knows every kind of column', () => {
    expect([...typeOf.keys()].sort()).toEqual(kinds.map(({ kind }) => kind).sort())
  })

  for (const declared of tables) {
    it(`of ${declared.name} has the declared columns, types, nulls and primary key`, () => {
      const columns = live.filter(({ table }) => table === declared.name)
      expect(byColumn(columns)).toEqual(byColumn(expectedOf(declared, typeOf)))
    })
  }

  it('has no table that is not declared', () => {
    const names = new Set(live.map(({ table }) => table))
    const declared = new Set(tables.map(({ name }) => name))
    expect([...names].filter((name) => !declared.has(name) && !undeclared.has(name))).toEqual([])
  })
})

onEveryEngine('introspection', (world) => {
  it('tells a wrong type, a wrong null and a wrong primary key from the right ones', async () => {
    const { backend } = world()
    const body = 'b {text} not null, a {integer}, c {instant} not null, primary key (c, b)'
    await new SchemaEditor(backend, backend.engine).createTable('odd', body)
    const columns = await backend.introspect()
    const facts = columns.map(({ column, nullable, keyPlace }) => ({ column, nullable, keyPlace }))
    expect(facts).toEqual([
      { column: 'b', nullable: false, keyPlace: 2 },
      { column: 'a', nullable: true, keyPlace: 0 },
      { column: 'c', nullable: false, keyPlace: 1 },
    ])
    const [b, a] = columns
    expect(b!.type).not.toBe(a!.type)
  })
})
