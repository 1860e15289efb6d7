import {
  type Body, type CallOptions, type Query, type Request, type Result, type WriteOptions,
} from './operation.js'
import { eachOf } from './pages.js'
import {
  type UsageEvent, type UsageEventPage, type UsageGroup, type UsageGroupPage,
} from './schema.js'

/** Events of what was used, and questions about them. */
export class Usage {
  readonly #request: Request

  constructor(request: Request) {
    this.#request = request
  }

  /** Records up to 200 events, all or none; one that was recorded before counts once. */
  record(
    events: Body<'recordUsage'>['events'],
    options: WriteOptions = {},
  ): Promise<Result<'recordUsage'>> {
    return this.#request('recordUsage', { body: { events }, ...options })
  }

  /** One page of events, the last that occurred first. Needs an admin, as all reads. */
  listEvents(
    query: Query<'listUsageEvents'> = {},
    options: CallOptions = {},
  ): Promise<UsageEventPage> {
    return this.#request('listUsageEvents', { query, ...options })
  }

  /** Every event, the last that occurred first, page by page as it is asked for. */
  eachEvent(
    query: Query<'listUsageEvents'> = {},
    options: CallOptions = {},
  ): AsyncGenerator<UsageEvent, void, undefined> {
    return eachOf((cursor) => this.listEvents({ ...query, ...cursor }, options))
  }

  /** One page of sums by day, user, model and type, in the order of those keys. */
  summarize(
    query: Query<'summarizeUsage'> = {},
    options: CallOptions = {},
  ): Promise<UsageGroupPage> {
    return this.#request('summarizeUsage', { query, ...options })
  }

  /** Every group of sums, page by page as it is asked for. */
  each(
    query: Query<'summarizeUsage'> = {},
    options: CallOptions = {},
  ): AsyncGenerator<UsageGroup, void, undefined> {
    return eachOf((cursor) => this.summarize({ ...query, ...cursor }, options))
  }

  /** The groups of the largest sums, largest first. */
  top(query: Query<'topUsage'> = {}, options: CallOptions = {}): Promise<Result<'topUsage'>> {
    return this.#request('topUsage', { query, ...options })
  }
}
