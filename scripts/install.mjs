/**
 * What `npm start` and `npm test` do first: install the packages and build `dist`, each only when
 * it is stale. Plain JavaScript on Node alone, because it runs before anything is installed.
 */
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import {
  existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync,
  writeFileSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root of the repository. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** The program that `npm start` runs and that tests drive. */
export const entry = join(root, 'dist', 'cli', 'main.js')

const oldestNode = [20, 12]
const packagesStamp = join(root, 'node_modules', '.holdfast-packages')
const buildStamp = join(root, 'dist', '.holdfast-build')
const lock = join(root, '.holdfast', 'prepare.lock')
const beatMs = 5_000
const staleMs = 60_000

/** Ends the process with one sentence if Node is too old to run Holdfast. */
export function requireNode(version = process.versions.node) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])) return
  say(`Holdfast needs Node.js ${oldestNode.join('.')} or newer; this is ${version}.`)
  process.exit(1)
}

/** One line to the terminal, on standard error: standard output belongs to the program. */
export function say(line) {
  process.stderr.write(`${line}\n`)
}

/**
 * Runs a program to its end and gives `{ code, signal, output }`. SIGINT and SIGTERM that arrive
 * meanwhile go on to it. `output` is what it wrote to pipes; with `group` it leads its own process
 * group, and whatever it left behind there is killed when it ends.
 */
export function run(command, args, options = {}) {
  const { group = false, ...rest } = options
  const detached = group && process.platform !== 'win32'
  const child = spawn(command, args, { cwd: root, ...rest, detached })
  return new Promise((resolve, reject) => {
    let output = ''
    let interrupted
    const forward = (signal) => {
      interrupted ??= signal
      child.kill(signal)
    }
    const settle = () => {
      process.off('SIGINT', forward)
      process.off('SIGTERM', forward)
      if (detached) killGroup(child.pid)
    }
    process.on('SIGINT', forward)
    process.on('SIGTERM', forward)
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text) => (output += text))
    }
    child.once('error', (error) => (settle(), reject(error)))
    child.once('close', (code, signal) => {
      settle()
      resolve({ code, signal: interrupted ?? signal, output })
    })
  })
}

/** Installs and builds what is stale. True when both stand; false after it has said why not. */
export async function prepare() {
  if (!isStale()) return true
  return withLock(async () => (await install()) && build())
}

function isStale() {
  return read(packagesStamp) !== packagesKey() || !isBuilt(sourcesKey())
}

function isBuilt(key) {
  return read(buildStamp) === key && existsSync(entry)
}

/** Installs the locked packages if those in node_modules are others. */
async function install() {
  const key = packagesKey()
  if (read(packagesStamp) === key) return true
  if (!existsSync(packagesStamp) && isInstalledByHand()) {
    writeFileSync(packagesStamp, key)
    return true
  }
  const locked = existsSync(join(root, 'package-lock.json'))
  const command = locked ? 'ci' : 'install'
  say(`Installing packages (npm ${command}) ...`)
  const { code, signal } = await npm([
    command, '--include=dev', '--no-audit', '--no-fund', '--loglevel=error',
  ])
  if (code !== 0 || signal !== null) {
    say(`Packages were not installed: npm ${command} ${ending({ code, signal })}.`)
    return false
  }
  writeFileSync(packagesStamp, key)
  return true
}

