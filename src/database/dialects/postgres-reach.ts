import pg from 'pg'
import { type Statement } from '../engine.js'
import { begin, commit, rollback } from '../transaction.js'

/** The prepared statement that sets the reach of a connection. */
export const reachStatement = {
  name: 'reach', text: `select set_config('holdfast.reach', $1, false)`, values: [''],
}

/** Behind a pooler the setting must end with the transaction. */
const localText = `select set_config('holdfast.reach', $1, true)`

/** What node-postgres puts on the wire, of which it tells no types. */
interface Wire {
  readonly stream: { cork(): void; uncork(): void }
  parse(message: { readonly text: string; readonly name?: string }): void
  bind(message: { readonly statement: string; readonly values: readonly unknown[] }): void
  execute(message: { readonly portal: string }): void
}

/** What node-postgres calls when an answer arrives. */
interface Receiver {
  submit(wire: Wire): Error | null
  handleDataRow(message: unknown): void
  handleCommandComplete(message: unknown, wire: Wire): void
}

const Query = pg.Query as unknown as new (config: pg.QueryConfig) => Receiver & {
  callback: (error: Error | null, result: pg.QueryResult) => void
}

/**
 * A statement with its reach before it, in one flush and under one Sync: the server runs both in
 * one transaction, and does not run the statement when the setting failed.
 */
class ReachingQuery extends Query {
  readonly #reach: string
  readonly #isLocal: boolean
  /** Until then answers are the setting's. */
  #isSet = false

  constructor(config: QueryConfig, reach: string, isLocal: boolean) {
    super({ ...config, queryMode: 'extended' } as pg.QueryConfig)
    this.#reach = reach
    this.#isLocal = isLocal
  }

  override submit(wire: Wire): Error | null {
    wire.stream.cork()
    try {
      if (this.#isLocal) wire.parse({ text: localText })
      wire.bind({ statement: this.#isLocal ? '' : reachStatement.name, values: [this.#reach] })
      wire.execute({ portal: '' })
      return super.submit(wire)
    } finally {
      wire.stream.uncork()
    }
  }

  override handleDataRow(message: unknown): void {
    if (this.#isSet) super.handleDataRow(message)
  }

  override handleCommandComplete(message: unknown, wire: Wire): void {
    if (this.#isSet) super.handleCommandComplete(message, wire)
    this.#isSet = true
  }
}

interface QueryConfig extends pg.QueryConfig {
  readonly query_timeout: number
}

/**
 * What one connection's reach is known to be, so that it is only sent when it must change. The
 * server takes a setting back with the transaction or savepoint that fails around it: after any
 * failure and any rollback nothing is known. Statements that follow a failure in the same flush
 * belong to its transaction, and the server refuses them.
 */
export class Reaching {
  readonly #throughPooler: boolean
  #known: string | undefined
  #isInTransaction = false

  constructor({ throughPooler }: { readonly throughPooler: boolean }) {
    this.#throughPooler = throughPooler
  }

  /** Sends a statement; its reach goes before it unless the connection has it already. */
  async query(
    client: pg.PoolClient,
    statement: Statement,
    config: QueryConfig,
  ): Promise<pg.QueryResult> {
    const { reach = '' } = statement
    try {
      if (reach === null) return await this.#control(client, statement, config)
      if (reach === this.#known) return await client.query(config)
      // Behind a pooler the next statement may go over another connection.
      const lasts = !this.#throughPooler || this.#isInTransaction
      this.#known = lasts ? reach : undefined
      return await sent(client, new ReachingQuery(config, reach, this.#throughPooler), config)
    } catch (error) {
      this.#known = undefined
      throw error
    }
  }

  /** Statements that touch no rows; those of transactions may take a setting back. */
  #control(client: pg.PoolClient, statement: Statement, config: QueryConfig) {
    if (statement === begin) this.#isInTransaction = true
    const isEnd = statement === commit || statement === rollback
    if (isEnd) this.#isInTransaction = false
    const isKept = statement === begin || (statement === commit && !this.#throughPooler)
    if (!isKept) this.#known = undefined
    return client.query(config)
  }
}

function sent(
  client: pg.PoolClient,
  query: ReachingQuery,
  { query_timeout }: QueryConfig,
): Promise<pg.QueryResult> {
  return new Promise((resolve, reject) => {
    Object.assign(query, { query_timeout })
    query.callback = (error, result) => (error ? reject(error) : resolve(result))
    client.query(query as never)
  })
}
