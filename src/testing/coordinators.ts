import { randomUUID } from 'node:crypto'
import { createClient } from '@redis/client'
import { afterAll, describe } from 'vitest'
import { connectCoordination } from '../coordination/connect.js'
import { type Coordinator } from '../coordination/coordination.js'

/** What each test of a contract of coordination gets. */
export interface CoordinationWorld {
  /** What one process coordinates through. */
  readonly here: Coordinator
  /** What another process coordinates through; `here` itself where there can be only one. */
  readonly there: Coordinator
  /** A name that no other test uses. */
  readonly name: string
}

/** Opens a world; the coordinators are shared by the tests of one suite. */
export type OpenCoordination = () => Promise<CoordinationWorld>

/** A kind of coordination under test. */
export interface TestCoordination {
  readonly name: string
  /** Why it cannot run here; undefined when it can. */
  readonly missing?: string
  /** A process of its own, as far as this kind knows several; closed at the end of the suite. */
  open(prefix: string): Promise<Coordinator>
  /** Whether what is opened twice is two processes. */
  readonly spansProcesses: boolean
  remove(prefix: string): Promise<void>
}

/** `local` always, `redis` when HOLDFAST_TEST_REDIS_URL names a server. */
export function testCoordinations(): readonly TestCoordination[] {
  const { HOLDFAST_TEST_REDIS_URL: url, HOLDFAST_TEST_REDIS_MISSING: reason } = process.env
  const missing = reason ?? 'HOLDFAST_TEST_REDIS_URL is not set'
  return [local, url === undefined || url === '' ? { ...redis(''), missing } : redis(url)]
}

/**
 * Runs one suite on every kind of coordination. One that is missing is skipped under a name that
 * carries the reason, never silently.
 */
export function coordinationContract(
  name: string,
  define: (open: OpenCoordination) => void,
  kinds: readonly TestCoordination[] = testCoordinations(),
): void {
  for (const kind of kinds) {
    const title = `[coordination ${kind.name}] ${name}`
    if (kind.missing === undefined) describe(title, () => define(worldOn(kind)))
    // Nothing unfinished: without the server there is nothing to run on, and the name says why.
    else describe.skip(`${title}: did not run: ${kind.missing}`, () => define(noWorld))
  }
}

const local: TestCoordination = {
  name: 'local',
  spansProcesses: false,
  open: () => connectCoordination(),
  remove: async () => undefined,
}

function redis(url: string): TestCoordination {
  return {
    name: 'redis',
    spansProcesses: true,
    open: (prefix) => connectCoordination({ redis: url, redisOptions: { prefix } }),
    remove: (prefix) => removeKeys(url, prefix),
  }
}

/** Removes every key that begins with the prefix. */
export async function removeKeys(url: string, prefix: string): Promise<void> {
  const client = await createClient({ url }).connect()
  try {
    for await (const keys of client.scanIterator({ MATCH: `${prefix}*`, COUNT: 1_000 })) {
      if (keys.length > 0) await client.del(keys)
    }
  } finally {
    client.destroy()
  }
}

const noWorld = async (): Promise<never> => {
  throw new Error('this kind of coordination is missing')
}

function worldOn(kind: TestCoordination): OpenCoordination {
  const prefix = `holdfast-test:${randomUUID()}:`
  let opened: Promise<readonly [Coordinator, Coordinator]> | undefined
  let worlds = 0
  const open = async (): Promise<readonly [Coordinator, Coordinator]> => {
    const here = await kind.open(prefix)
    return [here, kind.spansProcesses ? await kind.open(prefix) : here]
  }
  afterAll(async () => {
    if (opened === undefined) return
    await Promise.all((await opened).map((each) => each.close()))
    await kind.remove(prefix)
  })
  return async () => {
    opened ??= open()
    const [here, there] = await opened
    return { here, there, name: `test-${(worlds += 1)}` }
  }
}