/** Compiles src to dist if the sources are not those it was built from. */
async function build() {
  const key = sourcesKey()
  if (isBuilt(key)) return true
  say('Building dist ...')
  // Without the program, the compiler's own notes about dist are wrong too, so all of it goes.
  rmSync(existsSync(entry) ? buildStamp : join(root, 'dist'), { recursive: true, force: true })
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const args = [compiler, '-p', 'tsconfig.build.json']
  const { code, signal, output } = await run(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (code !== 0 || signal !== null || !existsSync(entry)) {
    say(output.trimEnd())
    const missing = code === 0 ? `it made no ${relative(root, entry)}` : ending({ code, signal })
    say(`The build failed: tsc ${missing}.`)
    return false
  }
  removeOrphans(join(root, 'dist'), join(root, 'src'))
  writeFileSync(buildStamp, key)
  return true
}

/** Deletes compiled files whose source is gone; the compiler leaves them. */
function removeOrphans(compiled, sources) {
  for (const item of readdirSync(compiled, { withFileTypes: true })) {
    const path = join(compiled, item.name)
    const stem = item.name.replace(/\.(d\.ts|js)$/, '')
    if (item.isDirectory()) {
      const source = join(sources, item.name)
      if (existsSync(source)) removeOrphans(path, source)
      else rmSync(path, { recursive: true })
    } else if (stem !== item.name && !existsSync(join(sources, `${stem}.ts`))) {
      rmSync(path)
    }
  }
}

/** Names the locked packages, the Node line and the platform they were installed for. */
function packagesKey() {
  const hash = createHash('sha256')
  const { dependencies, devDependencies } = JSON.parse(read(join(root, 'package.json')))
  hash.update(JSON.stringify([dependencies, devDependencies]))
  hash.update(read(join(root, 'package-lock.json')))
  hash.update(`${process.versions.node.split('.')[0]} ${process.platform} ${process.arch}`)
  return hash.digest('hex')
}

/** Names the content of every file the build reads. */
function sourcesKey() {
  const hash = createHash('sha256')
  const settings = ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json']
  const files = settings.map((name) => join(root, name))
  for (const path of [...files, ...filesUnder(join(root, 'src'))]) {
    if (path.endsWith('.test.ts')) continue
    const text = read(path)
    hash.update(`${relative(root, path)}\0${text.length}\0${text}`)
  }
  return hash.digest('hex')
}

function filesUnder(folder) {
  if (!existsSync(folder)) return []
  const items = readdirSync(folder, { withFileTypes: true })
  items.sort((left, right) => (left.name < right.name ? -1 : 1))
  return items.flatMap((item) => {
    const path = join(folder, item.name)
    return item.isDirectory() ? filesUnder(path) : [path]
  })
}

/** True when somebody has run npm here already: npm keeps a list of what it installed. */
function isInstalledByHand() {
  const wanted = read(join(root, 'package-lock.json'))
  const installed = read(join(root, 'node_modules', '.package-lock.json'))
  if (wanted === '' || installed === '') return false
  const present = JSON.parse(installed).packages
  return Object.entries(JSON.parse(wanted).packages).every(
    ([path, { optional, version }]) =>
      path === '' || optional === true || present[path]?.version === version,
  )
}

function npm(args) {
  const stdio = ['ignore', 'ignore', 'inherit']
  const running = process.env.npm_execpath ?? ''
  if (basename(running) === 'npm-cli.js') return run(process.execPath, [running, ...args], { stdio })
  if (process.platform !== 'win32') return run('npm', args, { stdio })
  // On Windows npm is a command file, which only a shell can start.
  return run(['npm', ...args].join(' '), [], { stdio, shell: true })
}

function ending({ code, signal }) {
  return signal === null ? `ended with code ${code}` : `was stopped by ${signal}`
}

function read(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}

function killGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if (error.code !== 'ESRCH' && error.code !== 'EPERM') throw error
  }
}

/**
 * Lets one process at a time prepare this folder. The lock is a folder that holds its owner's name,
 * moved into place whole, so that it never stands without one. The owner touches it while it works.
 */
async function withLock(work) {
  const token = randomBytes(8).toString('hex')
  const buried = await takeLock(token)
  const beat = setInterval(() => touch(lock), beatMs)
  beat.unref()
  const release = () => {
    if (ownerOf(lock)?.token === token) rmSync(lock, { recursive: true, force: true })
  }
  process.once('exit', release)
  try {
    return await work()
  } finally {
    clearInterval(beat)
    process.off('exit', release)
    release()
    for (const path of buried) rmSync(path, { recursive: true, force: true })
  }
}

async function takeLock(token) {
  const mine = `${lock}.${token}`
  const buried = []
  mkdirSync(dirname(lock), { recursive: true, mode: 0o700 })
  mkdirSync(mine)
  writeFileSync(join(mine, 'owner'), JSON.stringify({ pid: process.pid, host: hostname(), token }))
  for (let told = false; !moved(mine, lock); ) {
    const owner = ownerOf(lock)
    if (owner === undefined) continue
    if (isGone(owner)) {
      // The grave bears the dead owner's name and stays until we are done, so that a process as
      // late as this one cannot bury the lock that we are about to take.
      const grave = `${lock}.stale.${owner.token}`
      if (moved(lock, grave)) buried.push(grave)
      continue
    }
    if (!told) say(`Waiting for process ${owner.pid}, which is installing or building here ...`)
    told = true
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return buried
}

/** Renames a folder; false when the target stands already or the folder has gone. */
function moved(from, to) {
  try {
    renameSync(from, to)
    return true
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST', 'EPERM', 'EACCES', 'ENOENT'].includes(error.code)) return false
    throw error
  }
}

function ownerOf(folder) {
  try {
    const owner = JSON.parse(readFileSync(join(folder, 'owner'), 'utf8'))
    return { ...owner, touched: statSync(folder).mtimeMs }
  } catch {
    return undefined
  }
}

function isGone({ pid, host, touched }) {
  if (Date.now() - touched > staleMs) return true
  if (host !== hostname()) return false
  if (pid === process.pid) return true
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return error.code === 'ESRCH'
  }
}

function touch(path) {
  const now = new Date()
  try {
    utimesSync(path, now, now)
  } catch {
    // The folder was removed by hand; the work itself goes on.
  }
}
