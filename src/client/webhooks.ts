import {
  type CallOptions, type Query, type Request, type UpdateOptions, type WriteOptions,
} from './operation.js'
import { eachOf } from './pages.js'
import { type NewWebhook, type Webhook, type WebhookChanges, type WebhookPage } from './schema.js'

/** Addresses that turn calls from outside into jobs or runs: `/v1/hooks/{id}` each. */
export class Webhooks {
  readonly #request: Request

  constructor(request: Request) {
    this.#request = request
  }

  /** Makes one; fails with `webhook_name_taken`. Its secret is never shown. */
  create(webhook: NewWebhook, options: WriteOptions = {}): Promise<Webhook> {
    return this.#request('createWebhook', { body: webhook, ...options })
  }

  /** The webhook with this id; fails with `webhook_not_found`. */
  get(id: string, options: CallOptions = {}): Promise<Webhook> {
    return this.#request('getWebhook', { path: pathOf(id), ...options })
  }

  /** One page by name; at most 200 rows. */
  list(query: Query<'listWebhooks'> = {}, options: CallOptions = {}): Promise<WebhookPage> {
    return this.#request('listWebhooks', { query, ...options })
  }

  /** Every webhook by name, page by page as it is asked for. */
  each(
    query: Query<'listWebhooks'> = {},
    options: CallOptions = {},
  ): AsyncGenerator<Webhook, void, undefined> {
    return eachOf((cursor) => this.list({ ...query, ...cursor }, options))
  }

  /** Changes, stops or starts it; its address stays. */
  update(id: string, changes: WebhookChanges, options: UpdateOptions = {}): Promise<Webhook> {
    return this.#request('updateWebhook', { path: pathOf(id), body: changes, ...options })
  }

  /** Deletes it; its jobs stay. */
  delete(id: string, options: WriteOptions = {}): Promise<void> {
    return this.#request('deleteWebhook', { path: pathOf(id), ...options })
  }
}

const pathOf = (id: string) => ({ webhook_id: id })
