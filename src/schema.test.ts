import { beforeAll, expect, it } from 'vitest'
import { bytes, flag, id, instant, integer, json, real, terms, text } from './database/columns.js'
import { type IntrospectedColumn } from './database/engine.js'
import { Migrator, SchemaEditor } from './database/migrate.js'
import { migrations } from './database/migrations/index.js'
import { snakeCase, type Table } from './database/table.js'
import { tables } from './tables.js'
import { enginesNamed, onEveryEngine } from './testing/backends.js'

const kinds = [id(), text(), json(), instant(), integer(), real(), flag(), bytes(), terms()]

/** The tables that no store declares. */
const undeclared = new Set([
  'holdfast_migrations', 'one_of_each_kind',
  // Of the index of words, as what SQLite makes for it.
  'message_terms_leaving',
])

/** The tables without row-level security: why their rows are nobody's in particular. */
const open: Readonly<Record<string, string>> = {
  users: 'are people, who belong to the installation',
  login_sessions: 'are of people, and found by a hash of 178 random bits',
  login_attempts: 'count by account and address before anybody is known',
  processes: 'are servers of the installation',
  root_keys: 'name root keys of the installation and hold none',
  search_horizon: 'say how far work on the whole installation is',
}

/** The tables whose policy does not bind their owner, and why. */
const unforced: Readonly<Record<string, string>> = {
  message_terms: 'which is searched through a view of the owner’s with the same condition',
}

/** Every policy of every table: whom and what it binds, and which rows it lets through. */
const policies = `
select c.relname as name, c.relrowsecurity and c.relforcerowsecurity as is_forced,
  p.polcmd = '*' and p.polroles = '{0}' and p.polpermissive as is_for_all,
  pg_get_expr(p.polqual, c.oid) as seen, pg_get_expr(p.polwithcheck, c.oid) as taken
from pg_class c left join pg_policy p on p.polrelid = c.oid
where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')`

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

onEveryEngine('row-level security', (world) => {
  let rows: Record<string, unknown>[]
  beforeAll(async () => {
    const { backend } = world()
    await new Migrator(backend, { migrations }).up();
    ({ rows } = await backend.run({ sql: policies, parameters: [], reach: null }))
  })

  for (const { name, columns } of tables) {
    const reason = open[name]
    const key = name === 'organizations' ? 'id' : 'organization_id'
    if (reason === undefined) {
      const isForced = unforced[name] === undefined
      const how = isForced ? `is forced on ${name}` : `is on ${name}, ${unforced[name]}`
      it(`${how}, by one policy that compares ${key}`, () => {
        const found = rows.filter((row) => row.name === name)
        const compared = expect.stringContaining(`(${key} = ANY (`)
        expect(found).toEqual([
          {
            name, is_forced: isForced ? 't' : 'f', is_for_all: 't', seen: compared,
            taken: found[0]!.seen,
          },
        ])
      })
    } else {
      it(`is not on ${name}, whose rows ${reason}`, () => {
        expect(rows).toContainEqual(
          { name, is_forced: 'f', is_for_all: null, seen: null, taken: null })
        expect(columns).not.toHaveProperty('organizationId')
      })
    }
  }

  it('says the same of every table', () => {
    const told = rows.flatMap(({ seen }) => (seen === null ? [] : [String(seen)]))
    expect(new Set(told.map((text) => text.replaceAll('organization_id', 'id'))).size).toBe(1)
  })

  it('is left out with a reason only where there is a table', () => {
    const names = tables.map(({ name }) => name)
    expect(Object.keys(open).filter((name) => !names.includes(name))).toEqual([])
  })
}, enginesNamed('postgres'))

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
