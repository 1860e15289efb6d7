import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'

/** A database made for a test; `drop` removes it. */
export interface DatabaseLease {
  readonly url: string
  drop(): Promise<void>
}

/** A way to get empty databases of one kind. */
export interface TestEngine {
  readonly name: string
  /** Why it cannot run here; undefined when it can. */
  readonly missing?: string
  /** Whether its databases outlive the process. @default true */
  readonly isLasting?: boolean
  create(): Promise<DatabaseLease>
}

const memory: TestEngine = {
  name: 'memory',
  isLasting: false,
  create: async () => ({ url: 'memory:', drop: async () => undefined }),
}

const sqlite: TestEngine = {
  name: 'sqlite',
  async create() {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-'))
    return {
      url: `sqlite:${join(folder, 'test.db')}`,
      drop: async () => rmSync(folder, { recursive: true, force: true }),
    }
  },
}

let created = 0

function postgres(url: string | undefined, missing: string): TestEngine {
  if (url === undefined) return { name: 'postgres', missing, create: () => fail(missing) }
  return {
    name: 'postgres',
    async create() {
      const run = process.env.HOLDFAST_TEST_RUN ?? 'local'
      const name = `holdfast_test_${run}_${process.pid}_${(created += 1)}`
      await administrate(url, `create database ${name}`)
      const address = new URL(url)
      address.pathname = `/${name}`
      const drop = () => administrate(url, `drop database if exists ${name} with (force)`)
      return { url: address.toString(), drop }
    },
  }
}

async function fail(reason: string): Promise<never> {
  throw new Error(reason)
}

async function administrate(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
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
