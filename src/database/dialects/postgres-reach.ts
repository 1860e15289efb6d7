import type pg from 'pg'
import { type Statement } from '../engine.js'
import { begin, commit, rollback } from '../transaction.js'
import { Deadlines } from './postgres-deadlines.js'
import { type Answer, Flush, flushed, type FlushPart, type PreparedStatements } from
  './postgres-flush.js'

/** The statement that sets the reach of a connection. */
const reachStatement = { name: 'reach', text: `select set_config('holdfast.reach', $1, false)` }

/** Behind a pooler the setting must end with the transaction. */
const localText = `select set_config('holdfast.reach', $1, true)`

/** How statements go to the server. */
export interface Sending {
  /** How long the answer may take. */
  readonly timeoutMs: number
}

/**
 * Sends statements over one connection. What its reach is known to be is remembered, so that it is
 * only sent when it must change. The server takes a setting back with the transaction or savepoint
 * that fails around it: after any failure and any rollback nothing is known. Statements that follow
 * a failure in the same flush belong to its transaction, and the server does not run them.
 */
export class Reaching {
  readonly #client: pg.ClientBase
  readonly #throughPooler: boolean
  readonly #deadlines: Deadlines
  readonly #prepared: PreparedStatements = new Map()
  #known: string | undefined
  #isInTransaction = false

  constructor(client: pg.ClientBase, { throughPooler }: { readonly throughPooler: boolean }) {
    this.#client = client
    this.#deadlines = new Deadlines(client)
    this.#throughPooler = throughPooler
  }

  /**
   * Sends statements in one flush, outside a transaction as one of their own; before each its
   * reach, unless the connection has it already.
   */
  async send(statements: readonly Statement[], { timeoutMs }: Sending): Promise<Answer[]> {
    try {
      const parts = statements.flatMap((statement) => this.#partsOf(statement))
      const flush = new Flush(parts, this.#prepared)
      return await this.#deadlines.kept(flush, timeoutMs, () => flushed(this.#client, flush))
    } catch (error) {
      this.#known = undefined
      throw error
    }
  }

  #partsOf(statement: Statement): FlushPart[] {
    const { sql: text, parameters: values, reach = '' } = statement
    const name = this.#throughPooler ? undefined : statement.name
    const part = { text, name, values }
    if (reach === null) {
      this.#control(statement)
      return [part]
    }
    if (reach === this.#known) return [part]
    // Behind a pooler the next statement may go over another connection.
    const lasts = !this.#throughPooler || this.#isInTransaction
    this.#known = lasts ? reach : undefined
    const setting = this.#throughPooler ? { text: localText, name: undefined } : reachStatement
    return [{ text: setting.text, name: setting.name, values: [reach], isSetting: true }, part]
  }

  /** Statements that touch no rows; those that end something may take a setting back. */
  #control(statement: Statement): void {
    if (statement === begin) this.#isInTransaction = true
    const isEnd = statement === commit || statement === rollback
    if (isEnd) this.#isInTransaction = false
    const isKept = statement.isMark === true || (statement === commit && !this.#throughPooler)
    if (!isKept) this.#known = undefined
  }
}
