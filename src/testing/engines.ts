import { createHash } from 'node:crypto'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import pg from 'pg'
import { connect } from '../database/connect.js'
import { Migrator } from '../database/migrate.js'
import { migrations } from '../database/migrations/index.js'
import { grantStatements, type RoleNames, roleStatements } from '../database/roles.js'

/** A database made for a test; `drop` removes it. */
export interface DatabaseLease {
  readonly url: string
  /** The same database for the login that owns the tables. */
  readonly ownerUrl: string
  /** The same for a login that may do anything. */
  readonly adminUrl: string
  drop(): Promise<void>
}

/** A way to get empty databases of one kind. */
export interface TestEngine {
  readonly name: string
  /** Why it cannot run here; undefined when it can. */
  readonly missing?: string
  /** Whether its databases outlive the process. @default true */
  readonly isLasting?: boolean
  /** An empty database. */
  create(): Promise<DatabaseLease>
  /**
   * A database with the schema, for the login that serves: it may change rows and nothing else.
   * Its `drop` may leave it to the end of the run.
   */
  createReady(): Promise<DatabaseLease>
}

type Create = () => Promise<Pick<DatabaseLease, 'url' | 'drop'>>

/** Where every process may do anything, the schema comes with the first opening. */
function embedded(name: string, create: Create): TestEngine {
  const lease = async () => {
    const made = await create()
    return { ...made, ownerUrl: made.url, adminUrl: made.url }
  }
  return { name, create: lease, createReady: lease }
}

const memory: TestEngine = {
  ...embedded('memory', async () => ({ url: 'memory:', drop: async () => undefined })),
  isLasting: false,
}

const file = embedded('sqlite', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-'))
  return {
    url: `sqlite:${join(folder, 'test.db')}`,
    drop: async () => rmSync(folder, { recursive: true, force: true }),
  }
})

const sqlite: TestEngine = {
  ...file,
  async createReady() {
    const lease = await file.create()
    copyFileSync(await (fileTemplate ??= makeFileTemplate()), pathOf(lease))
    return lease
  },
}

let fileTemplate: Promise<string> | undefined

/** A file with the schema, for others of this process to be copies of; it goes with the process. */
async function makeFileTemplate(): Promise<string> {
  const lease = await file.create()
  process.once('exit', () => rmSync(dirname(pathOf(lease)), { recursive: true, force: true }))
  await migrate(lease.url)
  return pathOf(lease)
}

function pathOf({ url }: DatabaseLease): string {
  return url.slice('sqlite:'.length)
}

let created = 0

const roles: RoleNames = { owner: 'holdfast_test_owner', server: 'holdfast_test_server' }

function postgres(url: string | undefined, missing: string): TestEngine {
  const none = () => fail(missing)
  if (url === undefined) return { name: 'postgres', missing, create: none, createReady: none }
  const run = process.env.HOLDFAST_TEST_RUN
  const create = async (like = ''): Promise<DatabaseLease> => {
    const name = `holdfast_test_${run ?? 'local'}_${process.pid}_${(created += 1)}`
    await administrate(url, [`create database ${name} ${like}`])
    const drop = () => administrate(url, [`drop database if exists ${name} with (force)`])
    const all = onDatabase(url, name)
    return { url: all, ownerUrl: all, adminUrl: all, drop }
  }
  return {
    name: 'postgres',
    create: () => create(),
    async createReady() {
      await makeRoles(url)
      const owner = `owner ${roles.owner}`
      // Who ends a run removes its template with what else is left; without a run nobody would.
      if (run !== undefined) template ??= makeTemplate(url, `holdfast_test_${run}_template`)
      const like = template === undefined ? owner : `${owner} template ${await template}`
      const lease = await create(like)
      if (template === undefined) await prepare(lease.adminUrl)
      const { adminUrl } = lease
      return {
        url: asRole(adminUrl, roles.server), ownerUrl: asRole(adminUrl, roles.owner), adminUrl,
        // Every drop has the server write a checkpoint, for which all others wait.
        drop: run === undefined ? lease.drop : async () => undefined,
      }
    },
  }
}

