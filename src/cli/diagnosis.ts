import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { HoldfastError } from '../errors.js'
import { type DatabaseAddress, placeOf, type ServerAddress } from '../database/address.js'
import { causeChain, CommandFailure } from './failure.js'

/** Why a database does not answer, and the command or setting that mends it. */
export interface Diagnosis {
  readonly message: string
  readonly fix: string
}

/** The same failure with its reason and remedy, where they are known; others pass unchanged. */
export function diagnosed(error: unknown, address: DatabaseAddress): unknown {
  if (error instanceof CommandFailure) return error
  const found = diagnosisOf(error, address)
  if (found === undefined) return error
  const code = HoldfastError.isInstance(error) ? error.code : 'database_unavailable'
  return new CommandFailure(`${found.message} ${found.fix}`, { code, cause: error })
}

/** What the codes behind a failure mean for the person at the terminal. */
export function diagnosisOf(error: unknown, address: DatabaseAddress): Diagnosis | undefined {
  if (address.kind === 'process') return undefined
  const explain = (code: string, message: string) =>
    address.kind === 'file'
      ? fileDiagnosis(address.path, code, message)
      : serverDiagnosis(address, code, message)
  for (const { code, message, cause } of causeChain(error)) {
    if (isOfAnotherFile(cause, address)) return undefined
    const found = explain(code, message)
    if (found !== undefined) return found
  }
  return undefined
}

/** Such as a key, a certificate or an archive: that it fails says nothing of the database. */
function isOfAnotherFile(cause: unknown, address: DatabaseAddress): boolean {
  const { path } = cause as { path?: unknown }
  if (typeof path !== 'string') return false
  if (address.kind !== 'file') return true
  const names = ['', '-wal', '-shm', '-journal'].map((ending) => `${address.path}${ending}`)
  return ![...names, dirname(address.path)].some((name) => resolve(name) === resolve(path))
}

function fileDiagnosis(path: string, code: string, message: string): Diagnosis | undefined {
  if (code === 'ENOENT' && !existsSync(dirname(path))) {
    const fix = 'Make it and the database: holdfast init-db'
    return { message: `The folder ${dirname(path)} does not exist.`, fix }
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    const fix = 'Give this user the right to read and write the file and its folder.'
    return { message: `${path} may not be opened for writing (${code}).`, fix }
  }
  if (code === 'EISDIR') {
    return { message: `${path} is a folder.`, fix: 'Name a file, such as sqlite:./holdfast.db.' }
  }
  if (/file is not a database|malformed/.test(message)) {
    const fix = 'Name another file, or restore this one from a backup.'
    return { message: `${path} is not a sound SQLite database.`, fix }
  }
  return undefined
}

const certificateCodes = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'UNABLE_TO_GET_ISSUER_CERT', 'CERT_HAS_EXPIRED',
  'ERR_TLS_CERT_ALTNAME_INVALID', 'CERT_NOT_YET_VALID',
])

const lateAnswer = /timeout exceeded when trying to connect|due to connection timeout/

const settingOfDatabase = 'HOLDFAST_DATABASE_URL (or DB_HOST, DB_PORT, …)'

function serverDiagnosis(
  address: ServerAddress,
  code: string,
  message: string,
): Diagnosis | undefined {
  const { host } = address
  return networkDiagnosis(placeOf(address), code, message)
    ?? loginDiagnosis(address, code, message)
    ?? transportDiagnosis(host, code, message)
    ?? rightsDiagnosis(address, code)
    ?? schemaDiagnosis(address, code)
}

function networkDiagnosis(place: string, code: string, message: string): Diagnosis | undefined {
  const check = `Check ${settingOfDatabase} and that PostgreSQL listens there.`
  if (code === 'ECONNREFUSED' || code === 'ENOENT') {
    return { message: `Nothing answers at ${place} (${code}).`, fix: `Start PostgreSQL. ${check}` }
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return { message: `The host name of ${place} cannot be resolved (${code}).`, fix: check }
  }
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH' || code === 'ETIMEDOUT') {
    const fix = `${check} A firewall or security group may stand between.`
    return { message: `There is no way to ${place} (${code}).`, fix }
  }
  if (lateAnswer.test(message)) {
    const fix = `${check} A slow network needs a larger HOLDFAST_ACQUIRE_TIMEOUT_MS.`
    return { message: `${place} did not answer in time.`, fix }
  }
  if (/Connection terminated unexpectedly/.test(message)) {
    const fix = `${check} Some servers and proxies want ?sslmode=verify-full.`
    return { message: `${place} closed the connection before the login.`, fix }
  }
  return undefined
}

function loginDiagnosis(
  address: ServerAddress,
  code: string,
  message: string,
): Diagnosis | undefined {
  const { database, user } = address
  const place = placeOf(address)
  if (code === '3D000') {
    const fix = 'Create it: holdfast init-db'
    return { message: `The database "${database}" does not exist on ${place}.`, fix }
  }
  if (code === '28P01') {
    const fix = `Set the right password in ${settingOfDatabase} (DB_PASS).`
    return { message: `${place} refuses the password of the user "${user ?? ''}".`, fix }
  }
  if (/password must be a string/.test(message)) {
    const fix = 'Put it into the URL (postgres://user:password@…) or into DB_PASS.'
    return { message: `${place} asks for a password and none is given.`, fix }
  }
  if (code === '28000') {
    const fix = 'Create the role or allow it in pg_hba.conf; some servers want ?sslmode=require.'
    return { message: `${place} refuses the login: ${message}.`, fix }
  }
  if (code === '53300') {
    const fix = 'Lower HOLDFAST_POOL_MAX or raise max_connections.'
    return { message: `${place} has no connection left (${message}).`, fix }
  }
  return undefined
}

function transportDiagnosis(host: string, code: string, message: string): Diagnosis | undefined {
  if (/server does not support SSL/i.test(message)) {
    const fix = 'Turn TLS on there, or set ?sslmode=disable if the network is trusted.'
    return { message: `${host} does not speak TLS.`, fix }
  }
  if (/unsupported startup parameter/.test(message)) {
    const fix = 'Append ?pgbouncer=true to the URL (&pgbouncer=true behind other parameters).'
    return { message: `${host} is a pooler such as PgBouncer (${message}).`, fix }
  }
  if (certificateCodes.has(code)) {
    const fix = 'Name the issuer with ?sslrootcert=/path/to/ca.pem and the host as certified.'
    return { message: `The certificate of ${host} cannot be trusted (${code}).`, fix }
  }
  return undefined
}

function rightsDiagnosis({ database, user }: ServerAddress, code: string): Diagnosis | undefined {
  if (code !== '42501') return undefined
  const role = user ?? ''
  const fix = 'Migrate with the login that owns the tables, HOLDFAST_MIGRATION_DATABASE_URL; ' +
    'make both logins: holdfast init-db --roles'
  return { message: `The user "${role}" lacks rights in the database "${database}".`, fix }
}

/** Tables are made and found in the first schema of the search path that is there. */
function schemaDiagnosis({ database, user }: ServerAddress, code: string): Diagnosis | undefined {
  if (code !== '3F000') return undefined
  const role = user ?? ''
  const message = `The search_path of "${role}" names no schema of "${database}" that it may use.`
  const fix = 'Make one and allow its use, or name one: alter role … set search_path = …'
  return { message, fix }
}
