import { type AuditSource, recordAudit } from '../audit/index.js'
import { type Database } from '../database/database.js'
import { type Scope } from '../scope.js'
import { EnvelopeBroken } from './envelope.js'
import { SecretKeyRetired, SecretUnreadable } from './errors.js'
import { type SecretTables } from './tables.js'

/** What was to be opened, for the audit. */
export interface Opening {
  readonly resourceKind: 'secret' | 'settings'
  readonly resourceId: string | null
  readonly details: { readonly [key: string]: string | number | null }
}

/**
 * What `open` gives. A ciphertext that does not open is told to the audit, in a commit of its own,
 * and to the caller as SecretUnreadable, without a word on what was wrong with it.
 */
export async function openedOrRejected<R>(
  database: Database<SecretTables>,
  { source, scope, opening }: {
    readonly source: AuditSource
    readonly scope: Scope
    readonly opening: Opening
  },
  open: () => Promise<R>,
): Promise<R> {
  try {
    return await open()
  } catch (error) {
    const isRetired = error instanceof SecretKeyRetired
    if (!isRetired && !(error instanceof EnvelopeBroken)) throw error
    const reason = isRetired ? 'key_retired' : 'unreadable'
    const details = { ...opening.details, reason }
    const record = { ...opening, action: 'secret.rejected', outcome: 'failed' as const, details }
    await recordAudit(database.as(), source, { ...scope, record })
    if (isRetired) throw error
    // Without the cause: how it failed is nobody's business.
    throw new SecretUnreadable('The stored secret cannot be read.')
  }
}
