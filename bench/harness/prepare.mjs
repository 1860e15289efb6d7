import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder `bench`. */
export const benchFolder = dirname(dirname(fileURLToPath(import.meta.url)))

/** Installs the peers on first use, or when their list has changed since. */
export function installPeers() {
  const lock = join(benchFolder, 'package-lock.json')
  const installed = join(benchFolder, 'node_modules', '.package-lock.json')
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return
  if (existsSync(installed) && sameVersions(lock, installed)) return
  process.stderr.write('Installing the peers to measure against ...\n')
  const [command, ...args] = ['npm', 'ci', '--no-audit', '--no-fund', '--loglevel=error']
  const shell = process.platform === 'win32'
  execFileSync(command, args, { cwd: benchFolder, stdio: ['ignore', 'ignore', 'inherit'], shell })
}

function sameVersions(lock, installed) {
  const read = (path) => JSON.parse(readFileSync(path, 'utf8')).packages
  const present = read(installed)
  return Object.entries(read(lock)).every(
    ([path, { version, optional }]) =>
      path === '' || optional === true || present[path]?.version === version)
}

/** Builds `dist` when it is stale. False after it has said why it could not. */
export async function buildHoldfast() {
  const { prepare } = await import('../../scripts/install.mjs')
  return prepare()
}
