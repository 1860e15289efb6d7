import { existsSync } from 'node:fs'
import { systemClock } from '../clock.js'
import { addressOf } from '../database/address.js'
import { Database } from '../database/database.js'
import { type Backend } from '../database/engine.js'
import { passingRootKey, providerOf, type RootKeyOption, RootRing } from '../secrets/index.js'
import { type Settings } from './environment.js'

/** Where the root key of a database in a file is kept when none is configured. */
export const keyFileOf = (path: string): string => `${path}.key`

/**
 * The root key that is configured; for a database in a file otherwise the one beside it, which is
 * made with the database when `making` is true.
 */
export function rootKeyOf(settings: Settings, making: boolean): RootKeyOption | undefined {
  if (settings.rootKey !== undefined) return settings.rootKey
  const address = addressOf(settings.database)
  if (address.kind === 'process') return passingRootKey()
  if (address.kind === 'server') return undefined
  const file = keyFileOf(address.path)
  return making || existsSync(file) ? { file, create: making } : undefined
}

/** Throws RootKeyMismatch before anything else is done to a database under another root key. */
export async function verifyRootKey(
  backend: Backend,
  rootKey: RootKeyOption | undefined,
): Promise<void> {
  const provider = rootKey === undefined ? undefined : providerOf(rootKey)
  await new RootRing(Database.over(backend), provider, systemClock).verify()
}
