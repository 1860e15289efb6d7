import { flag, id, instant, integer, json, text } from '../database/columns.js'
import { type Row, type StoredRow, table } from '../database/table.js'

/** How a request proves that it comes from its sender, with the names of what the sender uses. */
export type Authentication =
  | { readonly kind: 'none' }
  | { readonly kind: 'shared_secret'; readonly header: string }
  | { readonly kind: 'standard' | 'github' | 'slack' | 'stripe' }
  | {
    readonly kind: 'hmac'
    /** The header that carries the signature. */
    readonly header: string
    /** @default 'sha256' */
    readonly algorithm?: 'sha1' | 'sha256' | 'sha512'
    /** @default 'hex' */
    readonly encoding?: 'hex' | 'base64'
    /** What stands before the signature, `sha256=`. @default '' */
    readonly prefix?: string
    /** The header with the Unix time in seconds; what is signed is then `{time}.{body}`. */
    readonly timestampHeader?: string
  }

/** So many requests in any window of so many seconds. */
export type WebhookRate = { readonly limit: number; readonly windowSeconds: number }

/** An address that outsiders call; each call becomes a job or a run. */
export const webhooks = table(
  'webhooks',
  {
    organizationId: id(),
    /** Part of its address. */
    id: id(),
    /** `[a-z0-9][a-z0-9._-]{0,99}`, unique in the organization. */
    name: text(),
    /** Where its jobs, or the jobs of its runs, go. */
    queue: text(),
    /** The workflow, by handle or id, of which each call starts a run; null makes jobs. */
    workflow: text().orNull(),
    /** Allowed methods, upper case. */
    methods: json<string[]>(),
    /** Headers that must be there, lower case, and what they must be; null for anything. */
    requiredHeaders: json<{ [name: string]: string | null }>(),
    /** The same of the query. */
    requiredQuery: json<{ [name: string]: string | null }>(),
    authentication: json<Authentication>(),
    /** The secret, sealed under the organization's key; empty without one. */
    sealed: json<{ [field: string]: string }>(),
    /** How far a signed time may be from ours. */
    toleranceSeconds: integer(),
    /** How long a repeated delivery is recognized. */
    replaySeconds: integer(),
    rate: json<WebhookRate | null>(),
    enabled: flag(),
    /** Rises with each change. */
    revision: integer(),
    createdAt: instant(),
    updatedAt: instant(),
  },
  { primaryKey: ['organizationId', 'id'] },
)

/** A call that was taken, as long as its repetition must be recognized. */
export const webhookDeliveries = table(
  'webhook_deliveries',
  {
    organizationId: id(),
    webhookId: id(),
    /** SHA-256 of the signed id of the delivery, of what was signed, or of the caller's key. */
    digest: text(),
    /** Stands in the payload of its job. */
    id: id(),
    receivedAt: instant(),
    expiresAt: instant(),
  },
  { primaryKey: ['organizationId', 'webhookId', 'digest'] },
)

/** A webhook as stores return it: without what is sealed. */
export type Webhook = Omit<Row<typeof webhooks>, 'sealed'> & {
  /** Whether there is a secret. */
  readonly hasSecret: boolean
}

/** The tables of webhooks, for `Database`. */
export interface WebhookTables {
  webhooks: StoredRow<typeof webhooks>
  webhook_deliveries: StoredRow<typeof webhookDeliveries>
}
