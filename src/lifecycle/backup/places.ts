import { randomBytes } from 'node:crypto'
import {
  existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { syncFolder } from '../../database/database-file.js'
import { type BackupManifest, readManifest } from './manifest.js'

const namePattern = /^\d{8}T\d{9}Z-[0-9a-f]{8}$/

/** A new name: when it was begun, so that names sort by age, and something that no other has. */
export function newName(nowMs: number): string {
  const text = new Date(nowMs).toISOString().replace(/[-:.]/g, '')
  return `${text}-${randomBytes(4).toString('hex')}`
}

/** Folders and files of work at hand begin so, with whose work it is. */
const workPattern = /^\.holdfast-backup-([0-9a-z-]+)\.(\d+)\.[0-9a-f]{8}$/
const host = hostname().toLowerCase().replace(/[^0-9a-z-]/g, '-')

/** The name of something that is cleared away when this process has died. */
export const workName = (): string =>
  `.holdfast-backup-${host}.${process.pid}.${randomBytes(4).toString('hex')}`

/** Nothing is at work for so long without a touch of its files. */
const leftAfterMs = 7 * 24 * 60 * 60_000

/**
 * Clears away what processes of this machine left that are no more, and what nobody has touched for
 * a week: a container comes back under another name.
 */
export function clearLeftovers(folder: string): void {
  if (!existsSync(folder)) return
  for (const name of readdirSync(folder)) {
    const [, whose, pid] = workPattern.exec(name) ?? []
    if (whose === undefined) continue
    const path = join(folder, name)
    const isLeft = whose === host && !isAlive(Number(pid))
    if (isLeft || touchedMs(path) < Date.now() - leftAfterMs) {
      rmSync(path, { recursive: true, force: true })
    }
  }
}

/** When something in a folder was changed last, or the folder itself. */
function touchedMs(path: string): number {
  const all = [path, ...namesIn(path).map((name) => join(path, name))]
  return Math.max(...all.map((each) => statSync(each, noThrow)?.mtimeMs ?? 0))
}

const noThrow = { throwIfNoEntry: false } as const

/** What is in a folder and below it; nothing where there is none any more. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

function isAlive(pid: number): boolean {
  if (pid === process.pid) return true
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Runs `work` in a folder of its own, for this user alone, which goes afterwards. */
export async function inWorkFolder<R>(
  folder: string, work: (path: string) => Promise<R>,
): Promise<R> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  clearLeftovers(folder)
  const path = join(folder, workName())
  mkdirSync(path, { mode: 0o700 })
  try {
    return await work(path)
  } finally {
    rmSync(path, { recursive: true, force: true })
  }
}

/** Gives a finished backup its name. */
export function publish(made: string, folder: string, name: string): string {
  const path = join(folder, name)
  renameSync(made, path)
  syncFolder(folder)
  return path
}

/** A backup in its place. */
export interface BackupEntry {
  readonly name: string
  readonly path: string
  /** Bytes of all its files. */
  readonly bytes: number
  /** Undefined when it cannot be read. */
  readonly manifest: BackupManifest | undefined
  /** What is wrong with it, as far as a look without reading its files shows. */
  readonly fault: string | undefined
}

/** The backups in a folder, by their names, newest first. */
export function entriesOf(folder: string): BackupEntry[] {
  if (!existsSync(folder)) return []
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((each) => namePattern.test(each.name) && !each.isFile())
    .map(({ name }) => name)
  // What another process has removed meanwhile is none any more.
  return names.sort().reverse().map((name) => entryOf(join(folder, name), name))
    .filter(({ path }) => existsSync(path))
}

/** A backup in a folder of its own. */
export function entryOf(path: string, name: string): BackupEntry {
  const sizeOf = (file: string) => statSync(join(path, file), noThrow)?.size
  const bytes = namesIn(path).reduce((sum, file) => sum + (sizeOf(file) ?? 0), 0)
  try {
    const { manifest } = readManifest(path)
    const lacking = manifest.files.find(({ file, bytes: size }) => sizeOf(file) !== size)
    const fault = lacking && `${lacking.file} is missing or cut off`
    return { name, path, bytes, manifest, fault }
  } catch (error) {
    return { name, path, bytes, manifest: undefined, fault: (error as Error).message }
  }
}

/** Removes a backup: its name goes at once, whatever ends the rest. */
export function removeEntry(folder: string, { path }: BackupEntry): void {
  const gone = join(folder, workName())
  renameSync(path, gone)
  syncFolder(folder)
  rmSync(gone, { recursive: true, force: true })
}
