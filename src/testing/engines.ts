import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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
  /** An empty database. */
  create(): Promise<DatabaseLease>
  /** A database with the schema, for the login that serves: it may change rows and nothing else. */
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

const memory = embedded('memory', async () => ({ url: 'memory:', drop: async () => undefined }))

const sqlite = embedded('sqlite', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-'))
  return {
    url: `sqlite:${join(folder, 'test.db')}`,
    drop: async () => rmSync(folder, { recursive: true, force: true }),
  }
})

let created = 0

const roles: RoleNames = { owner: 'holdfast_test_owner', server: 'holdfast_test_server' }

function postgres(url: string | undefined, missing: string): TestEngine {
  const none = () => fail(missing)
  if (url === undefined) return { name: 'postgres', missing, create: none, createReady: none }
  const create = async (owner?: string): Promise<DatabaseLease> => {
    const run = process.env.HOLDFAST_TEST_RUN ?? 'local'
    const name = `holdfast_test_${run}_${process.pid}_${(created += 1)}`
    await administrate(url, [`create database ${name}${owner ? ` owner ${owner}` : ''}`])
    const address = new URL(url)
    address.pathname = `/${name}`
    const drop = () => administrate(url, [`drop database if exists ${name} with (force)`])
    const all = address.toString()
    return { url: all, ownerUrl: all, adminUrl: all, drop }
  }
  return {
    name: 'postgres',
    create: () => create(),
    async createReady() {
      await makeRoles(url)
      const lease = await create(roles.owner)
      const ownerUrl = asRole(lease.adminUrl, roles.owner)
      await migrate(ownerUrl)
      await administrate(lease.adminUrl, grantStatements(roles))
      return { ...lease, ownerUrl, url: asRole(lease.adminUrl, roles.server) }
    },
  }
}

/** Once a process; other processes on this server do the same at the same time. */
async function makeRoles(url: string): Promise<void> {
  made ??= administrate(url, [
    'begin', 'select pg_advisory_xact_lock(1215260518)',
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

/**
 * The engines of the contract: memory and a SQLite file always, PostgreSQL when
 * HOLDFAST_TEST_POSTGRES_URL names a server on which databases may be created.
 */
export function testEngines(): readonly TestEngine[] {
  const { HOLDFAST_TEST_POSTGRES_URL: url, HOLDFAST_TEST_POSTGRES_MISSING: reason } = process.env
  const missing = reason ?? 'HOLDFAST_TEST_POSTGRES_URL is not set'
  return [memory, sqlite, postgres(url === '' ? undefined : url, missing)]
}
