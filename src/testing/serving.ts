import { afterAll } from 'vitest'
import { type Holdfast } from '../holdfast.js'
import { type ContractWorld, type OpenWorld } from './contract.js'
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

/** The worlds of a contract, served on a free port until the suite's end. */
export function served(openWorld: OpenWorld, serving: Serving): OpenHttpWorld {
  let server: Served | undefined
  afterAll(async () => {
    server?.guest.close()
    await server?.close()
  })
  return async () => {
    const world = await openWorld()
    server ??= await serve(world.holdfast, serving)
    const { guest } = server
    const ourToken = await allowed(world.organization)
    const theirs = guest.as(await allowed(world.neighbour))
    return { ...world, url: guest.url, guest, ourToken, ours: guest.as(ourToken), theirs }
  }
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
