import { afterAll } from 'vitest'
import { type Holdfast } from '../holdfast.js'
import { contract, type ContractOptions, type ContractWorld } from './contract.js'
import { HttpClient, type Promised } from './http.js'

/** The server under test; its own tests hand it in, since nothing here may import it. */
export interface Serving extends Promised {
  start(options: {
    readonly holdfast: Holdfast
    readonly port: number
    readonly logLevel: 'silent'
  }): Promise<{ readonly url: string; close(): Promise<void> }>
}

/** What each test of a suite over HTTP gets: a contract's world, served. */
export interface HttpWorld extends ContractWorld {
  readonly url: string
  /** Carries a service token with every scope in `organizationId`. */
  readonly ours: HttpClient
  readonly ourToken: string
  /** Carries a service token with every scope in `neighbourId`. */
  readonly theirs: HttpClient
  /** Carries no token. */
  readonly guest: HttpClient
}

/** Opens a world; every call has organizations and tokens of its own. */
export type OpenHttpWorld = () => Promise<HttpWorld>

/** As `contract`, with a server on a free port over each engine. */
export function httpContract(
  name: string,
  { serving, ...options }: ContractOptions & { readonly serving: Serving },
  define: (open: OpenHttpWorld) => void,
): void {
  contract(name, (open) => {
    const served: Served[] = []
    afterAll(async () => {
      for (const { guest, close } of served) {
        guest.close()
        await close()
      }
    })
    define(async () => {
      const world = await open()
      const { guest } = served[0] ?? (served[0] = await serve(world.holdfast, serving))
      const ourToken = await allowed(world.organization)
      const theirs = guest.as(await allowed(world.neighbour))
      return { ...world, url: guest.url, guest, ourToken, ours: guest.as(ourToken), theirs }
    })
  }, options)
}

interface Served {
  readonly guest: HttpClient
  close(): Promise<void>
}

async function serve(holdfast: Holdfast, serving: Serving): Promise<Served> {
  const server = await serving.start({ holdfast, port: 0, logLevel: 'silent' })
  return { guest: new HttpClient(server.url, serving), close: () => server.close() }
}

async function allowed({ serviceTokens }: ContractWorld['organization']): Promise<string> {
  const { token } = await serviceTokens.create({ name: 'of a test', scopes: ['*'] })
  return token
}
