import { type Clock, instantOf } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { ForeignKeyViolation, UniqueViolation } from '../database/failures.js'
import { type JsonValue } from '../database/json.js'
import { cursorOf, keyOf, type Page, pageOf, type PageRequest } from '../database/page.js'
import { decodeRow, encodeRow, type Row, type Table } from '../database/table.js'
import { InvalidInput, RevisionConflict } from '../errors.js'
import { type IdGenerator } from '../ids.js'
import { type Scope } from '../scope.js'
import { WebhookNameTaken, WebhookNotFound, WebhookSecretUnavailable } from './errors.js'
import {
  checkLimit, checkName, checkSecret, checkSettings, wantsSecret, type WebhookSettings,
} from './rules.js'
import {
  type Authentication, type Webhook, type WebhookRate, webhooks as table, type WebhookTables,
} from './tables.js'

/** A webhook to make. */
export interface NewWebhook {
  /** `[a-z0-9][a-z0-9._-]{0,99}`, unique in the organization. */
  readonly name: string
  /** Where its jobs go. @default 'webhooks', and 'runs' with `workflow` */
  readonly queue?: string | undefined
  /** The workflow, by handle or id, of which each call starts a run. @default null, for jobs */
  readonly workflow?: string | null | undefined
  /** How a caller proves who it is; `{ kind: 'none' }` must be asked for. */
  readonly authentication: Authentication
  /** What sender and webhook both know, 8 to 512 characters; kept sealed and never shown. */
  readonly secret?: string | undefined
  /** @default ['POST'] */
  readonly methods?: string[] | undefined
  /** Headers that must be there, and what they must be; null for anything. @default {} */
  readonly requiredHeaders?: { [name: string]: string | null } | undefined
  /** The same of the query. @default {} */
  readonly requiredQuery?: { [name: string]: string | null } | undefined
  /** How far a signed time may be from ours. @default 300 */
  readonly toleranceSeconds?: number | undefined
  /** How long a repeated call is recognized. @default 86400 */
  readonly replaySeconds?: number | undefined
  /** @default 60 calls in 60 seconds; null for no limit of its own */
  readonly rate?: WebhookRate | null | undefined
  /** @default true */
  readonly enabled?: boolean | undefined
}

/** What `update` may change; what is left out stays. */
export type WebhookChanges = Partial<NewWebhook>

/** Encrypts and opens secrets, bound to the row they stand in; handed in where keys are known. */
export interface WebhookSealer {
  seal(fields: Record<string, string>, binding: WebhookBinding): Promise<Record<string, string>>
  open(sealed: Record<string, string>, binding: WebhookBinding): Promise<Record<string, string>>
}

/** The row a secret belongs to; moved to another, it does not open. */
export interface WebhookBinding {
  readonly organizationId: string
  readonly ownerKind: 'organization'
  readonly userId: null
  readonly name: string
}

/** What was done to a webhook. */
interface Told {
  readonly action: string
  readonly resourceKind: 'webhook'
  readonly resourceId: string
  readonly details?: { readonly [key: string]: JsonValue }
}

/** Keeps in the audit log what people do; handed in, since domains know no other. */
export interface WebhookWitness {
  insert<T>(
    database: Database<T>,
    insertion: { readonly table: Table; readonly row: Readonly<Record<string, unknown>> },
    told: Told,
  ): Promise<void>
  record<T>(database: Database<T>, told: Told): Promise<void>
}

/** Parts that webhooks take from outside. */
export interface WebhookSource {
  readonly clock: Clock
  readonly ids: IdGenerator
  readonly witness: WebhookWitness
  /** Undefined while no root key is configured. */
  readonly sealer: WebhookSealer | undefined
  /** Whether the organization has the workflow; handed in, since domains know no other. */
  hasWorkflow(workflow: string): Promise<boolean>
}

type StoredWebhook = Row<typeof table>

const { columns } = table
const updatesMax = 5

