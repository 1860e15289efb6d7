import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { addressOf, placeOf } from '../../database/address.js'
import { connect } from '../../database/connect.js'
import { type Backend, type Result, type Session, type Statement } from '../../database/engine.js'
import { reachAll } from '../../database/reach.js'

/** Waits of hours are no failure here: an index over millions of rows takes its time. */
const patientMs = 24 * 60 * 60 * 1_000

/** One end of a transfer. */
export interface End {
  readonly backend: Backend
  /** Where it is, without a password: told to people and kept in the other end. */
  readonly label: string
}

/** Opens an end; `references` as in ConnectOptions. */
export async function openEnd(url: string, references: boolean): Promise<End> {
  const backend = await connect(url, {
    poolMax: 3, statementTimeoutMs: patientMs, acquireTimeoutMs: 30_000, references,
  })
  const { sparing } = backend.engine.moving
  try {
    if (sparing !== undefined) await backend.run(sparing)
  } catch (error) {
    await backend.close()
    throw error
  }
  return { backend, label: labelOf(url) }
}

/** What whole tables are read on: a database, or one state of it in an open transaction. */
export type Reading = Pick<Backend, 'engine' | 'run'>

/** Where a database is, from any folder, without user and password. */
export function labelOf(url: string): string {
  const address = addressOf(url)
  if (address.kind === 'process') return 'memory'
  if (address.kind === 'file') return resolve(address.path)
  return `${placeOf(address)}/${address.database}`
}

/** Whether a URL names a file that is not there, or has nothing in it. */
export function isUnmade(url: string): boolean {
  const address = addressOf(url)
  if (address.kind !== 'file') return false
  return !existsSync(address.path) || statSync(address.path).size === 0
}

/** Runs a statement that may touch the rows of everybody. */
export function runOn(session: Session, statement: Statement): Promise<Result> {
  return session.run(reaching(statement))
}

/** The rows of SQL text. */
export async function rowsOn(
  session: Pick<Session, 'run'>,
  sql: string,
  parameters: readonly unknown[] = [],
): Promise<Record<string, unknown>[]> {
  return (await session.run({ sql, parameters, readOnly: true, reach: reachAll })).rows
}

/** The same statement for the rows of everybody, unless it says whose. */
export function reaching(statement: Statement): Statement {
  return statement.reach === undefined ? { ...statement, reach: reachAll } : statement
}

/** Reads of a database that are long: where it works within this process, in a thread. */
export const asideOn = (backend: Backend): Pick<Session, 'run'> => ({
  run: (statement) => backend.aside?.(statement) ?? backend.run(statement),
})
