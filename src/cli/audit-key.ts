import { randomBytes } from 'node:crypto'
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
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
  const found = keyIn(path)
  if (found !== undefined && found !== '') return found
  // With an empty one, as a full disk left it, nothing was signed.
  make(path, found === undefined ? linkSync : renameSync)
  return keyIn(path) || undefined
}

function keyIn(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Of any number of processes one makes the file; it is never there half-written. */
function make(path: string, place: (draft: string, path: string) => void): void {
  const draft = `${path}.${process.pid}-${randomBytes(6).toString('hex')}.new`
  try {
    writeFileSync(draft, `${newAuditKey()}\n`, { flag: 'wx', mode: 0o600, flush: true })
    place(draft, path)
  } catch {
    // Another process was first; or there is no such folder, no right to write or no room in it:
    // opening the database tells it better.
  } finally {
    rmSync(draft, { force: true })
  }
}