const defaults = {
  workflow: null, methods: ['POST'], requiredHeaders: {}, requiredQuery: {}, toleranceSeconds: 300,
  replaySeconds: 86_400, rate: { limit: 60, windowSeconds: 60 }, enabled: true,
}

/** The webhooks of one organization. */
export class WebhookStore {
  readonly #database: Database<WebhookTables>
  readonly #source: WebhookSource
  readonly #organizationId: Stored<'id'>

  constructor(database: Database<WebhookTables>, scope: Scope, source: WebhookSource) {
    this.#source = source
    this.#organizationId = columns.organizationId.encode(scope.organizationId, 'organization_id')
    this.#database = database.within([this.#organizationId])
  }

  /** Makes a webhook. Throws InvalidInput, WebhookNameTaken, WebhookSecretUnavailable. */
  async create({ secret, ...given }: NewWebhook): Promise<Webhook> {
    checkName(given.name)
    const queue = typeof given.workflow === 'string' ? 'runs' : 'webhooks'
    const settings = { ...defaults, queue, ...known(given) } as WebhookSettings
    checkSettings(settings)
    await this.#checkWorkflow(settings.workflow)
    checkSecret(secret, { ...settings, hasSecret: false })
    const [id, now] = [this.#source.ids.next(), instantOf(this.#source.clock.now())]
    const webhook: StoredWebhook = {
      ...settings, name: given.name, organizationId: this.#organizationId, id, revision: 1,
      sealed: await this.#sealed(id, secret), createdAt: now, updatedAt: now,
    }
    const row = encodeRow(table, webhook)
    try {
      await this.#source.witness.insert(this.#database, { table, row }, told('created', webhook))
    } catch (cause) {
      throw writeFailure(cause, webhook)
    }
    return shown(webhook)
  }

  /** One webhook. Throws WebhookNotFound. */
  async get(id: string): Promise<Webhook> {
    return shown(await this.#get(id))
  }

  /** One page of webhooks, by name. */
  async list(request: PageRequest = {}): Promise<Page<Webhook>> {
    const limit = checkLimit(request.limit)
    const list = ['webhooks', this.#organizationId]
    let query = this.#database.write
      .selectFrom('webhooks')
      .selectAll()
      .where('organization_id', '=', this.#organizationId)
      .orderBy('name')
      .limit(limit + 1)
    if (request.cursor !== undefined) {
      const [last] = keyOf(list, request.cursor)
      query = query.where('name', '>', columns.name.encode(String(last), 'cursor'))
    }
    const rows = (await this.#database.all(query)).map((row) => shown(decodeRow(table, row)))
    return pageOf(rows, limit, ({ name }) => cursorOf(list, [name]))
  }

  /**
   * Changes a webhook; its address stays. Throws WebhookNotFound, RevisionConflict, and what
   * `create` throws.
   */
  async update(id: string, changes: WebhookChanges, ifRevision?: number): Promise<Webhook> {
    for (let count = 1; ; count += 1) {
      const current = await this.#get(id)
      const isExpected = ifRevision === undefined || ifRevision === current.revision
      const changed = isExpected ? await this.#replace(current, changes) : undefined
      if (changed !== undefined) return shown(changed)
      if (ifRevision === undefined && count < updatesMax) continue
      throw new RevisionConflict(`The webhook is at revision ${current.revision}; read it again.`)
    }
  }

  /** Deletes a webhook; jobs it has made stay. Throws WebhookNotFound. */
  async delete(id: string): Promise<void> {
    const key = columns.id.encode(id, 'id')
    await this.#database.transaction(async (transaction) => {
      const deleted = await transaction.run(transaction.write
        .deleteFrom('webhooks')
        .where('organization_id', '=', this.#organizationId)
        .where('id', '=', key))
      if (deleted === 0) throw notFound(id)
      await this.#source.witness.record(transaction, told('deleted', { id }))
    })
  }

  async #get(id: string): Promise<StoredWebhook> {
    const stored = await this.#database.first(this.#database.write
      .selectFrom('webhooks')
      .selectAll()
      .where('organization_id', '=', this.#organizationId)
      .where('id', '=', columns.id.encode(id, 'id')))
    if (stored === undefined) throw notFound(id)
    return decodeRow(table, stored)
  }

  /** Undefined when somebody else changed the webhook since it was read. */
  async #replace(
    current: StoredWebhook, { secret, ...changes }: WebhookChanges,
  ): Promise<StoredWebhook | undefined> {
    const settings: StoredWebhook = { ...current, ...known(changes) }
    checkName(settings.name)
    checkSettings(settings)
    if (settings.workflow !== current.workflow) await this.#checkWorkflow(settings.workflow)
    checkSecret(secret, { ...settings, hasSecret: Object.keys(current.sealed).length > 0 })
    const isKept = secret === undefined && wantsSecret(settings.authentication)
    const changed: StoredWebhook = {
      ...settings,
      sealed: isKept ? current.sealed : await this.#sealed(current.id, secret),
      revision: current.revision + 1,
      updatedAt: instantOf(this.#source.clock.now()),
    }
    const { organization_id, id, ...row } = encodeRow(table, changed)
    const before = columns.revision.encode(current.revision, 'revision')
    const names = [...Object.keys(known(changes)), ...(secret === undefined ? [] : ['secret'])]
    try {
      return await this.#database.transaction(async (transaction) => {
        const count = await transaction.run(transaction.write
          .updateTable('webhooks').set(row)
          .where('organization_id', '=', organization_id).where('id', '=', id)
          .where('revision', '=', before))
        if (count === 0) return undefined
        await this.#source.witness.record(transaction, told('updated', current, names))
        return changed
      })
    } catch (cause) {
      throw writeFailure(cause, changed)
    }
  }

  /** A typing error is told here, not to whoever calls first. */
  async #checkWorkflow(workflow: string | null): Promise<void> {
    if (workflow === null || await this.#source.hasWorkflow(workflow)) return
    throw new InvalidInput(`There is no workflow ${workflow} here.`, { field: 'workflow' })
  }

  async #sealed(id: string, secret: string | undefined): Promise<Record<string, string>> {
    if (secret === undefined) return {}
    return sealerOf(this.#source.sealer).seal(
      { secret }, bindingOf({ organizationId: this.#organizationId, id }))
  }
}

/** The sealer, or WebhookSecretUnavailable. */
export function sealerOf(sealer: WebhookSealer | undefined): WebhookSealer {
  if (sealer !== undefined) return sealer
  throw new WebhookSecretUnavailable('Secrets of webhooks need a root key; configure one.')
}

/** What a webhook's secret is bound to. */
export const bindingOf = (
  { organizationId, id }: { readonly organizationId: string; readonly id: string },
): WebhookBinding => ({
  organizationId, ownerKind: 'organization', userId: null, name: `webhook:${id}`,
})

function shown({ sealed, ...webhook }: StoredWebhook): Webhook {
  return { ...webhook, hasSecret: Object.keys(sealed).length > 0 }
}

/** Without what is undefined, so that a default or what was there stays. */
function known<T extends object>(given: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<T>
}

/** What the audit log is told: of changes their names, of a secret nothing. */
function told(verb: string, { id }: { readonly id: string }, changed?: readonly string[]): Told {
  const details = changed === undefined ? {} : { details: { changed: [...changed] } }
  return { action: `webhook.${verb}`, resourceKind: 'webhook', resourceId: id, ...details }
}

function writeFailure(cause: unknown, { name }: { readonly name: string }): unknown {
  if (cause instanceof UniqueViolation) {
    const message = `There is a webhook ${name}; update it, or choose another name.`
    return new WebhookNameTaken(message, { cause, field: 'name' })
  }
  if (!(cause instanceof ForeignKeyViolation)) return cause
  return new InvalidInput('There is no such organization.', { cause, field: 'organization_id' })
}

const notFound = (id: string) => new WebhookNotFound(`There is no webhook ${id} here.`)
