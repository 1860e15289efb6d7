import { readFileSync, writeFileSync } from 'node:fs'
import { newAuditKey } from '../audit/index.js'
import { addressOf } from '../database/address.js'
import { type Settings } from './environment.js'

/**
 * The key that signs heads of the audit log: the one that is set, else that of a file beside the
 * SQLite file, made with access for its owner alone. Other databases have none unless it is set.
 */
export function auditKeyOf({ auditKey, database }: Settings): string | undefined {
  if (auditKey !== undefined) return auditKey
  const address = addressOf(database)
  if (address.kind !== 'file') return undefined
  const path = `${address.path}.audit-key`
  try {
    writeFileSync(path, `${newAuditKey()}\n`, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    // No such folder, or no right to write: opening the database tells it better.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return undefined
  }
  return readFileSync(path, 'utf8').trim()
}
