import { copyFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect } from './database/connect.js'
import { sqliteDriver } from './database/dialects/sqlite-driver.js'
import { openHoldfast } from './holdfast.js'
import { movedTables } from './lifecycle/transfer/catalogue.js'
import { tables } from './tables.js'
import { enginesNamed } from './testing/backends.js'
import { type DatabaseLease } from './testing/engines.js'
import { addNastyRows } from './testing/nasty-rows.test.harness.js'
import { transferOf } from './transfer.js'

/** What is done to the first row of a table, and the rule by which a plan names it. */
const tampered: readonly (readonly [table: string, column: string, to: string, rule: string])[] = [
  ['conversations', 'title', `'a' || char(0) || 'b'`, 'nul'],
  ['users', 'display_name', `cast(x'ff61' as text)`, 'utf8'],
  ['organizations', 'name', `cast(x'61eda080' as text)`, 'utf8'],
  ['messages', 'tokens_used', `'many'`, 'type'],
  ['messages', 'metadata', `'{"a":'`, 'json'],
  ['messages', 'content', `'"a\\u0000b"'`, 'json_nul'],
  ['conversations', 'metadata', `'{"a":"\\ud800"}'`, 'json_surrogate'],
  ['users', 'preferences', `'{"a":1e400}'`, 'json_number'],
  ['items', 'value', `'{"n":9007199254740993}'`, 'json_number'],
  ['workflow_runs', 'metadata', `'{"a":1,"b":{"c":1,"c":2}}'`, 'json_duplicate'],
  ['usage_events', 'data', `'{"n":1e200000}'`, 'json'],
  ['agent_states', 'document', `'[NaN]'`, 'json'],
  ['workflows', 'metadata', `''`, 'json'],
  ['workflow_runs', 'input', `'{}' || char(0)`, 'nul'],
  ['workflow_versions', 'graph', `'"' || cast(x'c328' as text) || '"'`, 'utf8'],
  ['service_tokens', 'scopes', `replace(hex(zeroblob(1200)), '00', '[') ||
    replace(hex(zeroblob(1200)), '00', ']')`, 'json_depth'],
  ['conversations', 'created_at', `'2025-12-19 10:11:12'`, 'instant'],
  ['login_sessions', 'created_at', `'1764000000000'`, 'instant'],
  ['workflows', 'created_at', `'2026-02-30T00:00:00.000000Z'`, 'instant'],
  ['secrets', 'created_at', `'2026-01-31T12:00:00.000000+02:00'`, 'instant'],
  ['streams', 'created_at', `'2026-01-31T12:00:00.123456789Z'`, 'instant'],
  ['jobs', 'created_at', `''`, 'instant'],
  ['queues', 'created_at', `'null'`, 'instant'],
  ['locks', 'expires_at', `'0000-01-01T00:00:00.000000Z'`, 'instant'],
  ['schedules', 'created_at', `1764000000`, 'instant'],
  ['webhook_deliveries', 'id', `'12345678901234567890123456789012'`, 'uuid'],
  ['usage_pending', 'event_id', `12345678901234567890`, 'uuid'],
  ['checkpoint_keys', 'id', `upper(id)`, 'uuid'],
  ['usage_events', 'tokens_in', `9007199254740993`, 'beyond_53_bits'],
  ['usage_rollups', 'events', `1.5`, 'type'],
  ['tuning_metrics', 'value', `9e999`, 'not_finite'],
  ['checkpoint_policies', 'encrypts', `2`, 'flag'],
  ['users', 'active', `'true'`, 'type'],
  ['attachment_chunks', 'bytes', `'text'`, 'type'],
  ['stream_producers', 'producer_id', `x'ff'`, 'type'],
  ['webhooks', 'name', `null`, 'null'],
  ['checkpoint_threads', 'thread_id', `hex(zeroblob(2000))`, 'index_entry'],
  ['message_terms', 'terms', `cast(x'ff' as text)`, 'utf8'],
  ['items', 'key', `hex(zeroblob(2000))`, 'index_entry'],
]

const [[sqlite], [postgres]] = [enginesNamed('sqlite'), enginesNamed('postgres')]
const { missing } = postgres!
const reason = missing === undefined ? '' : `: did not run: ${missing}`
const folder = mkdtempSync(join(tmpdir(), 'holdfast-hostile-'))
const base = join(folder, 'base.db')
const leases: DatabaseLease[] = []
let target: DatabaseLease

