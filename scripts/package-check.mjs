/**
 * Looks at the package as its users get it: packs it, installs the tarball in an empty project,
 * runs the quickstart and the command line there, compiles programs against its types, and has
 * `attw` and `publint` look at it. Those two are fetched by npx, as they are needed here only.
 */
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { prepare, requireNode, root, say } from './install.mjs'

const attw = '@arethetypeswrong/cli@0.18'
const publint = 'publint@0.3'

/** Nothing of these may be in the tarball. */
const unwanted =
  /\.test\.|^(src|scripts|bench|examples)\/|^dist\/(\.|tidy\/|crash\/)|\.(db|log)$/

const programs = {
  'browser.ts': {
    text: `
      import { createClient, HoldfastClientError, type Message } from 'holdfast/client'
      const client = createClient({ url: location.origin, token: 'hf_st_0', fetch })
      export async function last(id: string): Promise<Message | undefined> {
        const { data: [message] } = await client.messages.list(id, { order: 'desc', limit: 1 })
        return message
      }
      export const isGone = (error: unknown): boolean =>
        HoldfastClientError.isInstance(error) && error.status === 404
    `,
    options: { lib: ['es2023', 'dom'], types: [], module: 'esnext', moduleResolution: 'bundler' },
  },
  'graph.ts': {
    text: `
      import { BaseCheckpointSaver, BaseStore } from '@langchain/langgraph-checkpoint'
      import { openHoldfast } from 'holdfast'
      import { createClient } from 'holdfast/client'
      import { HoldfastCache, HoldfastSaver, HoldfastStore } from 'holdfast/langgraph'
      const organization = (await openHoldfast()).organization()
      export const saver: BaseCheckpointSaver = new HoldfastSaver(organization.checkpoints)
      export const store: BaseStore = new HoldfastStore(organization.items)
      export const cache = new HoldfastCache(organization.cache)
      const client = createClient({ url: 'http://127.0.0.1:8080', token: 'hf_st_0' })
      export const remote: BaseCheckpointSaver = new HoldfastSaver(client.checkpoints)
    `,
    options: { lib: ['es2023', 'dom'], types: ['node'], module: 'nodenext', skipLibCheck: true },
  },
  'program.ts': {
    text: `
      import { openHoldfast, type Message } from 'holdfast'
      import { createChatKitStore, type ThreadItem } from 'holdfast/chatkit'
      import { startServer, type RunningServer } from 'holdfast/server'
      const holdfast = await openHoldfast()
      export const item: ThreadItem = await createChatKitStore(holdfast).loadItem('t', 'i', {})
      export const server: RunningServer = await startServer({ holdfast, port: 0 })
      export const message: Message = await holdfast.organization().messages
        .append('id', { role: 'user', content: 1 })
    `,
    options: { lib: ['es2023'], types: ['node'], module: 'nodenext' },
  },
}

requireNode()
process.exitCode = (await prepare()) ? check() : 1

function check() {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-package-'))
  const project = mkdtempSync(join(tmpdir(), 'holdfast-project-'))
  const failures = []
  const step = (name, work) => {
    try {
      say(`${name}: ${work() ?? 'ok'}`)
    } catch (error) {
      const output = [error.stdout, error.stderr].filter(Boolean).join('\n').trim()
      say(`${name}: FAILED\n${output || error.message}`)
      failures.push(name)
    }
  }
  try {
    const tarball = pack(folder, step)
    if (tarball !== undefined) {
      step('install', () => install(project, tarball))
      step('quickstart', () => quickstart(project))
      step('command line', () => `version ${npx(project, ['holdfast', '--version'])}`)
      step('peers', () => peers(project))
      step('entry points', () => entryPoints(project))
      for (const name of Object.keys(programs)) {
        step(`types of ${name}`, () => compile(project, name))
      }
      step('attw', () => void npx(project, ['-y', attw, tarball, '--profile', 'esm-only']))
      step('publint', () => void npx(project, ['-y', publint, 'run', tarball, '--strict']))
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
    rmSync(project, { recursive: true, force: true })
  }
  say(failures.length === 0 ? 'The package is as it should be.' : `Failed: ${failures.join(', ')}.`)
  return failures.length === 0 ? 0 : 1
}

function pack(folder, step) {
  let tarball
  step('pack', () => {
    const output = command('npm', ['pack', '--json', '--pack-destination', folder], root)
    const [{ filename, files, size }] = JSON.parse(output)
    tarball = join(folder, filename)
    const found = files.map(({ path }) => path).filter((path) => unwanted.test(path))
    if (found.length > 0) throw new Error(`not for users: ${found.join(', ')}`)
    return `${files.length} files, ${Math.round(size / 1024)} KiB`
  })
  return tarball
}

function install(project, tarball) {
  writeFileSync(join(project, 'package.json'), '{"name":"user","private":true,"type":"module"}\n')
  const ways = ['--no-audit', '--no-fund', '--omit=dev', '--engine-strict']
  command('npm', ['install', ...ways, tarball], project)
}

/** Every entry point that needs no further peer loads, and all of them share their classes. */
function entryPoints(project) {
  const text = `
    import { readFileSync } from 'node:fs'
    const { exports } = JSON.parse(readFileSync('node_modules/holdfast/package.json', 'utf8'))
    const names = Object.keys(exports).filter((name) => !['./testing', './ai-sdk'].includes(name))
      .filter((name) => !name.endsWith('.json'))
    for (const name of names) await import(name.replace('.', 'holdfast'))
    const { openHoldfast, HoldfastError } = await import('holdfast')
    const { HoldfastSaver } = await import('holdfast/langgraph')
    const { createChatKitStore } = await import('holdfast/chatkit')
    const holdfast = await openHoldfast()
    new HoldfastSaver(holdfast.organization().checkpoints)
    const missing = await createChatKitStore(holdfast).loadItem('t', 'i', {}).catch((e) => e)
    if (!(missing instanceof HoldfastError)) throw new Error('the chatkit store has other classes')
    await holdfast.close()
    console.log(names.length)`
  writeFileSync(join(project, 'entries.mjs'), text)
  return `${command(process.execPath, ['entries.mjs'], project).trim()} load`
}

/** What users of an adapter have beside the package; whoever uses none has not. */
function peers(project) {
  const names = ['@langchain/langgraph-checkpoint@^1']
  command('npm', ['install', '--no-audit', '--no-fund', ...names], project)
}

function quickstart(project) {
  copyFileSync(join(root, 'examples', 'quickstart', 'quickstart.mjs'), join(project, 'talk.mjs'))
  const output = command(process.execPath, ['talk.mjs'], project).trim()
  if (output !== "[ 'user: Remember me?' ]") throw new Error(`it printed ${output}`)
}

/** Compiles with the types checked too, as a user without skipLibCheck does. */
function compile(project, name) {
  const { text, options } = programs[name]
  const typeRoots = [join(root, 'node_modules', '@types')]
  const compilerOptions = { noEmit: true, strict: true, target: 'es2023', typeRoots, ...options }
  writeFileSync(join(project, name), text)
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [name] }))
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  command(process.execPath, [compiler, '-p', '.'], project)
}

function npx(project, words) {
  return command('npx', words, project).trim()
}

function command(name, words, cwd) {
  // On Windows npm and npx are command files, which only a shell can start.
  const shell = process.platform === 'win32' && name.startsWith('np')
  return execFileSync(name, words, { cwd, encoding: 'utf8', stdio: 'pipe', shell })
}
