import {
  accessSync, closeSync, constants, existsSync, openSync, readSync, statfsSync, statSync,
} from 'node:fs'
import { dirname, resolve } from 'node:path'
import { connect } from '../../database/connect.js'
import { sqliteDriver } from '../../database/dialects/sqlite-driver.js'
import { diagnosisOf } from '../diagnosis.js'
import { type Settings } from '../environment.js'
import { limitsOf } from '../open.js'
import { type Check, ok, problem, warning } from './check.js'
import { checkMigrations } from './migrations.js'
import { checkProcesses } from './processes.js'
import { checkSecrets } from './secrets.js'

/** Checks of a database in a file. None of them changes the file. */
export async function checkFile(path: string, settings: Settings): Promise<Check[]> {
  const folder = dirname(resolve(path))
  if (!existsSync(folder)) {
    return [problem('database', `The folder ${folder} does not exist.`, 'Run: holdfast init-db')]
  }
  // Before anything is opened: that may leave a log with the rights of the file.
  const around = [
    checkPermissions(path), checkFolder(folder), checkFileSystem(folder), checkSpace(folder),
  ]
  if (!existsSync(path)) {
    const message = `There is no database at ${path} yet; the first start makes it.`
    const missing = warning('database', message, 'Make it now: holdfast init-db')
    return [missing, ...around.slice(1)]
  }
  return [...(await checkContent(path, settings)), ...around]
}

async function checkContent(path: string, settings: Settings): Promise<Check[]> {
  try {
    const header = headerOf(path)
    if (header === 'empty') {
      return [warning('database', `${path} is empty.`, 'Make the schema: holdfast migrate up')]
    }
    if (header === 'foreign') {
      const fix = 'Name another file with HOLDFAST_DATABASE_URL, or restore this one.'
      return [problem('database', `${path} is not a SQLite database.`, fix)]
    }
    const integrity = checkIntegrity(path)
    if (integrity.state === 'problem') return [integrity]
    if (header === 'wal') return [integrity, ...(await checkOpened(path, settings))]
    const message = `The journal mode of ${path} is not WAL; the next start switches it.`
    return [integrity, warning('journal', message, 'Switch it now: holdfast migrate up')]
  } catch (error) {
    return [failed(error, path)]
  }
}

/** Opened as the server does it; on a file in WAL mode that changes nothing. */
async function checkOpened(path: string, settings: Settings): Promise<Check[]> {
  const backend = await connect(settings.database, limitsOf(settings))
  try {
    const statement = { sql: 'pragma synchronous', parameters: [], readOnly: true }
    const { rows } = await backend.run(statement)
    const isFull = Number(rows[0]?.synchronous) >= 2
    const journal = isFull
      ? ok('journal', 'WAL with synchronous=FULL: what is acknowledged is on disk')
      : problem('journal', 'synchronous is not FULL.', 'Report this as a defect of Holdfast.')
    const schema = await checkMigrations(backend, { kind: 'file', path })
    const found = await checkProcesses(backend)
    found.push(...(await checkSecrets(backend, settings)))
    return [ok('database', `${path} can be opened`), journal, schema, ...found]
  } finally {
    await backend.close()
  }
}

type Header = 'wal' | 'rollback' | 'empty' | 'foreign'

/** What the first bytes of the file say; bytes 18 and 19 are 2 in WAL mode. */
function headerOf(path: string): Header {
  const bytes = Buffer.alloc(20)
  const file = openSync(path, 'r')
  const count = readSync(file, bytes)
  closeSync(file)
  if (count === 0) return 'empty'
  if (bytes.toString('latin1', 0, 16) !== 'SQLite format 3\0') return 'foreign'
  return bytes[18] === 2 && bytes[19] === 2 ? 'wal' : 'rollback'
}

function checkIntegrity(path: string): Check {
  const database = new (sqliteDriver().DatabaseSync)(path, { readOnly: true })
  try {
    const faults = database.prepare('pragma quick_check(3)').all()
    const found = faults.map((row) => String(Object.values(row)[0]))
    if (found.join() !== 'ok') return damaged(path, found.join('; '))
    return ok('integrity', 'quick_check found no fault')
  } catch (error) {
    const { message } = error as Error
    if (/malformed|not a database/.test(message)) return damaged(path, message)
    throw error
  } finally {
    database.close()
  }
}

function damaged(path: string, detail: string): Check {
  const fix = `Stop the server, copy the file, then restore a backup or run: ` +
    `sqlite3 ${path} .recover`
  return problem('integrity', `${path} is damaged: ${detail}`, fix)
}

function failed(error: unknown, path: string): Check {
  const found = diagnosisOf(error, { kind: 'file', path })
  if (found !== undefined) return problem('database', found.message, found.fix)
  const message = `${path} cannot be opened: ${(error as Error).message}`
  return problem('database', message, 'Check the file and its folder.')
}

/** Conversations and password hashes are nobody else's business. */
function checkPermissions(path: string): Check {
  const name = 'permissions'
  if (process.platform === 'win32') return ok(name, 'not checked on Windows')
  const paths = [path, `${path}-wal`, `${path}-shm`].filter((each) => existsSync(each))
  const open = paths.filter((each) => (statSync(each).mode & 0o006) !== 0)
  if (open.length === 0) return ok(name, 'other users of this machine cannot read the file')
  const message = `Every user of this machine can read ${open.join(' and ')}.`
  return problem(name, message, `Run: chmod 600 ${open.join(' ')}`)
}

function checkFolder(folder: string): Check {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK)
    return ok('folder', `${folder} can be written to`)
  } catch {
    const fix = 'Give this user the right to write there; SQLite keeps its log beside the file.'
    return problem('folder', `${folder} cannot be written to.`, fix)
  }
}

/** Numbers by which Linux names file systems whose locks SQLite cannot trust. */
const networkFileSystems: Readonly<Record<number, string>> = {
  0x6969: 'NFS', 0x517b: 'SMB', 0xff534d42: 'CIFS', 0xfe534d42: 'SMB2', 0x01021997: '9P',
  0x5346414f: 'AFS', 0x00c36400: 'Ceph', 0x0bd00bd0: 'Lustre', 0x47504653: 'GPFS',
  0x786f4256: 'a VirtualBox shared folder', 0x65735546: 'FUSE',
}

function checkFileSystem(folder: string): Check {
  const name = 'file-system'
  if (process.platform !== 'linux') return ok(name, 'not checked on this system')
  const found = networkFileSystems[statfsSync(folder).type >>> 0]
  if (found === undefined) return ok(name, 'a local file system')
  const fix = 'Move the file to a local disk, or use PostgreSQL.'
  const message = `${folder} lies on ${found}, where several processes may damage a SQLite file.`
  return warning(name, message, fix)
}

const mebibyte = 1024 * 1024

function checkSpace(folder: string): Check {
  const { bavail, bsize } = statfsSync(folder)
  const free = Math.floor((bavail * bsize) / mebibyte)
  const message = `${free.toLocaleString('en')} MiB are free in ${folder}`
  if (free < 100) return problem('space', `Only ${message}.`, 'Free space on that disk.')
  if (free < 1_024) return warning('space', `Only ${message}.`, 'Free space on that disk.')
  return ok('space', message)
}
