import { sql } from 'kysely'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { ForeignKeyViolation } from '../database/failures.js'
import { type JsonValue } from '../database/json.js'
import { cursorOf, keyOf, type Page, pageOf, type PageRequest } from '../database/page.js'
import { InvalidInput, RevisionConflict } from '../errors.js'
import { type Scope } from '../scope.js'
import { agentOf } from './agent.js'
import { type AgentSearch, discoverAgents, type FoundAgent } from './discovery.js'
import { AgentLimitReached, AgentNotFound } from './errors.js'
import { type Heartbeat } from './heartbeats.js'
import {
  type AgentRegistration, agentsOfCallMax, checkTerms, limitOf, registrationOf, speakerOf,
  type StoredRegistration,
} from './rules.js'
import { type AgentKey, expiryOf, termBatchMax, type TermRow } from './statements.js'
import { type Agent, agents, agentStatuses, type AgentStatus, type AgentTables } from './tables.js'
import { type AgentTerm, termsOf } from './terms.js'
import { type AgentWorks } from './works.js'

/** Which agents are listed. */
export interface AgentListing extends PageRequest {
  /** Only those. @default all */
  readonly status?: AgentStatus | undefined
}

/** What was done to an agent. */
interface Told {
  readonly action: string
  readonly resourceKind: 'agent'
  readonly resourceId: string
  readonly details?: { readonly [key: string]: JsonValue }
}

/** Keeps in the audit log what people do; handed in, since domains know no other. */
export interface AgentWitness {
  record<T>(database: Database<T>, told: Told): Promise<void>
}

/** Parts that the store takes from outside. */
export interface AgentParts {
  readonly works: AgentWorks
  readonly witness: AgentWitness
  /** Everything happens inside it. */
  readonly transaction?: Database<AgentTables> | undefined
}

/** A registration on its way. */
interface Registering {
  readonly key: AgentKey
  readonly stored: StoredRegistration
  readonly terms: readonly AgentTerm[]
  readonly ifRevision: number | undefined
}

type StoredAgent = Readonly<Record<string, unknown>>

const { columns } = agents

/** Characters of a speaker URI that the audit log keeps. */
const resourceIdMax = 255

/**
 * The agents that one organization knows. All times are of the database's clock: whether an agent
 * is online follows from them at every moment, and nobody has to write it down.
 */
export class AgentStore {
  readonly #works: AgentWorks
  readonly #witness: AgentWitness
  readonly #database: Database<AgentTables>
  readonly #transaction: Database<AgentTables> | undefined
  readonly #organizationId: Stored<'id'>

  constructor(scope: Scope, { works, witness, transaction }: AgentParts) {
    this.#works = works
    this.#witness = witness
    this.#organizationId = columns.organizationId.encode(scope.organizationId, 'organization_id')
    this.#database = (transaction ?? works.database).within([this.#organizationId])
    this.#transaction = transaction?.within([this.#organizationId])
  }

  /**
   * Makes an agent known, or replaces what is known of it; a sign of life in both cases. Throws
   * InvalidInput, InvalidValue, AgentLimitReached for a new one, RevisionConflict.
   */
  async register(registration: AgentRegistration, ifRevision?: number): Promise<Agent> {
    const key = this.#key(registration.speakerUri)
    const stored = registrationOf(registration)
    const terms = termsOf({
      manifest: registration.manifest ?? null, capabilities: registration.capabilities ?? [],
    })
    checkTerms(terms)
    const registering = { key, stored, terms, ifRevision }
    try {
      return await this.#database.transaction(
        (transaction) => this.#register(transaction, registering), { repeatable: true })
    } catch (cause) {
      if (!(cause instanceof ForeignKeyViolation)) throw cause
      throw new InvalidInput('There is no such organization.', { cause, field: 'organization_id' })
    }
  }

  /** One agent. Throws AgentNotFound, InvalidInput. */
  async get(speakerUri: string): Promise<Agent> {
    const agent = await this.find(speakerUri)
    if (agent === undefined) throw notFound(speakerUri)
    return agent
  }

  /** One agent, online or not; undefined when it is not registered. Throws InvalidInput. */
  async find(speakerUri: string): Promise<Agent | undefined> {
    const [agent] = await this.findMany([speakerUri])
    return agent
  }

  /**
   * Agents in the order of their names, 1,000 at most; undefined where none is registered. Throws
   * InvalidInput.
   */
  async findMany(speakerUris: readonly string[]): Promise<(Agent | undefined)[]> {
    const names = namesOf(speakerUris)
    if (names.length === 0) return []
    const rows = await this.#database.all(
      this.#reading(this.#database).where('speaker_uri', 'in', [...new Set(names)]))
    const found = new Map(rows.map((row) => [row.speaker_uri, agentOf(row)]))
    return names.map((name) => found.get(name))
  }

