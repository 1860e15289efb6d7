import { type Backend } from '../database/engine.js'
import { type TestEngine } from './engines.js'

/** What is cleared up behind a test, the last first. */
export type Leftovers = (() => unknown)[]

/** The URL of a new database, of whoever owns it. */
export async function place(engine: TestEngine, leftovers: Leftovers): Promise<string> {
  const lease = await engine.createReady()
  leftovers.push(() => lease.drop())
  return lease.ownerUrl
}

/** A backend around each of whose transactions something happens. */
export function around(
  backend: Backend, wrap: (transaction: () => Promise<unknown>) => Promise<unknown>,
): Backend {
  return new Proxy(backend, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      if (name !== 'transaction') return value.bind(target) as unknown
      return (...given: Parameters<Backend['transaction']>) =>
        wrap(() => target.transaction(...given))
    },
  })
}
