import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const guides = join(root, 'docs', 'guides')
/** Where packages are found, and nobody looks. */
const folder = join(root, 'node_modules', '.documentation')

/** What the examples take for granted, of what type. */
const given = {
  'import("holdfast").Holdfast': ['holdfast', 'other'],
  'ReturnType<import("holdfast").Holdfast["organization"]>': ['org', 'organization', 'elsewhere'],
  'import("holdfast/client").Client': ['client'],
  'import("holdfast").Lock': ['lock'],
  'import("holdfast").Job': ['job'],
  'typeof import("holdfast").openHoldfast': ['openHoldfast'],
  'import("holdfast").CheckpointStore': ['checkpoints'],
  'import("holdfast").CacheStore': ['cache'],
  'typeof import("node:fs")': ['fs'],
  string: ['id', 'userId', 'organizationId', 'conversationId', 'workflowId', 'key', 'token'],
  any: [
    'after', 'answer', 'ask', 'builder', 'bytes', 'count', 'createReadStream', 'HumanMessage',
    'input', 'item', 'makeReport', 'model', 'MySaver', 'n', 'namespace', 'onProgress',
    'openAsBlob', 'readMail', 'readProfile', 'secret', 'send', 'show', 'showTyping', 'signal',
    'thread', 'thread_id', 'tools', 'value', 'z',
  ],
}

/** The examples of a page as one module: each may use what those before it declared. */
function moduleOf(page: string): string | undefined {
  const blocks = [...page.matchAll(/^```(?:ts|js)\n([\s\S]*?)^```$/gm)].map(([, code]) => code!)
  if (blocks.length === 0) return undefined
  const imports = new Set<string>()
  const bodies = blocks.map((block) => block
    .replace(/\) …$/gm, ') {}').replaceAll('{ … }', '{}')
    .replace(/ … /g, ' 0 ').replace(/^…$/gm, '')
    .replace(/^export default /gm, 'void ')
    .replace(/^import [\s\S]*?from '[^']+'\n/gm, (line) => {
      imports.add(line)
      return ''
    }))
  const nested = bodies.map((body) => `{\n${body}`).join('') + '}'.repeat(bodies.length)
  return `${[...imports].join('')}export async function page() ${nested}\n`
}

/** Where the compiler finds what users import: the built types, which are not checked again. */
function entryPaths(): Record<string, string[]> {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    exports: Record<string, { types: string } | string>
  }
  return Object.fromEntries(Object.entries(exports).flatMap(([name, entry]) => {
    if (typeof entry === 'string') return []
    return [[name.replace('.', 'holdfast'), [join(root, entry.types)]]]
  }))
}

function written(): string[] {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const pages = [
    join(root, 'README.md'), ...readdirSync(guides).map((name) => join(guides, name))]
  const names = pages.flatMap((path, number) => {
    const text = moduleOf(readFileSync(path, 'utf8'))
    if (text === undefined) return []
    const name = `${path.slice(root.length).replace(/\W+/g, '-')}-${number}.ts`
    writeFileSync(join(folder, name), text)
    return [name]
  })
  const declared = Object.entries(given).flatMap(([type, constants]) =>
    constants.map((name) => `declare const ${name}: ${type}`))
  writeFileSync(join(folder, 'given.d.ts'),
    `${declared.join('\n')}\ntype RunnableConfig = any\n`)
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({
    extends: join(root, 'tsconfig.json'),
    // As users compile it, but that what examples take for granted is of any type, and that they
    // have no room for what is there in any list.
    compilerOptions: {
      noEmit: true, noImplicitAny: false, noUnusedLocals: false, noUnusedParameters: false,
      noUncheckedIndexedAccess: false, exactOptionalPropertyTypes: false,
      lib: ['ES2024', 'ESNext', 'DOM', 'DOM.AsyncIterable'], paths: entryPaths(),
    },
    include: ['*.ts'],
  }))
  return names
}

it('every example of the guides is of calls and options that there are', () => {
  const names = written()
  expect(names.length).toBeGreaterThan(20)
  const compiler = join(root, 'node_modules', 'typescript7', 'bin', 'tsc')
  const { stdout } = spawnSync(process.execPath, [compiler, '-p', folder], { encoding: 'utf8' })
  const faults = stdout.split('\n').filter((line) => line.includes('.documentation'))
  rmSync(folder, { recursive: true, force: true })
  expect(faults).toEqual([])
}, 120_000)