  /**
   * Where those of these agents (1,000 at most) are called that are registered with a service URL.
   * Throws InvalidInput.
   */
  async serviceUrls(speakerUris: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const names = namesOf(speakerUris)
    if (names.length === 0) return new Map()
    const rows = await this.#database.all(this.#database.write
      .selectFrom('agents').select(['speaker_uri', 'service_url'])
      .where('organization_id', '=', this.#organizationId)
      .where('speaker_uri', 'in', [...new Set(names)])
      .where('service_url', 'is not', null))
    return new Map(rows.map((row) => [
      columns.speakerUri.decode(row.speaker_uri), columns.serviceUrl.decode(row.service_url)!,
    ]))
  }

  /** One page of agents in the order of their names. Throws InvalidInput, InvalidCursor. */
  async list(listing: AgentListing = {}): Promise<Page<Agent>> {
    const { status, cursor } = listing
    if (status !== undefined && !agentStatuses.includes(status)) {
      const message = `status must be one of ${agentStatuses.join(', ')}`
      throw new InvalidInput(message, { field: 'status' })
    }
    const limit = limitOf(listing.limit)
    const list = ['agents', this.#organizationId, status]
    const now = this.#database.engine.now()
    let query = this.#reading(this.#database).orderBy('speaker_uri').limit(limit + 1)
    if (status === 'stale') query = query.where('expires_at', '<=', now)
    if (status === 'online') {
      query = query.where((of) => of.or([of('expires_at', 'is', null), of('expires_at', '>', now)]))
    }
    if (cursor !== undefined) {
      const [last] = keyOf(list, cursor)
      query = query.where('speaker_uri', '>', columns.speakerUri.encode(String(last), 'cursor'))
    }
    const rows = (await this.#database.all(query)).map(agentOf)
    return pageOf(rows, limit, ({ speakerUri }) => cursorOf(list, [speakerUri]))
  }

  /**
   * One page of the agents that are online and meet a search: those with more points first, then in
   * the order of their names. Throws InvalidInput, InvalidCursor.
   */
  discover(search: AgentSearch = {}): Promise<Page<FoundAgent>> {
    return discoverAgents(this.#database, this.#organizationId, search)
  }

  /**
   * A sign of life: the agent is online for its time to live from the last one that was written,
   * which is at most a minute old, and at most half that time. Throws AgentNotFound,
   * InvalidInput.
   */
  async heartbeat(speakerUri: string): Promise<Heartbeat> {
    const key = this.#key(speakerUri)
    const beat = await this.#works.heartbeats.beat(key, this.#transaction)
    if (beat === undefined) throw notFound(speakerUri)
    return beat
  }

  /**
   * Takes an agent out; it leaves every conversation of the organization, and its floors go to the
   * next. Throws AgentNotFound, InvalidInput.
   */
  async deregister(speakerUri: string): Promise<void> {
    const key = this.#key(speakerUri)
    await this.#database.transaction(async (transaction) => {
      const { write } = transaction
      // Before the agent, as those who register one do.
      await transaction.run(write
        .updateTable('agent_registries')
        .set((of) => ({ agent_count: of('agent_count', '-', one) }))
        .where('organization_id', '=', key.organization_id))
      const deleted = await transaction.run(write
        .deleteFrom('agents')
        .where('organization_id', '=', key.organization_id)
        .where('speaker_uri', '=', key.speaker_uri))
      if (deleted === 0) throw notFound(speakerUri)
      await this.#works.onGone(transaction, {
        organizationId: this.#organizationId, speakerUri, why: 'deregistered',
      })
      await this.#witness.record(transaction, told('deregistered', speakerUri))
    }, { repeatable: true })
  }

  async #register(
    transaction: Database<AgentTables>, registering: Registering,
  ): Promise<Agent> {
    const known = await this.#locked(transaction, registering.key)
    if (known !== undefined) return this.#renew(transaction, known, registering)
    const count = await this.#lockRegistry(transaction)
    // Somebody else may have been here first.
    const meanwhile = await this.#locked(transaction, registering.key)
    if (meanwhile !== undefined) return this.#renew(transaction, meanwhile, registering)
    if (registering.ifRevision !== undefined) throw conflict()
    if (count >= this.#works.agentsMax) {
      const { agentsMax } = this.#works
      const message = `An organization may have ${agentsMax} agents; take one out first.`
      throw new AgentLimitReached(message)
    }
    return this.#insert(transaction, registering)
  }

  async #locked(
    transaction: Database<AgentTables>, key: AgentKey,
  ): Promise<StoredAgent | undefined> {
    const query = this.#reading(transaction).where('speaker_uri', '=', key.speaker_uri)
    return transaction.first(transaction.engine.rowLocks ? query.forUpdate() : query)
  }

  /** Agents so far; nobody else adds one until the transaction ends. */
  async #lockRegistry(transaction: Database<AgentTables>): Promise<number> {
    const row = await transaction.first(transaction.write
      .insertInto('agent_registries')
      .values({ organization_id: this.#organizationId, agent_count: none })
      .onConflict((of) => of.column('organization_id').doUpdateSet((existing) =>
        ({ agent_count: existing.ref('agent_registries.agent_count') })))
      .returning('agent_count'))
    return Number(row!.agent_count)
  }

  async #insert(
    transaction: Database<AgentTables>, { key, stored, terms }: Registering,
  ): Promise<Agent> {
    const { engine, write } = transaction
    const now = engine.now()
    const row = await transaction.first(write
      .insertInto('agents')
      .values({
        ...key, ...stored, revision: one, registered_at: now, updated_at: now, heartbeat_at: now,
        expires_at: this.#expiry(stored), stale_at: null,
      })
      .returningAll())
    await transaction.run(write
      .updateTable('agent_registries')
      .set((of) => ({ agent_count: of('agent_count', '+', one) }))
      .where('organization_id', '=', key.organization_id))
    await this.#addTerms(transaction, key, terms)
    const agent = agentOf({ ...row, online: 1 })
    await this.#witness.record(transaction, told('registered', agent.speakerUri))
    return agent
  }

  /** The same again is a sign of life and no more. */
  async #renew(
    transaction: Database<AgentTables>, known: StoredAgent, registering: Registering,
  ): Promise<Agent> {
    const { key, stored, terms, ifRevision } = registering
    const revision = columns.revision.decode(known.revision)
    if (ifRevision !== undefined && ifRevision !== revision) throw conflict()
    const changed = Object.entries(stored)
      .filter(([name, value]) => String(known[name]) !== String(value)).map(([name]) => name)
    const isSame = changed.length === 0
    const now = transaction.engine.now()
    const row = await transaction.first(transaction.write
      .updateTable('agents')
      .set({
        heartbeat_at: now, expires_at: this.#expiry(stored), stale_at: null,
        ...(isSame ? {} : {
          ...stored, updated_at: now, revision: columns.revision.encode(revision + 1),
        }),
      })
      .where('organization_id', '=', key.organization_id)
      .where('speaker_uri', '=', key.speaker_uri)
      .returningAll())
    const agent = agentOf({ ...row, online: 1 })
    if (isSame) return agent
    await transaction.run(transaction.write
      .deleteFrom('agent_terms')
      .where('organization_id', '=', key.organization_id)
      .where('speaker_uri', '=', key.speaker_uri))
    await this.#addTerms(transaction, key, terms)
    await this.#witness.record(transaction, told('updated', agent.speakerUri, changed))
    return agent
  }

  async #addTerms(
    transaction: Database<AgentTables>, key: AgentKey, terms: readonly AgentTerm[],
  ): Promise<void> {
    const rows = terms.map(({ capability, kind, term }): TermRow => ({
      ...key,
      capability: columns.revision.encode(capability),
      kind: columns.speakerUri.encode(kind),
      term: columns.speakerUri.encode(term),
    }))
    for (let from = 0; from < rows.length; from += termBatchMax) {
      await transaction.execute(
        this.#works.statements.addTerms(rows.slice(from, from + termBatchMax)))
    }
  }

  #expiry({ ttl_ms: ttlMs }: StoredRegistration) {
    const ttl = ttlMs === null ? sql<null>`null` : sql<number>`${sql.lit(Number(ttlMs))}`
    return expiryOf(this.#database.engine, ttl)
  }

  /** The agents of the organization, and whether they are online. */
  #reading({ engine, write }: Database<AgentTables>) {
    const online = sql<number>`
      case when expires_at is null or expires_at > ${engine.now()} then 1 else 0 end`
    return write
      .selectFrom('agents')
      .selectAll()
      .select(online.as('online'))
      .where('organization_id', '=', this.#organizationId)
  }

  #key(speakerUri: string): AgentKey {
    return { organization_id: this.#organizationId, speaker_uri: speakerOf(speakerUri) }
  }
}

const one = columns.revision.encode(1)
const none = columns.revision.encode(0)

/** What the audit log is told: of changes their names. */
function told(verb: string, speakerUri: string, changed?: readonly string[]): Told {
  const details = changed === undefined ? {} : { details: { changed: [...changed] } }
  const resourceId = speakerUri.slice(0, resourceIdMax)
  return { action: `agent.${verb}`, resourceKind: 'agent', resourceId, ...details }
}

/** The stored form of the names of one call. Throws InvalidInput. */
function namesOf(speakerUris: readonly string[]): Stored<'text'>[] {
  if (speakerUris.length > agentsOfCallMax) {
    const message = `speaker_uris must be an array of at most ${agentsOfCallMax}`
    throw new InvalidInput(message, { field: 'speaker_uris' })
  }
  return speakerUris.map((uri) => speakerOf(uri))
}

const notFound = (speakerUri: string) =>
  new AgentNotFound(`No agent ${JSON.stringify(speakerUri)} is registered here.`)

const conflict = () =>
  new RevisionConflict('The agent is not there at this revision; read it again.')
