import { type Writable } from 'node:stream'
import pg from 'pg'
import { type Answer } from './postgres-flush.js'

/** What node-postgres puts on the wire, of which it tells no types. */
interface Wire {
  readonly stream: Writable
  endCopyFrom(): void
}

interface Receiver {
  handleCopyInResponse(wire: Wire): void
}

const Query = pg.Query as unknown as new (config: pg.QueryConfig) => Receiver & {
  callback: (error: Error | null, result: pg.QueryResult) => void
}

/** What is sent. */
export interface Copying {
  readonly text: string
  readonly rows: Uint8Array
  /** How long the answer may take. */
  readonly timeoutMs: number
}

/**
 * `copy … from stdin` with its rows. Whoever sends it waits for its end before anything else: in
 * a pipeline the server would take the next statement for rows.
 */
export class CopyQuery extends Query {
  readonly #rows: Uint8Array

  constructor(text: string, rows: Uint8Array) {
    super({ text })
    this.#rows = rows
  }

  /** Sends the statement and the rows; resolves when the server has them. */
  static sent(client: pg.PoolClient, { text, rows, timeoutMs }: Copying): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const query = Object.assign(new CopyQuery(text, rows), { query_timeout: timeoutMs })
      query.callback = (error, result) => (error ? reject(error) : resolve({
        rows: [], command: result.command, changed: result.rowCount ?? 0,
      }))
      client.query(query as never)
    })
  }

  override handleCopyInResponse(wire: Wire): void {
    const head = Buffer.alloc(5)
    head.write('d')
    head.writeUInt32BE(this.#rows.length + 4, 1)
    // Not by node-postgres, which would copy the rows twice and keep a buffer as large as them.
    wire.stream.cork()
    wire.stream.write(head)
    wire.stream.write(this.#rows)
    wire.stream.uncork()
    wire.endCopyFrom()
  }
}
