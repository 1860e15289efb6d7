import { existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const memoryFileSystem = 0x01021994
const standing = new Map()

/**
 * A new temporary folder on a disk, so that an fsync costs what it costs. Should the bench die, the
 * folder is removed after `stop`, which has no time to wait, has ended whoever writes there.
 */
export function temporaryFolder(name, stop = () => undefined) {
  if (standing.size === 0) process.once('exit', removeAll)
  const folders = [tmpdir(), '/var/tmp', process.cwd()].filter((folder) => existsSync(folder))
  const onDisk = folders.find((folder) => statfsSync(folder).type !== memoryFileSystem)
  const folder = mkdtempSync(join(onDisk ?? folders[0], `holdfast-bench-${name}-`))
  standing.set(folder, stop)
  return folder
}

/** Removes a temporary folder before its time. */
export function removeFolder(folder) {
  standing.delete(folder)
  // A program killed just now may still be writing.
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
  if (standing.size === 0) process.off('exit', removeAll)
}

function removeAll() {
  for (const [folder, stop] of standing) {
    try {
      stop()
      removeFolder(folder)
    } catch (error) {
      process.stderr.write(`${folder} could not be removed: ${error.message}\n`)
    }
  }
}