let template: Promise<string> | undefined

/** A database with the schema, for others to be copies of; the first process to come makes it. */
async function makeTemplate(url: string, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(`select pg_advisory_lock(${sharedLock})`)
    const { rows } = await client.query(
      'select datallowconn from pg_database where datname = $1', [name])
    // Nobody connects to one that is finished, else it could not be copied.
    if (rows[0]?.datallowconn === false) return name
    await client.query(`drop database if exists ${name} with (force)`)
    await client.query(`create database ${name} owner ${roles.owner}`)
    await prepare(onDatabase(url, name))
    await client.query(`alter database ${name} with allow_connections false`)
    return name
  } finally {
    await client.end()
  }
}

/** Makes the schema in an empty database that the owner of the tables owns. */
async function prepare(adminUrl: string): Promise<void> {
  await migrate(asRole(adminUrl, roles.owner))
  await administrate(adminUrl, grantStatements(roles))
}

function onDatabase(url: string, name: string): string {
  const address = new URL(url)
  address.pathname = `/${name}`
  return address.toString()
}

/** Held by who makes what all processes that test on a server share. */
const sharedLock = 1215260518

/** Once a process; other processes on this server do the same at the same time. */
async function makeRoles(url: string): Promise<void> {
  made ??= administrate(url, [
    'begin', `select pg_advisory_xact_lock(${sharedLock})`,
    ...Object.values(roles).flatMap((role) => roleStatements(role, passwordOf(url))), 'commit',
  ])
  await made
}

let made: Promise<void> | undefined

/** The same in every process that tests on this server, and nowhere else. */
const passwordOf = (url: string): string =>
  createHash('sha256').update(new URL(url).password + new URL(url).username).digest('hex')

function asRole(url: string, role: string): string {
  const address = new URL(url)
  address.password = passwordOf(url)
  address.username = role
  return address.toString()
}

async function migrate(url: string): Promise<void> {
  const backend = await connect(url, { poolMax: 1 })
  try {
    await new Migrator(backend, { migrations }).up()
  } finally {
    await backend.close()
  }
}

async function fail(reason: string): Promise<never> {
  throw new Error(reason)
}

async function administrate(url: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    for (const sql of statements) await client.query(sql)
  } finally {
    await client.end()
  }
}

/** What asks for more of a test than it does by default. */
const isRequest = (name: string): boolean =>
  name.startsWith('HOLDFAST_TEST_') &&
  !/^HOLDFAST_TEST_(RUN$|PROGRAM|FIXTURES|POSTGRES|REDIS)/.test(name)

let drawn: number | undefined

/**
 * The engines that outlive their process, for what takes long on each: one of them, drawn anew in
 * each process, unless HOLDFAST_TEST_ENGINES is `all` or a longer form of any test is asked for.
 * The others are missing, with that for a reason.
 */
export function drawnEngines(): readonly TestEngine[] {
  const lasting = testEngines().filter(({ isLasting = true }) => isLasting)
  const present = lasting.filter(({ missing }) => missing === undefined)
  if (Object.keys(process.env).some(isRequest)) return lasting
  drawn ??= Math.floor(Math.random() * present.length)
  const missing = `${present[drawn]!.name} was drawn; HOLDFAST_TEST_ENGINES=all runs on all`
  return lasting.map((each) =>
    (each.missing !== undefined || each === present[drawn!] ? each : { ...each, missing }))
}

/**
 * The engines of the contract: memory and a SQLite file always, PostgreSQL when
 * HOLDFAST_TEST_POSTGRES_URL names a server on which databases may be created.
 */
export function testEngines(): readonly TestEngine[] {
  const { HOLDFAST_TEST_POSTGRES_URL: url, HOLDFAST_TEST_POSTGRES_MISSING: reason } = process.env
  const missing = reason ?? 'HOLDFAST_TEST_POSTGRES_URL is not set'
  return [memory, sqlite, postgres(url === '' ? undefined : url, missing)]
}
