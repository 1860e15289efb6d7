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
export const entry = join(root, 'dist', 'bundle', 'cli.js')

/** What that is bundled from; without it nothing compiled is whole. */
const compiled = join(root, 'dist', 'cli', 'main.js')

const oldestNode = [20, 12]
const packagesStamp = join(root, 'node_modules', '.holdfast-packages')
const buildStamp = join(root, 'dist', '.holdfast-build')
const lock = join(root, '.holdfast', 'prepare.lock')
const beatMs = 5_000
const staleMs = 60_000
const patienceMs = 10_000

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
 * Runs a program to its end and gives `{ code, signal, output }`; code 127 when it cannot start.
 * SIGINT and SIGTERM that arrive meanwhile go on to it, and SIGKILL if it ignores them. `output` is
 * what it wrote to pipes. With `group` it leads its own process group, and whatever it left
 * behind there is killed when it ends.
 */
export function run(command, args, options = {}) {
  const { group = false, ...rest } = options
  const detached = group && process.platform !== 'win32'
  const child = spawn(command, args, { cwd: root, ...rest, detached })
  return new Promise((resolve) => {
    let output = ''
    let interrupted
    const forward = (signal) => {
      interrupted ??= signal
      child.kill(signal)
      setTimeout(() => child.kill('SIGKILL'), patienceMs).unref()
    }
    const settle = (result) => {
      process.off('SIGINT', forward)
      process.off('SIGTERM', forward)
      if (detached && child.pid !== undefined) killGroup(child.pid)
      resolve(result)
    }
    process.on('SIGINT', forward)
    process.on('SIGTERM', forward)
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text) => (output += text))
    }
    child.once('error', (error) => settle({ code: 127, signal: null, output: error.message }))
    child.once('close', (code, signal) => settle({ code, signal: interrupted ?? signal, output }))
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
  return lastBuild().key === key && existsSync(entry)
}

/** What dist was built from: a key of the content, and the sources' names. */
function lastBuild() {
  const [key = '', ...sources] = read(buildStamp).split('\n')
  return { key, sources }
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
  const { code, signal, output } = await npm([
    command, '--include=dev', '--no-audit', '--no-fund', '--loglevel=error',
  ])
  if (code !== 0 || signal !== null) {
    if (output !== '') say(output)
    say(`Packages were not installed: npm ${command} ${ending({ code, signal })}.`)
    return false
  }
  writeFileSync(packagesStamp, key)
  return true
}

/** Compiles src to dist and bundles it if the sources are not those it was built from. */
async function build() {
  const key = sourcesKey()
  if (isBuilt(key)) return true
  say('Building dist ...')
  const before = lastBuild().sources
  // Without the program, the compiler's own notes about dist are wrong too, so all of it goes.
  if (!existsSync(compiled)) rmSync(join(root, 'dist'), { recursive: true, force: true })
  else writeFileSync(buildStamp, ['unfinished', ...before].join('\n'))
  const compiler = join(root, 'node_modules', 'typescript7', 'bin', 'tsc')
  // Without checking types, which takes as long again: `npm test` does so, and who packs does.
  const args = [compiler, '-p', 'tsconfig.build.json', '--noCheck']
  const { code, signal, output } = await run(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (code !== 0 || signal !== null || !existsSync(compiled)) {
    const why = code === 0 ? `made no ${relative(root, compiled)}` : ending({ code, signal })
    say(`${output}The build failed: tsc ${why}.`)
    return false
  }
  const sources = sourceFiles()
  for (const gone of before.filter((name) => !sources.includes(name))) removeCompiled(gone)
  const bundling = await run(process.execPath, [join(root, 'scripts', 'bundle.mjs')], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (bundling.code !== 0 || bundling.signal !== null) {
    say(`${bundling.output}The build failed: the bundle ${ending(bundling)}.`)
    return false
  }
  writeFileSync(buildStamp, [key, ...sources].join('\n'))
  return true
}

/** Deletes what was compiled from a source that is gone; the compiler leaves it. */
function removeCompiled(source) {
  const stem = join(root, 'dist', source.replace(/\.ts$/, ''))
  for (const ending of ['.js', '.d.ts']) rmSync(`${stem}${ending}`, { force: true })
}

/** Names the locked packages, the Node line and the platform they were installed for. */
function packagesKey() {
  const hash = createHash('sha256')
  const manifest = JSON.parse(read(join(root, 'package.json')))
  const kinds = ['dependencies', 'optionalDependencies', 'devDependencies', 'overrides']
  hash.update(JSON.stringify(kinds.map((kind) => manifest[kind])))
  hash.update(read(join(root, 'package-lock.json')))
  hash.update(`${process.versions.node.split('.')[0]} ${process.platform} ${process.arch}`)
  return hash.digest('hex')
}

/** Names the content of every file the build reads. */
function sourcesKey() {
  const hash = createHash('sha256')
  const settings = [
    'package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json',
    join('scripts', 'bundle.mjs'),
  ]
  for (const name of [...settings, ...sourceFiles().map((name) => join('src', name))]) {
    const text = read(join(root, name))
    hash.update(`${name}\0${text.length}\0${text}`)
  }
  return hash.digest('hex')
}

/** The files that are compiled, by their path below src. */
function sourceFiles(folder = join(root, 'src')) {
  const files = []
  for (const item of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, item.name)
    if (item.isDirectory()) files.push(...sourceFiles(path))
    else if (!item.name.endsWith('.test.ts')) files.push(relative(join(root, 'src'), path))
  }
  return files.sort()
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
  if (basename(running) === 'npm-cli.js') {
    return run(process.execPath, [running, ...args], { stdio })
  }
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
  const graves = await takeLock(token)
  const beat = setInterval(() => touch(lock), beatMs)
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
    for (const grave of graves) rmSync(grave, { recursive: true, force: true })
  }
}

/** Waits for the lock; gives the dead locks that were moved out of its way. */
async function takeLock(token) {
  const graves = []
  for (let told = false; !claimed(token); ) {
    const owner = ownerOf(lock)
    if (owner !== undefined && isGone(owner)) {
      // The grave bears the dead owner's token and stays until we are done, so that a process as
      // late as this one cannot bury the lock that we are about to take.
      const grave = `${lock}.stale.${owner.token}`
      if (moved(lock, grave)) graves.push(grave)
    } else if (owner !== undefined && !told) {
      say(`Waiting for process ${owner.pid}, which is installing or building here ...`)
      told = true
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return graves
}

function claimed(token) {
  if (existsSync(lock)) return false
  const mine = `${lock}.${token}`
  mkdirSync(mine, { recursive: true, mode: 0o700 })
  writeFileSync(join(mine, 'owner'), JSON.stringify({ pid: process.pid, host: hostname(), token }))
  if (moved(mine, lock)) return true
  rmSync(mine, { recursive: true })
  return false
}

/** Renames a folder; false when another process was faster. */
function moved(from, to) {
  try {
    renameSync(from, to)
    return true
  } catch (error) {
    const busy = ['ENOTEMPTY', 'EEXIST', 'ENOENT']
    if (process.platform === 'win32') busy.push('EPERM', 'EACCES')
    if (busy.includes(error.code)) return false
    throw error
  }
}

function ownerOf(folder) {
  try {
    const owner = JSON.parse(readFileSync(join(folder, 'owner'), 'utf8'))
    return { ...owner, touchedMs: statSync(folder).mtimeMs }
  } catch {
    return undefined
  }
}

function isGone({ pid, host, touchedMs }) {
  if (Date.now() - touchedMs > staleMs) return true
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
