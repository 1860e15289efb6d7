import { existsSync } from 'node:fs'
import { addressOf } from '../database/address.js'
import { type RootKeyOption } from '../secrets/index.js'
import { type Settings } from './environment.js'

/** Where the root key of a database in a file is kept when none is configured. */
export const keyFileOf = (path: string): string => `${path}.key`

/**
 * The root key that is configured; for a database in a file otherwise the one beside it. `making`
 * a database, that is made too.
 */
export function rootKeyOf(settings: Settings, making: boolean): RootKeyOption | undefined {
  if (settings.rootKey !== undefined) return settings.rootKey
  const address = addressOf(settings.database)
  if (address.kind !== 'file') return undefined
  const file = keyFileOf(address.path)
  return making || existsSync(file) ? { file, create: making } : undefined
}
