import { type CallOptions, type Query, type Request } from './operation.js'
import { eachOf } from './pages.js'
import {
  type AuditEvent, type AuditEventPage, type AuditHead, type AuditHeadPage,
} from './schema.js'

/** The audit log of the organization, for its administrators. */
export class Audit {
  readonly #request: Request

  constructor(request: Request) {
    this.#request = request
  }

  /** One page of events, newest first; at most 200 rows. */
  list(query: Query<'listAuditEvents'> = {}, options: CallOptions = {}): Promise<AuditEventPage> {
    return this.#request('listAuditEvents', { query, ...options })
  }

  /** Every event, newest first, page by page as it is asked for. */
  each(
    query: Query<'listAuditEvents'> = {},
    options: CallOptions = {},
  ): AsyncGenerator<AuditEvent, void, undefined> {
    return eachOf((cursor) => this.list({ ...query, ...cursor }, options))
  }

  /** One page of signed heads, newest first. */
  listHeads(
    query: Query<'listAuditHeads'> = {},
    options: CallOptions = {},
  ): Promise<AuditHeadPage> {
    return this.#request('listAuditHeads', { query, ...options })
  }

  /** Every signed head, newest first. */
  eachHead(
    query: Query<'listAuditHeads'> = {},
    options: CallOptions = {},
  ): AsyncGenerator<AuditHead, void, undefined> {
    return eachOf((cursor) => this.listHeads({ ...query, ...cursor }, options))
  }
}
