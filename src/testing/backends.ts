import { afterAll, beforeAll, describe } from 'vitest'
import { connect, type ConnectOptions } from '../database/connect.js'
import { type Backend } from '../database/engine.js'
import { type DatabaseLease, type TestEngine, testEngines } from './engines.js'

/** An empty database under test, shared by the tests of one suite. */
export interface BackendWorld {
  readonly backend: Backend
  readonly url: string
  /** A further backend on the same database, as another process would have; closed at the end. */
  another(options?: ConnectOptions): Promise<Backend>
}

/** The engines with these names; the names are those of `testEngines`. */
export function enginesNamed(...names: readonly string[]): readonly TestEngine[] {
  return testEngines().filter(({ name }) => names.includes(name))
}

/** The URL with this parameter in its query. */
export function withParameter(url: string, name: string, value: string): string {
  const changed = new URL(url)
  changed.searchParams.set(name, value)
  return changed.toString()
}

/**
 * Runs one suite over an empty database of every engine, below any domain. An engine that is
 * missing is skipped under a name that carries the reason.
 */
export function onEveryEngine(
  name: string,
  define: (world: () => BackendWorld) => void,
  engines: readonly TestEngine[] = testEngines(),
): void {
  for (const engine of engines) {
    const title = `[${engine.name}] ${name}`
    if (engine.missing === undefined) describe(title, () => define(worldOn(engine)))
    // Nothing unfinished: without the server there is nothing to run on, and the name says why.
    else describe.skip(`${title}: did not run: ${engine.missing}`, () => define(noWorld))
  }
}

const noWorld = (): never => {
  throw new Error('this engine is missing')
}

function worldOn(engine: TestEngine): () => BackendWorld {
  const opened: Backend[] = []
  let lease: DatabaseLease
  let world: BackendWorld
  beforeAll(async () => {
    lease = await engine.create()
    const another = async (options?: ConnectOptions) => {
      const backend = await connect(lease.url, options)
      opened.push(backend)
      return backend
    }
    world = { backend: await another(), url: lease.url, another }
  })
  afterAll(async () => {
    await Promise.all(opened.map((backend) => backend.close()))
    await lease?.drop()
  })
  return () => world
}