/** A copy of the base that somebody did something to. */
function hostile(name: string, statements: readonly string[]): string {
  const path = join(folder, `${name}.db`)
  copyFileSync(base, path)
  const database = new (sqliteDriver().DatabaseSync)(path, {})
  for (const statement of statements) database.exec(statement)
  database.close()
  return `sqlite:${path}`
}

/** A copy whose tables have neither types nor rules, as other programs may have made them. */
function loose(name: string, statements: readonly string[]): string {
  const path = join(folder, `${name}.db`)
  const database = new (sqliteDriver().DatabaseSync)(path, {})
  database.exec(`attach '${base}' as base; pragma foreign_keys = off`)
  const made = database.prepare(`select s.name, s.sql from base.sqlite_schema s
    join pragma_table_list l on l.schema = 'base' and l.name = s.name and l.type = 'table'
    where s.sql is not null`).all()
  for (const { name: table, sql } of made) {
    database.exec(String(sql).replace(/strict(, without rowid)?$/, '').replaceAll(' not null', ''))
    database.exec(`insert into "${String(table)}" select * from base."${String(table)}"`)
  }
  for (const statement of statements) database.exec(statement)
  database.close()
  return `sqlite:${path}`
}

beforeAll(async () => {
  if (missing !== undefined) return
  const url = `sqlite:${base}`
  await (await openHoldfast({ database: url })).close()
  await addNastyRows(url, movedTables(tables), { rows: 2, seed: 7 })
  target = await postgres!.createReady()
  leases.push(target)
})

afterAll(async () => {
  for (const lease of leases) await lease.drop()
  rmSync(folder, { recursive: true, force: true })
})

/** What a target holds: its schema and how many rows. */
async function contentOf(url: string) {
  const backend = await connect(url)
  const counts: unknown[] = []
  for (const { name } of tables) {
    const sql = `select count(*) as rows from "${name}"`
    counts.push((await backend.run({ sql, parameters: [], reach: 'all' })).rows)
  }
  const content = { definitions: await backend.definitions(), counts }
  await backend.close()
  return content
}

const rulesOf = async (from: string, to = target.ownerUrl) =>
  (await transferOf({ from, to }).plan()).findings

