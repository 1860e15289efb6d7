import { type Database } from '../database/database.js'
import { type Principal } from './access.js'
import { Unauthenticated } from './errors.js'
import { findServicePrincipal } from './service-tokens.js'
import { type IdentitySource, IdentityStore } from './store.js'
import { type IdentityTables } from './tables.js'
import { hashOfToken, kindOfToken } from './tokens.js'

/** How long a checked token is believed without asking again: a revoked one ends within this. */
const believedMs = 500

/** Checked tokens remembered at most. */
const rememberedMax = 10_000

interface Remembered {
  readonly principal: Promise<Principal | undefined>
  readonly untilMs: number
}

/**
 * Turns bearer tokens into principals. A malformed token costs no query; a good one costs one
 * query per half second and process, shared by all requests that carry it.
 */
export class Authenticator {
  readonly #database: Database<IdentityTables>
  readonly #source: IdentitySource
  readonly #remembered = new Map<string, Remembered>()

  constructor(database: Database<IdentityTables>, source: IdentitySource) {
    this.#database = database
    this.#source = source
  }

  /** Throws Unauthenticated for a token that is malformed, unknown, expired or revoked. */
  async authenticate(token: string): Promise<Principal> {
    const kind = kindOfToken(token)
    if (kind === undefined) throw refused()
    const nowMs = this.#source.clock.now()
    const known = this.#remembered.get(token)
    const fresh = known !== undefined && known.untilMs > nowMs ? known : this.#look(token)
    const principal = await fresh.principal
    if (principal === undefined || principal.expiresAtMs <= nowMs) throw refused()
    return principal
  }

  /** Forgets what is remembered, so that a change in this process shows at once. */
  forget(): void {
    this.#remembered.clear()
  }

  #look(token: string): Remembered {
    const nowMs = this.#source.clock.now()
    const remembered = { principal: this.#find(token, nowMs), untilMs: nowMs + believedMs }
    remembered.principal.catch(() => this.#remembered.delete(token))
    if (this.#remembered.size >= rememberedMax) this.#remembered.clear()
    this.#remembered.set(token, remembered)
    return remembered
  }

  #find(token: string, nowMs: number): Promise<Principal | undefined> {
    const hash = hashOfToken(token)
    return kindOfToken(token) === 'session'
      ? new IdentityStore(this.#database, this.#source).findSessionPrincipal(hash)
      : findServicePrincipal(this.#database, hash, nowMs)
  }
}

const refused = () => new Unauthenticated('The token is not valid: malformed, expired or revoked.')
