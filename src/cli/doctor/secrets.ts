import { systemClock } from '../../clock.js'
import { addressOf } from '../../database/address.js'
import { Database } from '../../database/database.js'
import { type Backend } from '../../database/engine.js'
import { DatabaseFailure, SchemaMismatch } from '../../database/failures.js'
import { HoldfastError } from '../../errors.js'
import { sealedColumns } from '../../holdfast.js'
import { UuidV7Generator } from '../../ids.js'
import {
  KeyRetirement, providerOf, RootRing, type SecretTables, usesMaxDefault,
} from '../../secrets/index.js'
import { diagnosisOf } from '../diagnosis.js'
import { type Settings } from '../environment.js'
import { rootKeyOf } from '../root-key.js'
import { type Check, ok, problem, warning } from './check.js'

/** Whether the root key fits, and what keeps keys from being retired. Changes nothing. */
export async function checkSecrets(backend: Backend, settings: Settings): Promise<Check[]> {
  const database = Database.over<SecretTables>(backend).within('all')
  try {
    return [await checkRootKey(database, settings), ...(await checkKeys(database))]
  } catch (error) {
    if (error instanceof SchemaMismatch) return []
    const found = diagnosisOf(error, addressOf(settings.database))
    if (found === undefined) throw error
    return [warning('root-key', found.message, found.fix)]
  }
}

/** Of the database, not of its root key. */
const isOfDatabase = (error: unknown): boolean =>
  error instanceof DatabaseFailure || error instanceof SchemaMismatch

const setting = 'Set HOLDFAST_ROOT_KEY, HOLDFAST_ROOT_KEY_FILE or HOLDFAST_VAULT_KEY_URL.'

async function checkRootKey(
  database: Database<SecretTables>,
  settings: Settings,
): Promise<Check> {
  const name = 'root-key'
  try {
    const option = rootKeyOf(settings, false)
    const provider = option === undefined ? undefined : providerOf(option)
    const roots = new RootRing(database, provider, systemClock)
    const isUnder = (await roots.living()).length > 0
    if (provider !== undefined) {
      await roots.verify()
      return ok(name, isUnder ? 'opens the database' : 'the database is under none yet')
    }
    if (isUnder) return problem(name, 'The secrets of this database need their root key.', setting)
    if (addressOf(settings.database).kind === 'file') {
      return ok(name, 'the first server makes one, in a file beside the database')
    }
    return warning(name, 'None is configured: secrets are refused.', setting)
  } catch (error) {
    if (!HoldfastError.isInstance(error) || isOfDatabase(error)) throw error
    return problem(name, error.message, setting)
  }
}

async function checkKeys(database: Database<SecretTables>): Promise<Check[]> {
  const name = 'keys'
  const source = { clock: systemClock, ids: new UuidV7Generator(), columns: sealedColumns }
  const { organizations, usesMost, old } = await new KeyRetirement(database, source).report()
  const checks = old.filter(({ blocking }) => blocking > 0).map((key) => {
    const { organizationId, version, blocking } = key
    const message = `${blocking} values of ${organizationId} block the retirement of key ${version}`
    const fix = `Run: holdfast secrets rotate --organization ${organizationId}`
    return warning(name, `${message}.`, fix)
  })
  const free = old.length - checks.length
  if (free > 0) {
    const message = `${free} old keys are needed by nothing.`
    checks.push(warning(name, message, 'Run: holdfast secrets retire --all'))
  }
  if (usesMost >= usesMaxDefault / 2) {
    const fix = 'Run: holdfast secrets rotate --all'
    checks.push(warning(name, `A key has encrypted ${usesMost} times of ${usesMaxDefault}.`, fix))
  }
  if (checks.length > 0) return checks
  return [ok(name, `${organizations} organizations have a key; none waits to be retired`)]
}
