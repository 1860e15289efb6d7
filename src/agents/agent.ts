import { decodeRow } from '../database/table.js'
import { type Agent, agents } from './tables.js'

/** An agent behind its row, which tells in `online` whether its time is over. */
export function agentOf(row: Readonly<Record<string, unknown>>): Agent {
  const { organizationId: _, ttlMs, staleAt: __, ...agent } = decodeRow(agents, row)
  return {
    ...agent,
    ttlSeconds: ttlMs === null ? null : ttlMs / 1_000,
    status: Number(row.online) === 1 ? 'online' : 'stale',
  }
}
