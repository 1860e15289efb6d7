import { type CallOptions, type Query, type Request } from './operation.js'
import { eachOf } from './pages.js'
import { piecesOf } from './pieces.js'
import {
  type AuditEvent, type AuditEventPage, type AuditHead, type AuditHeadPage,
} from './schema.js'
import { type StreamTransport } from './streams.js'
import { ofType } from './transport.js'

/** The audit log of the organization, for its administrators. */
export class Audit {
  readonly #request: Request
  readonly #transport: StreamTransport

  constructor(request: Request, transport: StreamTransport) {
    this.#request = request
    this.#transport = transport
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

  /** The whole log as the bytes of a file, as they come: JSON lines for its check, or CSV. */
  async *export(
    { format = 'jsonl', ...options }: CallOptions & { readonly format?: 'jsonl' | 'csv' } = {},
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const path = `/v1/audit-events/export?format=${format}`
    const expects = ofType(format === 'csv' ? 'text/csv' : 'application/jsonl')
    const call = { method: 'GET', path, isRepeatable: true, ...options, expects } as const
    yield* piecesOf(await this.#transport.open(call), options.signal)
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
