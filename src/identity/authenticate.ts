import { LRUCache } from 'lru-cache'
import { type Signal, type Signals } from '../coordination/coordination.js'
import { millisecondsOf } from '../clock.js'
import { type Database } from '../database/database.js'
import { isUuid } from '../ids.js'
import { type Principal } from './access.js'
import { OrganizationNotFound, Unauthenticated } from './errors.js'
import { findServicePrincipal } from './service-tokens.js'
import { SessionActivity } from './session-activity.js'
import { SessionCheck } from './session-check.js'
import { endOf, type SessionTimes, sessionTimesOf } from './sessions.js'
import { type CredentialListener, type IdentitySource } from './source.js'
import { type IdentityTables, type Role } from './tables.js'
import { hashOfToken, kindOfToken } from './tokens.js'

/** How long a checked token is believed without asking again: a revoked one ends within this. */
export const believedMs = 500

/** Checked tokens remembered at most. */
const rememberedMax = 10_000

/** Where changes of credentials are told to other processes. */
const topic = 'credentials'

/** Who a token stands for, and what they are in the organization they named. */
export interface Standing {
  readonly principal: Principal
  /** The one named, the token's own, or the person's default; null when there is none. */
  readonly organizationId: string | null
  /** What a person is there; null for a service token, whose scopes decide. */
  readonly role: Role | null
}

interface Remembered {
  readonly standing: Promise<Standing | undefined>
  readonly sinceMs: number
  /** Undefined as long as it is looked up. */
  found?: Standing | undefined
}

/**
 * Turns bearer tokens into principals. A malformed token costs no query; a good one costs one
 * query per half second and process, shared by all requests that carry it to one organization.
 */
export class Authenticator implements CredentialListener {
  readonly #database: Database<IdentityTables>
  readonly #source: IdentitySource
  readonly #signals: Signals | undefined
  readonly #times: SessionTimes
  readonly #check: SessionCheck
  readonly #activity: SessionActivity
  /** By token and organization. */
  readonly #remembered = new LRUCache<string, Remembered>({ max: rememberedMax })

  constructor(database: Database<IdentityTables>, source: IdentitySource, signals?: Signals) {
    this.#database = database
    this.#source = source
    this.#signals = signals
    this.#times = source.sessionTimes ?? sessionTimesOf()
    this.#check = new SessionCheck(database)
    this.#activity = new SessionActivity(database, source)
  }

  /** Begins to hear of changes that other processes make. */
  async open(): Promise<void> {
    await this.#signals?.subscribe(topic, (signal) => this.#hear(signal))
  }

  /** Throws Unauthenticated for a token that is malformed, unknown, expired or revoked. */
  async authenticate(token: string): Promise<Principal> {
    return (await this.stand(token)).principal
  }

  /**
   * Who a token stands for in the organization of this id or slug, or else in its own one. Throws
   * Unauthenticated, and OrganizationNotFound when there is none or none for this token.
   */
  async stand(token: string, organization?: string): Promise<Standing> {
    const kind = kindOfToken(token)
    if (kind === undefined) throw refused()
    const named = organization !== undefined && isUuid(organization)
      ? organization.toLowerCase()
      : organization
    // A service token has one organization, whatever is named.
    const key = kind === 'service_token' || named === undefined ? token : `${token} ${named}`
    const standing = await this.#remember(key, token, kind === 'session' ? named : undefined)
    if (standing === undefined || standing.principal.expiresAtMs <= this.#source.clock.now()) {
      throw refused()
    }
    if (named !== undefined) requireOrganization(standing, named)
    return standing
  }

  /** Forgets what is remembered in this process. */
  forget(): void {
    this.#remembered.clear()
  }

  changed(who?: string): void {
    this.#forget(who)
    void this.#signals?.publish(topic, who)
  }

  /** Resolves when the activity noted so far is written. */
  idle(): Promise<void> {
    return this.#activity.idle()
  }

  #remember(
    key: string,
    token: string,
    organization: string | undefined,
  ): Promise<Standing | undefined> {
    const nowMs = this.#source.clock.now()
    const known = this.#remembered.get(key)
    // A clock that went back must not make anything be believed for longer.
    const isFresh = known !== undefined && nowMs >= known.sinceMs &&
      nowMs < known.sinceMs + believedMs
    return isFresh ? known.standing : this.#look(key, { token, organization, nowMs })
  }

  #look(
    key: string,
    asked: { token: string; organization: string | undefined; nowMs: number },
  ): Promise<Standing | undefined> {
    const standing = this.#find(asked)
    const remembered: Remembered = { standing, sinceMs: asked.nowMs }
    this.#remembered.set(key, remembered)
    standing.then(
      (found) => {
        remembered.found = found
      },
      () => {
        if (this.#remembered.peek(key) === remembered) this.#remembered.delete(key)
      },
    )
    return standing
  }

  #find({ token, organization, nowMs }: {
    token: string
    organization: string | undefined
    nowMs: number
  }): Promise<Standing | undefined> {
    const hash = hashOfToken(token)
    return kindOfToken(token) === 'session'
      ? this.#findSession(hash, organization, nowMs)
      : this.#findServiceToken(hash, nowMs)
  }

  async #findSession(
    hash: string,
    organization: string | undefined,
    nowMs: number,
  ): Promise<Standing | undefined> {
    const session = await this.#check.find(hash, organization)
    if (session === undefined) return undefined
    const lastActiveMs = millisecondsOf(session.lastActiveAt)
    if (endOf(session, lastActiveMs, this.#times) <= nowMs) return undefined
    const isNews = this.#activity.note(session.id, lastActiveMs)
    const principal: Principal = {
      kind: 'session',
      id: `user:${session.userId}`,
      credentialId: session.id,
      userId: session.userId,
      organizationId: null,
      scopes: [],
      expiresAtMs: endOf(session, isNews ? nowMs : lastActiveMs, this.#times),
    }
    return { principal, organizationId: session.organizationId, role: session.role }
  }

  async #findServiceToken(hash: string, nowMs: number): Promise<Standing | undefined> {
    const principal = await findServicePrincipal(this.#database, hash, nowMs)
    if (principal === undefined) return undefined
    return { principal, organizationId: principal.organizationId, role: null }
  }

  #hear({ payload, missed }: Signal): void {
    this.#forget(missed ? undefined : payload)
  }

  /** What is being looked up may have been read before the change, so it goes too. */
  #forget(who: string | undefined): void {
    if (who === undefined) return this.#remembered.clear()
    for (const [key, { found }] of [...this.#remembered.entries()]) {
      if (found === undefined || isOf(found.principal, who)) this.#remembered.delete(key)
    }
  }
}

function isOf({ id, kind, credentialId }: Principal, who: string): boolean {
  return who === id || who === `${kind}:${credentialId}`
}

function requireOrganization({ principal, organizationId }: Standing, named: string): void {
  const isFound = principal.kind === 'session'
    ? organizationId !== null
    : named === organizationId || named === principal.organizationSlug
  if (isFound) return
  const whose = principal.kind === 'session' ? 'user' : 'token'
  throw new OrganizationNotFound(`There is no such organization for this ${whose}.`)
}

const refused = () => new Unauthenticated('The token is not valid: malformed, expired or revoked.')
