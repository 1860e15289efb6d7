import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, it } from 'vitest'
import { InvalidInput } from '../errors.js'
import { enginesNamed, onEveryEngine } from '../testing/backends.js'
import { ManualClock } from '../testing/sources.js'
import { type Backend } from './engine.js'
import { DatabaseFailure, SchemaMismatch } from './failures.js'
import { type Migration, MigrationUnknown, Migrator, type SchemaEditor } from './migrate.js'
import { migrations } from './migrations/index.js'

const names = migrations.map(({ name }) => name)

/** Everything the database says of its schema, apart from the ledger's table. */
async function schemaOf(backend: Backend) {
  const columns = await backend.introspect()
  const definitions = await backend.definitions()
  const isLedger = (text: string) => text.includes('holdfast_migrations')
  return {
    columns: columns.filter(({ table }) => !isLedger(table)),
    definitions: definitions.filter((definition) => !isLedger(definition)),
  }
}

const step = (name: string, body = 'number {integer} not null primary key'): Migration => ({
  name,
  up: (schema) => schema.createTable(`table_${name}`, body),
  down: (schema) => schema.execute(`drop table table_${name}`),
})

onEveryEngine('the history of the schema', (world) => {
  it('goes up, down to nothing and up again to the same schema', async () => {
    const { backend } = world()
    const migrator = new Migrator(backend, { migrations })
    expect(await migrator.up()).toEqual(names)
    const first = await schemaOf(backend)
    expect(first.columns.length).toBeGreaterThan(50)
    expect(first.definitions.length).toBeGreaterThan(10)
    expect(await migrator.down(migrations.length)).toEqual([...names].reverse())
    expect(await schemaOf(backend)).toEqual({ columns: [], definitions: [] })
    expect(await migrator.up()).toEqual(names)
    expect(await schemaOf(backend)).toEqual(first)
  })

  it('gives the same schema when each step is taken back and repeated by itself', async () => {
    const { backend } = world()
    const migrator = new Migrator(backend, { migrations })
    await migrator.up()
    const whole = await schemaOf(backend)
    await migrator.down(names.length)
    for (const [index, name] of names.entries()) {
      const upToHere = new Migrator(backend, { migrations: migrations.slice(0, index + 1) })
      expect(await upToHere.up()).toEqual([name])
      const before = await schemaOf(backend)
      expect(await upToHere.down(1)).toEqual([name])
      expect(await upToHere.up()).toEqual([name])
      expect(await schemaOf(backend)).toEqual(before)
    }
    expect(await schemaOf(backend)).toEqual(whole)
  })

  it('is told by status, and checked by check', async () => {
    const { backend } = world()
    const clock = new ManualClock(Date.parse('2026-05-06T07:08:09.010Z'))
    const migrator = new Migrator(backend, { migrations, clock })
    await migrator.up()
    await migrator.check()
    await migrator.down(migrations.length)
    await migrator.up()
    const appliedAt = '2026-05-06T07:08:09.010000Z'
    expect(await migrator.status()).toEqual(names.map((name) => ({ name, appliedAt })))
    await migrator.down(1)
    expect((await migrator.status()).at(-1)).toEqual({ name: names.at(-1), appliedAt: null })
    await expect(migrator.check()).rejects.toThrow(SchemaMismatch)
    await expect(migrator.check()).rejects.toThrow(
      `Migrations are pending (${names.at(-1)}); run: holdfast migrate up`)
    await migrator.up()
  })

  it('is up already when nothing is pending', async () => {
    const migrator = new Migrator(world().backend, { migrations })
    await migrator.up()
    expect(await migrator.up()).toEqual([])
    expect(await migrator.down(0)).toEqual([])
    for (const count of [-1, 0.5, Number.NaN]) {
      await expect(migrator.down(count)).rejects.toThrow(InvalidInput)
    }
    expect((await migrator.status()).every(({ appliedAt }) => appliedAt !== null)).toBe(true)
  })
})

onEveryEngine('an empty database', (world) => {
  it('has every migration pending', async () => {
    const migrator = new Migrator(world().backend, { migrations })
    expect(await migrator.status()).toEqual(names.map((name) => ({ name, appliedAt: null })))
    await expect(migrator.check()).rejects.toThrow(SchemaMismatch)
  })

  it('is brought up once by eight migrators at once', async () => {
    const { backend } = world()
    const all = Array.from({ length: 8 }, () => new Migrator(backend, { migrations }).up())
    const applied = (await Promise.all(all)).filter((each) => each.length > 0)
    expect(applied).toEqual([names])
  })
})

