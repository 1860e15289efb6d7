import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe } from 'vitest'
import {
  type Holdfast, type HoldfastOptions, openHoldfast, type OrganizationStores,
} from '../holdfast.js'
import { type DatabaseLease, type TestEngine, testEngines } from './engines.js'

/** What each test of a contract gets: a Holdfast and two fresh organizations in it. */
export interface ContractWorld {
  readonly holdfast: Holdfast
  readonly organizationId: string
  readonly organization: OrganizationStores
  /** Another organization, whose data must stay unseen. */
  readonly neighbourId: string
  readonly neighbour: OrganizationStores
  /** The address of the database under test, for the login that serves. */
  readonly databaseUrl: string
  /** The same for a login that may do anything. */
  readonly adminUrl: string
  /** Whether the database outlives the process. */
  readonly isLasting: boolean
  /**
   * A further Holdfast on the database, as another process would have (on one of its own where
   * the database does not outlive the process); closed at the end.
   */
  another(options?: HoldfastOptions): Promise<Holdfast>
  /** What its secrets are under. */
  readonly rootKey: string
}

/** Opens a world; every call has organizations of its own. */
export type OpenWorld = () => Promise<ContractWorld>

/** Options of `contract`. */
export interface ContractOptions {
  /** @default memory, a SQLite file, PostgreSQL */
  readonly engines?: readonly TestEngine[]
}

/**
 * Runs one suite on every engine. The suite says nothing of engines; one that is missing is
 * skipped under a name that carries the reason, never silently.
 */
export function contract(
  name: string,
  define: (open: OpenWorld) => void,
  options: ContractOptions = {},
): void {
  for (const engine of options.engines ?? testEngines()) {
    const title = `[contract ${engine.name}] ${name}`
    if (engine.missing === undefined) describe(title, () => define(worldOn(engine)))
    // Nothing unfinished: without the server there is nothing to run on, and the name says why.
    else describe.skip(`${title}: did not run: ${engine.missing}`, () => define(noWorld))
  }
}

const noWorld = async (): Promise<never> => {
  throw new Error('this engine is missing')
}

function worldOn(engine: TestEngine): OpenWorld {
  let lease: DatabaseLease
  let holdfast: Holdfast
  const rootKey = randomBytes(32).toString('base64url')
  beforeAll(async () => {
    lease = await engine.createReady()
    holdfast = await openHoldfast({
      database: lease.url, rootKey, secrets: { revealRate: null },
    })
  })
  const opened: Holdfast[] = []
  const another = async (options: HoldfastOptions = {}) => {
    const one = await openHoldfast({ database: lease.url, rootKey, ...options })
    opened.push(one)
    return one
  }
  afterAll(async () => {
    await Promise.all(opened.map((each) => each.close()))
    await holdfast?.close()
    await lease?.drop()
  })
  return async () => {
    const { id: organizationId } = await holdfast.organizations.create({ name: 'Ours' })
    const { id: neighbourId } = await holdfast.organizations.create({ name: 'Theirs' })
    return {
      holdfast,
      organizationId,
      neighbourId,
      organization: holdfast.organization(organizationId),
      neighbour: holdfast.organization(neighbourId),
      databaseUrl: lease.url,
      adminUrl: lease.adminUrl,
      rootKey,
      isLasting: engine.isLasting ?? true,
      another,
    }
  }
}
