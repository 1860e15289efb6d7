import type pg from 'pg'

const discard = 'discard plans'

/** The plans of a young connection are renewed after so long, then each time it is twice as old. */
const firstMs = 1_000
/** An old one's plans live no longer than that. */
const longestMs = 60_000

/**
 * Has a connection plan its prepared statements anew from time to time. A plan is kept for good,
 * until statistics come in; one made while a table had a few rows may read all of an organization's
 * where the key would find the one, since every index seems as good. Autovacuum looks once a
 * minute; a load that begins with an empty database would be slow until then.
 */
export class PlanRenewal {
  readonly #bornMs: number
  #nextMs: number

  /** `nowMs` counts from anywhere, forwards. */
  constructor(nowMs: number) {
    this.#bornMs = nowMs
    this.#nextMs = nowMs + firstMs
  }

  /** Whether it is time; until the next time it is not. */
  isDue(nowMs: number): boolean {
    if (nowMs < this.#nextMs) return false
    this.#nextMs = nowMs + Math.min(longestMs, nowMs - this.#bornMs)
    return true
  }

  /** Goes in one flush with the statement behind it; not inside a transaction. */
  renew(client: pg.PoolClient, timeoutMs: number): void {
    const config = { text: discard, query_timeout: timeoutMs } as pg.QueryConfig
    // When the connection fails here, it fails whoever uses it next.
    client.query(config).catch(() => undefined)
  }
}