// Nothing unfinished: without the server there is nothing to move to, and the name says why.
describe.skipIf(missing !== undefined)(`a plan${reason}`, () => {
  it('names every value that would fail, and where; a copy writes nothing', async () => {
    const from = loose('values', [
      ...tampered.map(([table, column, to]) => `update ${table} set ${column} = ${to}
        where rowid = (select min(rowid) from ${table} where ${column} is not null)`),
      'delete from tuning_checkpoints', 'alter table floors add column colour text',
      'create table notes (id integer)',
    ])
    const before = await contentOf(target.ownerUrl)
    const transfer = transferOf({ from, to: target.ownerUrl })
    const { findings, possible } = await transfer.plan()
    expect(possible).toBe(false)
    const found = findings.map(({ table, column, rule }) => `${table}.${column} ${rule}`)
    const wanted = tampered.map(([table, column, , rule]) => `${table}.${column} ${rule}`)
    expect(wanted.filter((each) => !found.includes(each))).toEqual([])
    expect(found).toEqual(expect.arrayContaining([
      'tuning_metrics.checkpoint_id orphan', 'floors.colour unknown_column',
      'notes.undefined unknown_table',
    ]))
    const values = findings.filter(({ rule, column }) => column !== undefined &&
      rule !== 'unknown_column')
    expect(values.filter(({ key }) => key === undefined)).toEqual([])
    // A copy looks for what stops it in another way, and finds all of it.
    const failures = findings.filter(({ level }) => level === 'failure').length
    await expect(transfer.copy()).rejects.toMatchObject({
      code: 'transfer_refused', message: expect.stringContaining(`(and ${failures - 1} more`),
    })
    expect(await contentOf(target.ownerUrl)).toEqual(before)
  })

  it('sees in tables with types what their engine does not', async () => {
    const wanted = ['nul', 'utf8', 'uuid', 'instant', 'json', 'json_nul', 'json_surrogate']
    const before = await contentOf(target.ownerUrl)
    const seen = new Set<string>()
    for (const [table, column, to, rule] of tampered) {
      if (!wanted.includes(rule) || /^(messages|usage_pending)$/.test(table)) continue
      const from = hostile(`typed-${table}-${column}`, ['pragma foreign_keys = off',
        `update or ignore ${table} set ${column} = ${to} where ${column} is not null`])
      await expect(transferOf({ from, to: target.ownerUrl }).copy(), `${table}.${column}`)
        .rejects.toMatchObject({
          code: 'transfer_refused', message: expect.stringContaining(`${table}.${column} `),
        })
      seen.add(rule)
    }
    expect([...seen].sort()).toEqual(wanted.filter((rule) => rule !== 'json_nul').sort())
    expect(await contentOf(target.ownerUrl)).toEqual(before)
  }, 60_000)

  it.each([
    ['older', 'source_version', [`delete from holdfast_migrations where name like '0039%'`]],
    ['newer', 'source_version', [`insert into holdfast_migrations values ('9000_next', '')`]],
    ['moved', 'source_moved', [`insert into holdfast_migrations values ('~moved to x', '')`]],
    ['unfinished', 'source_moved',
      [`insert into holdfast_migrations values ('~unfinished transfer from x', '')`]],
    ['headless', 'missing_table', ['pragma foreign_keys = off', 'drop table jobs']],
    ['narrow', 'missing_column', ['alter table workflows drop column description']],
  ])('names a source that is %s', async (name, rule, statements) => {
    const from = hostile(name, statements)
    expect((await rulesOf(from)).map((each) => each.rule)).toContain(rule)
    await expect(transferOf({ from, to: target.ownerUrl }).copy()).rejects.toThrow()
  })

  it('names files that are cut off, no databases or not there', async () => {
    const [cut, none] = [join(folder, 'cut.db'), join(folder, 'none.db')]
    copyFileSync(base, cut)
    truncateSync(cut, 200 * 1024)
    writeFileSync(none, 'these are words'.repeat(1_000))
    for (const path of [cut, none]) {
      expect((await rulesOf(`sqlite:${path}`)).map(({ rule }) => rule)).toContain('source_damaged')
      await expect(transferOf({ from: `sqlite:${path}`, to: target.ownerUrl }).copy())
        .rejects.toThrow()
    }
    for (const from of [`sqlite:${join(folder, 'absent.db')}`, 'memory:']) {
      expect((await rulesOf(from)).map(({ rule }) => rule)).toEqual(['source_missing'])
    }
  })

  it('names a target that is filled, away, the source itself, or without a folder', async () => {
    const from = `sqlite:${base}`
    const lease = await sqlite!.create()
    leases.push(lease)
    await (await openHoldfast({ database: lease.url })).close()
    const cases = [
      [lease.url, 'target_filled'], [from, 'same_database'], ['memory:', 'target_unreadable'],
      [`sqlite:${join(folder, 'a', 'b.db')}`, 'target_folder'],
      ['postgres://127.0.0.1:1/none', 'target_unreadable'],
    ] as const
    for (const [to, rule] of cases) {
      const transfer = transferOf({ from, to })
      expect((await transfer.plan()).findings.map((each) => each.rule), to).toEqual([rule])
      await expect(transfer.copy()).rejects.toMatchObject({
        code: to.includes('none') ? 'database_unavailable' : 'transfer_refused',
      })
    }
  })
})

// As above.
describe.skipIf(missing !== undefined)(`a comparison${reason}`, () => {
  it('names table, key and column of one flipped bit', async () => {
    const [one, other] = [await postgres!.createReady(), await sqlite!.create()]
    leases.push(one, other)
    const from = `sqlite:${base}`
    await transferOf({ from, to: one.ownerUrl }).copy()
    await transferOf({ from, to: other.url }).copy()
    const server = await connect(one.adminUrl)
    const [row] = (await server.run({
      sql: `update attachment_chunks set bytes = set_byte(bytes, 0, get_byte(bytes, 0) # 1)
        where length(bytes) > 0 and ctid = (
          select ctid from attachment_chunks where length(bytes) > 0 limit 1)
        returning organization_id, blob_id, number`,
      parameters: [], reach: 'all',
    })).rows
    await server.close()
    const verdict = await transferOf({ from, to: one.ownerUrl }).verify()
    expect([verdict.equal, verdict.differences]).toEqual([false, [{
      table: 'attachment_chunks', kind: 'changed', column: 'bytes',
      key: [row!.organization_id, row!.blob_id, row!.number],
    }]])
    const file = await connect(other.url)
    await file.run({
      sql: 'update users set revision = revision + 1 where rowid = 1', parameters: [],
    })
    await file.run({ sql: 'delete from tuning_metrics', parameters: [] })
    await file.close()
    const found = (await transferOf({ from, to: other.url }).verify()).differences
    expect(new Set(found.map(({ table, kind, column }) => `${table} ${kind} ${column}`)))
      .toEqual(new Set(['users changed revision', 'tuning_metrics missing undefined']))
  })
})
