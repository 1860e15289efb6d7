import { afterAll, beforeAll, describe } from 'vitest'
import { type Holdfast, openHoldfast, type OrganizationStores } from '../holdfast.js'
import { type DatabaseLease, type TestEngine, testEngines } from './engines.js'

/** What each test of a contract gets: a Holdfast and two fresh organizations in it. */
export interface ContractWorld {
  readonly holdfast: Holdfast
  readonly organizationId: string
  readonly organization: OrganizationStores
  /** Another organization, whose data must stay unseen. */
  readonly neighbourId: string
  readonly neighbour: OrganizationStores
  /** The address of the database under test. */
  readonly databaseUrl: string
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
  beforeAll(async () => {
    lease = await engine.create()
    holdfast = await openHoldfast({ database: lease.url })
  })
  afterAll(async () => {
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
    }
  }
}
