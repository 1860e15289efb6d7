import { Database } from '../../database/database.js'
import { type Backend } from '../../database/engine.js'
import { UuidV7Generator } from '../../ids.js'
import { ProcessRegistry, type ServingProcess, warningOf } from '../../processes/index.js'
import { type Check, ok, warning } from './check.js'

/** Which processes serve from the database; nothing while its schema knows of none. */
export async function checkProcesses(backend: Backend): Promise<Check[]> {
  const ids = new UuidV7Generator()
  const registry = new ProcessRegistry(Database.over(backend), { ids, coordination: 'doctor' })
  const serving = await registry.list().catch(() => undefined)
  if (serving === undefined) return []
  const name = 'processes'
  if (serving.length === 0) return [ok(name, 'none serves from this database')]
  const message = `${serving.length} serving: ${serving.map(shown).join(', ')}`
  const [first, ...others] = serving
  // Whoever has no Redis comes first: it hears nobody.
  const isDeaf = serving.some(({ coordination }) => coordination === 'local')
  const found = warningOf(isDeaf ? 'local' : first!.coordination, others)
  if (found === undefined) return [ok(name, message)]
  return [warning(name, message, 'Set HOLDFAST_REDIS_URL to the same Redis on all of them.')]
}

const shown = ({ host, pid, coordination }: ServingProcess) =>
  `${pid} on ${host} (${coordination === 'local' ? 'no Redis' : coordination})`
