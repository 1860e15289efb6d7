import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process'
import {
  existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { type TestEngine } from './engines.js'

/** The root of the repository. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

const entry = join(root, 'dist', 'bundle', 'cli.js')
const compiled = join(root, 'dist', 'cli', 'main.js')
const buildLock = join(root, 'dist', '.test-build-lock')
const buildTimeoutMs = 120_000

/** How a command ended. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** What surrounds a command. */
export interface Surroundings {
  readonly cwd: string
  readonly environment?: Readonly<Record<string, string>>
  /** Standard input. @default '' */
  readonly input?: string
}

/** The name of a suite on an engine, with the reason when the engine is missing. */
export function titleOn({ name, missing }: TestEngine, title: string): string {
  return `[${name}] ${title}${missing === undefined ? '' : `: did not run: ${missing}`}`
}

/** Builds `dist` when a source is newer than what was made of it; one builder at a time. */
export async function ensureBuilt(): Promise<void> {
  mkdirSync(dirname(buildLock), { recursive: true })
  const deadline = Date.now() + buildTimeoutMs
  while (!tryLock()) {
    if (Date.now() > deadline) throw new Error(`${buildLock} is in the way; remove it`)
    await new Promise((done) => setTimeout(done, 200))
  }
  try {
    if (staleOutputs().length > 0) compile()
    if (isBundleStale()) runNode([join(root, 'scripts', 'bundle.mjs')])
  } finally {
    rmSync(buildLock, { recursive: true, force: true })
  }
}

/** Runs the command line in a process of its own, to its end. */
export async function runCli(words: readonly string[], given: Surroundings): Promise<Ended> {
  const child = start(words, given)
  child.stdin.on('error', () => undefined)
  child.stdin.end(given.input ?? '')
  return ended(child)
}

/** Where a command that runs in this process reads and writes. */
interface Streams {
  readonly input: Readable
  readonly output: PassThrough
  readonly error: PassThrough
}

type Program = (words: readonly string[], streams: Streams) => Promise<number>

/**
 * Gives a `runCli` that spares starting processes: the first command of each kind runs in one of
 * its own, as users run it, the others in this one, one after the other, with the working
 * directory and the environment of their own.
 */
export function sharedCli<T>(
  run: (words: readonly string[], terminal: T) => Promise<number>,
  Terminal: new (streams: Streams) => T,
): typeof runCli {
  const program: Program = (words, streams) => run(words, new Terminal(streams))
  const met = new Set<string>()
  let before: Promise<unknown> = Promise.resolve()
  return async (words, given) => {
    const kind = words.slice(0, 2).filter((word) => !word.startsWith('-')).join(' ')
    if (!met.has(kind)) {
      met.add(kind)
      return runCli(words, given)
    }
    const ended = before.then(() => runHere(program, words, given))
    before = ended.catch(() => undefined)
    return ended
  }
}

async function runHere(
  program: Program,
  words: readonly string[],
  given: Surroundings,
): Promise<Ended> {
  const [folder, environment] = [process.cwd(), { ...process.env }]
  const [input, output, error] = [
    Readable.from(given.input ? [given.input] : []), new PassThrough(), new PassThrough(),
  ]
  const told = Promise.all([text(output), text(error)])
  try {
    process.chdir(given.cwd)
    setEnvironment(environmentOf(given))
    const code = await program(words, { input, output, error })
    output.end()
    error.end()
    const [stdout, stderr] = await told
    return { code, stdout, stderr }
  } finally {
    process.chdir(folder)
    setEnvironment(environment)
  }
}

function setEnvironment(environment: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(process.env)) {
    if (!Object.hasOwn(environment, name)) delete process.env[name]
  }
  Object.assign(process.env, environment)
}

/** A command that runs until it is told to stop. */
export interface Running {
  /** The lines of standard output so far; grows. */
  readonly lines: readonly string[]
  /** The next line of standard output that matches. Rejects when the process ends before. */
  line(pattern: RegExp): Promise<string>
  signal(name: NodeJS.Signals): void
  /** Resolves when the process has ended. */
  readonly end: Promise<Ended>
}

/** Starts the command line in a process of its own. */
export function startCli(words: readonly string[], given: Surroundings): Running {
  const child = start(words, given)
  child.stdin.end()
  const lines: string[] = []
  const reader = createInterface({ input: child.stdout })
  const end = ended(child)
  reader.on('line', (line) => lines.push(line))
  const line = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const found = lines.find((each) => pattern.test(each))
      if (found !== undefined) return found
      const next = new Promise((done) => reader.once('line', () => setImmediate(done)))
      const gone = await Promise.race([next.then(() => undefined), end])
      if (gone !== undefined) throw new Error(`it ended with ${gone.code}: ${gone.stderr}`)
    }
  }
  return { lines, line, end, signal: (name) => void child.kill(name) }
}

/** A folder for one test file; `remove` takes it away. */
export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-cli-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

function start(words: readonly string[], given: Surroundings) {
  const { cwd } = given
  return spawn(process.execPath, [entry, ...words], { cwd, env: environmentOf(given) })
}

function environmentOf({ environment }: Surroundings): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env)
    .filter(([name]) => !/^(HOLDFAST_|DB_|REDIS_|PG|NODE_OPTIONS)/.test(name))
  return { ...Object.fromEntries(inherited), ...environment }
}

async function ended(child: ChildProcessWithoutNullStreams): Promise<Ended> {
  const closed = new Promise<number | null>((done) => child.once('close', done))
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout), text(child.stderr), closed,
  ])
  return { code, stdout, stderr }
}

function tryLock(): boolean {
  try {
    mkdirSync(buildLock)
    return true
  } catch {
    const isAbandoned = existsSync(buildLock)
      && Date.now() - statSync(buildLock).mtimeMs > buildTimeoutMs
    if (isAbandoned) rmSync(buildLock, { recursive: true, force: true })
    return false
  }
}

/** What is older than its source. A new source shows in the age of the one that imports it. */
function staleOutputs(): string[] {
  if (!existsSync(compiled)) return [compiled]
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
  return sources.flatMap((name) => {
    const output = join(root, 'dist', name.replace(/\.ts$/, '.js'))
    if (!existsSync(output)) return []
    const isStale = statSync(output).mtimeMs < statSync(join(root, 'src', name)).mtimeMs
    return isStale ? [output] : []
  })
}

/** Whether something was compiled after it was bundled. */
function isBundleStale(): boolean {
  if (!existsSync(entry)) return true
  const { mtimeMs } = statSync(entry)
  const outputs = readdirSync(join(root, 'dist'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js') && !/^\.?bundle/.test(name))
  return outputs.some((name) => statSync(join(root, 'dist', name)).mtimeMs > mtimeMs)
}

function runNode(words: readonly string[]): void {
  const result = spawnSync(process.execPath, words, { cwd: root, encoding: 'utf8' })
  if (result.status !== 0) throw new Error(`the build failed:\n${result.stdout}${result.stderr}`)
}

function compile(): void {
  const compiler = join(root, 'node_modules', 'typescript7', 'bin', 'tsc')
  runNode([compiler, '-p', 'tsconfig.build.json', '--noCheck'])
  // The compiler leaves alone what did not change; its age must not look stale again.
  const now = new Date()
  for (const output of staleOutputs()) utimesSync(output, now, now)
}