onEveryEngine('a step that fails', (world) => {
  const failing: [name: string, migration: Migration][] = [
    ['by a defect in its SQL', {
      ...step('0002_failing'),
      async up(schema) {
        await schema.createTable('half_done', 'number {integer}')
        await schema.execute('alter table half_done add nonsense')
        await schema.execute('create table nonsense (')
      },
    }],
    ['by an error of its own', {
      ...step('0002_failing'),
      async up(schema) {
        await schema.createTable('half_done', 'number {integer}')
        throw new DatabaseFailure('my own')
      },
    }],
  ]
  for (const [name, migration] of failing) {
    it(`leaves the schema as it was: ${name}`, async () => {
      const { backend } = world()
      const before = await schemaOf(backend)
      const migrator = new Migrator(backend, { migrations: [step('0001_first'), migration] })
      await expect(migrator.up()).rejects.toThrow(DatabaseFailure)
      expect(await schemaOf(backend)).toEqual(before)
      expect((await migrator.status()).map(({ appliedAt }) => appliedAt)).toEqual([null, null])
      await expect(migrator.check()).rejects.toThrow(SchemaMismatch)
    })
  }

  it('leaves earlier runs alone, and the mended step goes through', async () => {
    const { backend } = world()
    const first = step('0001_first')
    expect(await new Migrator(backend, { migrations: [first] }).up()).toEqual(['0001_first'])
    const before = await schemaOf(backend)
    const broken = { ...step('0002_second'), up: async () => { throw new DatabaseFailure('x') } }
    const failing = new Migrator(backend, { migrations: [first, broken] })
    await expect(failing.up()).rejects.toThrow(DatabaseFailure)
    expect(await schemaOf(backend)).toEqual(before)
    const mended = new Migrator(backend, { migrations: [first, step('0002_second')] })
    expect(await mended.up()).toEqual(['0002_second'])
    await expect(new Migrator(backend, { migrations: [first, {
      ...step('0002_second'), down: async () => { throw new DatabaseFailure('stuck') },
    }] }).down(2)).rejects.toThrow('stuck')
    expect((await mended.status()).every(({ appliedAt }) => appliedAt !== null)).toBe(true)
    await mended.down(2)
    expect(await schemaOf(backend)).toEqual(before.columns.length > 0
      ? { columns: [], definitions: [] }
      : before)
  })
})

onEveryEngine('a database of a newer version', (world) => {
  it('is refused by name, whatever is asked, and left alone', async () => {
    const { backend } = world()
    const newer = new Migrator(backend, { migrations: [step('0001_old'), step('0002_new')] })
    await newer.up()
    const before = await schemaOf(backend)
    const older = new Migrator(backend, { migrations: [step('0001_old')] })
    for (const action of [() => older.up(), () => older.down(1), () => older.check()]) {
      await expect(action()).rejects.toThrow(MigrationUnknown)
      await expect(action()).rejects.toThrow(/\(0002_new\); run that version or a newer one/)
    }
    expect(await schemaOf(backend)).toEqual(before)
    expect((await older.status()).map(({ name }) => name)).toEqual(['0001_old'])
  })
})

onEveryEngine('a migration', (world) => {
  it('may take longer than a statement may', async () => {
    const backend = await world().another({ statementTimeoutMs: 100 })
    const pause = (schema: SchemaEditor) => schema.execute('select pg_sleep(2.4)')
    const slow = { ...step('0001_slow'), up: pause }
    const migrator = new Migrator(backend, { migrations: [slow] })
    expect(await migrator.up()).toEqual(['0001_slow'])
  })
}, enginesNamed('postgres'))

const dist = new URL('../../dist/', import.meta.url)

/** Waits until told, then brings the database up; prints what it applied. */
const starter = `
import { connect } from '${dist}database/connect.js'
import { Migrator } from '${dist}database/migrate.js'
import { migrations } from '${dist}database/migrations/index.js'
process.stdout.write('ready')
process.stdin.once('data', async () => {
  process.stdin.pause()
  const backend = await connect(process.argv.at(-1))
  const applied = await new Migrator(backend, { migrations }).up()
  await backend.close()
  process.stdout.write(JSON.stringify(applied))
})`

async function startedProcess(url: string) {
  const args = ['--input-type=module', '--eval', starter, 'starter', url]
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  let output = ''
  let errors = ''
  child.stderr.on('data', (data) => { errors += String(data) })
  const ended = once(child, 'close').then(([code]) => ({ code: code as number, output, errors }))
  await Promise.race([once(child.stdout, 'data'), ended])
  child.stdout.on('data', (data) => { output += String(data) })
  return { begin: () => child.stdin.end('now'), ended, stop: () => child.kill() }
}

onEveryEngine('eight processes that start at once on an empty database', (world) => {
  beforeAll(() => {
    if (existsSync(new URL('holdfast.js', dist))) return
    const cwd = fileURLToPath(new URL('../../', import.meta.url))
    const arguments_ = ['node_modules/typescript7/bin/tsc', '-p', 'tsconfig.build.json']
    spawnSync(process.execPath, arguments_, { cwd, stdio: 'inherit' })
  }, 120_000)

  it('all succeed, and one of them did the work', async () => {
    const started = Array.from({ length: 8 }, () => startedProcess(world().url))
    const processes = await Promise.all(started)
    try {
      for (const { begin } of processes) begin()
      const ends = await Promise.all(processes.map(({ ended }) => ended))
      expect(ends.map(({ code, errors }) => [code, errors])).toEqual(
        Array.from({ length: 8 }, () => [0, '']))
      const applied = ends.map(({ output }) => JSON.parse(output) as string[])
      expect(applied.filter((each) => each.length > 0)).toEqual([names])
    } finally {
      for (const { stop } of processes) stop()
    }
    await new Migrator(world().backend, { migrations }).check()
  }, 60_000)
}, enginesNamed('sqlite', 'postgres'))
