import type pg from 'pg'
import { type PostgresOptions } from './postgres.js'
import { greet } from './postgres-session.js'

const textTypes: pg.CustomTypesConfig = { getTypeParser: () => (value: unknown) => value }

/** The server gives up first. */
export const queryTimeoutMs = ({ statementTimeoutMs = 30_000 }: PostgresOptions): number =>
  statementTimeoutMs + 2_000

/** What node-postgres makes connections with. */
export function poolConfig(options: PostgresOptions, max: number): pg.PoolConfig {
  const { statementTimeoutMs = 30_000, acquireTimeoutMs = 5_000, throughPooler = false } = options
  const startup = throughPooler
    ? {}
    : {
        statement_timeout: statementTimeoutMs,
        idle_in_transaction_session_timeout: 2 * statementTimeoutMs,
        // Batches of rows would otherwise be planned anew at each execution.
        options: '-c plan_cache_mode=force_generic_plan' +
          (options.role === undefined ? '' : ` -c role=${options.role}`),
      }
  return {
    application_name: 'holdfast',
    keepAlive: true,
    ...options.connection,
    ...startup,
    max,
    connectionTimeoutMillis: acquireTimeoutMs,
    onConnect: (client: pg.ClientBase) =>
      greet(client, { throughPooler, timeoutMs: acquireTimeoutMs }),
    idleTimeoutMillis: 30_000,
    types: textTypes,
    pipeline: true,
  } as pg.PoolConfig
}
