import {
  chmodSync, chownSync, closeSync, existsSync, fsyncSync, linkSync, openSync, renameSync, rmSync,
  statSync,
} from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { ledger, ledgerMarks } from './migrate.js'
import { driverOfThread, type SqliteDatabase, sqliteDriver } from './dialects/sqlite-driver.js'
import { Busy, sqliteFailure, translated } from './failures.js'

/**
 * What the thread does: one read transaction writes everything into a new file. The target is named
 * by a function, which is asked just before that transaction begins: that is the moment. Nothing is
 * synced on the way, since the caller does; before the close everything is as it was, because who
 * closes last writes the log of the source back.
 */
const snapshotProgram = `
const { parentPort, workerData } = require('node:worker_threads')
${driverOfThread}
// On Linux that is the thread's own: who writes goes first.
if (process.platform === 'linux') require('node:os').setPriority(0, 10)
const database = new DatabaseSync(workerData.from, {})
try {
  database.exec('pragma busy_timeout = 10000')
  database.exec('pragma synchronous = off')
  database.function('holdfast_target', {}, () => {
    parentPort.postMessage(Date.now())
    return workerData.to
  })
  database.exec('vacuum into holdfast_target()')
} finally {
  database.exec('pragma synchronous = full')
  database.close()
}`

/** Bytes that wait for the disk are given to it so often: all at once would hold up writers. */
const syncEveryMs = 50

/**
 * Writes one state of a database in a file into a new file, in a thread, while others write.
 * Returns the last millisecond before that state was taken: what was acknowledged until then is in
 * it. Whoever is at work neither waits nor is seen half done.
 */
export async function snapshotFile(from: string, to: string): Promise<number> {
  closeSync(openSync(to, 'wx', 0o600))
  let momentMs: number | undefined
  const worker = new Worker(snapshotProgram, {
    eval: true, workerData: { from, to, module: sqliteDriver().module },
  })
  const syncing = setInterval(() => void syncFile(to).catch(() => undefined), syncEveryMs)
  try {
    await new Promise<void>((resolve, reject) => {
      worker.on('message', (milliseconds: number) => { momentMs = milliseconds })
      worker.on('error', reject)
      worker.on('exit', () => resolve())
    })
  } catch (cause) {
    throw translated(cause, sqliteFailure)
  } finally {
    clearInterval(syncing)
  }
  await syncFile(to)
  return momentMs!
}

/** Names the file in what the system says of one that is open, as of a full disk. */
export async function namingFile<R>(path: string, work: () => Promise<R>): Promise<R> {
  try {
    return await work()
  } catch (error) {
    const { syscall, path: named } = (error ?? {}) as NodeJS.ErrnoException
    if (error instanceof Error && syscall !== undefined && named === undefined) {
      Object.assign(error, { path })
    }
    throw error
  }
}

/** Waits until the bytes of a file are on disk. */
export async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    await file.datasync()
  } finally {
    await file.close()
  }
}

/** Waits until the names in a folder are on disk, where the system can do that. */
export function syncFolder(path: string): void {
  if (process.platform === 'win32') return
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

/** Whether there is something under the name of a database in a file. */
export function isFilled(path: string): boolean {
  return [path, `${path}-wal`].some((each) => existsSync(each) && statSync(each).size > 0)
}

/**
 * Gives a finished database its name, where there is none yet or, with `replacing`, in the place of
 * the one that is there. At each moment the name is of the old or of the new one, whole. Throws
 * Busy while any process has the old one open: it would go on writing to a file without a name.
 */
export function placeFile(
  fresh: string,
  path: string,
  { replacing, movedTo }: { readonly replacing: boolean; readonly movedTo: string },
): void {
  const isThere = [path, `${path}-wal`].some((each) => existsSync(each))
  if (isThere && (replacing || !isFilled(path))) replaceFile(fresh, path, movedTo)
  else {
    // A link does not write over what another process has made meanwhile.
    linkSync(fresh, path)
    rmSync(fresh)
  }
  syncFolder(dirname(path))
}

/**
 * Leaving the mode with a log is refused while others have the file open, and takes log and index
 * of it away: they would be taken for those of the new file. Who waits for the lock meanwhile gets
 * the old one, without a name, and finds there that it has moved.
 */
function replaceFile(fresh: string, path: string, movedTo: string): void {
  const old = new (sqliteDriver().DatabaseSync)(path, {})
  try {
    old.exec('pragma busy_timeout = 0')
    old.exec('pragma journal_mode = delete')
    if (told(old, 'journal_mode', 'pragma_journal_mode')[0] !== 'delete') throw new Busy(inUse)
    // Else the mark below would make a journal beside the new file.
    old.exec('pragma journal_mode = memory')
    old.exec('begin exclusive')
    ownedAs(fresh, path)
    renameSync(fresh, path)
    try {
      const mark = (ledgerMarks.moved + movedTo).replaceAll("'", "''")
      old.exec(`insert into ${ledger} (name, applied_at) values ('${mark}', '')`)
      old.exec('commit')
    } catch {
      // Not a database of ours: no server of ours begins on it.
      if (old.isTransaction) old.exec('rollback')
    }
  } catch (cause) {
    throw translated(cause, sqliteFailure)
  } finally {
    old.close()
  }
}

/** Who restores may be another one than who serves, and may use what was there. */
function ownedAs(fresh: string, path: string): void {
  const [own, { uid, gid, mode }] = [statSync(fresh), statSync(path)]
  if (own.uid !== uid || own.gid !== gid) chownSync(fresh, uid, gid)
  chmodSync(fresh, mode & 0o777)
}

const inUse = 'The database is in use.'

/** What a file is that may be a database. */
export interface FileFacts {
  /** What it says is wrong with itself; empty when it is sound. */
  readonly faults: readonly string[]
  /** The names of the migrations applied. */
  readonly migrations: readonly string[]
}

/** Looks whether a database in a file is sound and what schema it has. Nothing else has it open. */
export function factsOfFile(path: string): FileFacts {
  try {
    const database = new (sqliteDriver().DatabaseSync)(path, {})
    try {
      const faults = told(database, 'quick_check', 'pragma_quick_check')
        .filter((each) => each !== 'ok')
      return { faults, migrations: faults.length > 0 ? [] : told(database, 'name', ledger) }
    } finally {
      database.close()
    }
  } catch (cause) {
    return { faults: [(cause as Error).message], migrations: [] }
  }
}

/**
 * The values of one column. Through a function, since a prepared statement would keep the file
 * open for an unknown time after the close where the driver leaves it to be collected, and a file
 * that gets another name must be open nowhere.
 */
function told(database: SqliteDatabase, column: string, from: string): string[] {
  const values: string[] = []
  database.function('holdfast_told', { deterministic: false }, (value: unknown) => {
    values.push(String(value))
    return null
  })
  database.exec(`select holdfast_told(${column}) from ${from}`)
  return values
}

/** Takes away what a database in a file, now closed, left beside it. Throws Busy if it has rows. */
export function settleFile(path: string): void {
  const log = `${path}-wal`
  if (existsSync(log) && statSync(log).size > 0) throw new Busy(inUse)
  for (const each of [log, `${path}-shm`]) rmSync(each, { force: true })
}
