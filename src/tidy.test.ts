import { describe, expect, it } from 'vitest'
import { errorCatalogue } from './tidy/catalogue.js'
import { importDirection, orphans } from './tidy/imports.js'
import {
  engineNames, functionLength, parameters, reasonForAny, skippedTests,
} from './tidy/syntax.js'
import { columns, fileLength, names, unfinishedWork, weakSignals } from './tidy/text.js'
import { readTree, type Rule, type Violation } from './tidy/tree.js'

const rules: readonly Rule[] = [
  columns, fileLength, functionLength, parameters, reasonForAny, importDirection, engineNames,
  names, orphans, errorCatalogue, unfinishedWork, skippedTests,
  weakSignals,
]

function written({ path, line, rule, detail }: Violation): string {
  return `${path}:${line} ${rule}: ${detail}`
}

function lines(count: number, line: string): string {
  return Array.from({ length: count }, () => line).join('\n')
}

type Files = Readonly<Record<string, string>>

interface Example {
  readonly rule: Rule
  readonly name: string
  readonly files: Files
  /** `path:line` of each violation, in order; none when absent. */
  readonly at?: readonly string[]
}

const errors = `export const Gone = defineError('Gone', { code: 'gone', status: 404 })\n`

const breaking: readonly Example[] = [
  { rule: columns, name: 'a line of 101 columns', at: ['src/ids.ts:2'],
    files: { 'src/ids.ts': `\n// ${'x'.repeat(98)}` } },
  { rule: columns, name: 'a wide line of a script', at: ['scripts/a.mjs:1'],
    files: { 'scripts/a.mjs': 'x'.repeat(101) } },
  { rule: fileLength, name: 'a file of 401 lines', at: ['src/ids.ts:401'],
    files: { 'src/ids.ts': lines(401, '//') } },
  { rule: functionLength, name: 'a function of 71 lines', at: ['src/ids.ts:1'],
    files: { 'src/ids.ts': `function long() {\n${lines(69, '  step()')}\n}` } },
  { rule: functionLength, name: 'a method of 71 lines', at: ['src/ids.ts:2'],
    files: { 'src/ids.ts': `class A {\n  long() {\n${lines(69, 'step()')}\n  }\n}` } },
  { rule: functionLength, name: 'a long describe outside a test file', at: ['src/ids.ts:1'],
    files: { 'src/ids.ts': `describe('a', () => {\n${lines(69, 'step()')}\n})` } },
  { rule: functionLength, name: 'a long test in a describe', at: ['src/a.test.ts:2'],
    files: { 'src/a.test.ts':
      `describe('a', () => {\n  it('b', () => {\n${lines(69, 'step()')}\n  })\n})` } },
  { rule: functionLength, name: 'a long inner describe', at: ['src/a.test.ts:2'],
    files: { 'src/a.test.ts':
      `contract('a', () => {\n  describe('b', () => {\n${lines(69, 'step()')}\n  })\n})` } },
  { rule: parameters, name: 'four parameters', at: ['src/ids.ts:1', 'src/ids.ts:2'],
    files: { 'src/ids.ts':
      'const f = (a: A, b: B, c: C, d: D) => a\ninterface I { m(a: A, b: B, c: C, d: D): X }' } },
  { rule: reasonForAny, name: 'any without a word', at: ['src/ids.ts:2'],
    files: { 'src/ids.ts': 'const a = 1\nexport let b: Map<string, any>' } },
  { rule: reasonForAny, name: 'any beside a comment of one word', at: ['src/ids.ts:1'],
    files: { 'src/ids.ts': 'export let b: any // sorry' } },
  { rule: importDirection, name: 'an import upward', at: ['src/database/a.ts:1'],
    files: { 'src/database/a.ts': `import { x } from '../http/b.js'`, 'src/http/b.ts': '' } },
  { rule: importDirection, name: 'an import of a type upward', at: ['src/ids.ts:1'],
    files: { 'src/ids.ts': `export let a: import('./holdfast.js').H`, 'src/holdfast.ts': '' } },
  { rule: importDirection, name: 'an import when asked for', at: ['src/locks/a.ts:1'],
    files: { 'src/locks/a.ts': `await import('../server/b.js')`, 'src/server/b.ts': '' } },
  { rule: importDirection, name: 'a neighbour on the same floor', at: ['src/usage/a.ts:1'],
    files: { 'src/usage/a.ts': `export * from '../agents/index.js'`, 'src/agents/index.ts': '' } },
  { rule: importDirection, name: 'the inside of another domain', at: ['src/usage/a.ts:1'],
    files: { 'src/usage/a.ts': `import '../audit/store.js'`, 'src/audit/store.ts': '' } },
  { rule: importDirection, name: 'a domain that knows the whole', at: ['src/usage/a.ts:1'],
    files: { 'src/usage/a.ts': `import '../tables.js'`, 'src/tables.ts': '' } },
  { rule: importDirection, name: 'a client that knows the server', at: ['src/client/a.ts:1'],
    files: { 'src/client/a.ts': `import '../errors.js'`, 'src/errors.ts': '' } },
  { rule: importDirection, name: 'a server that knows the commands', at: ['src/server/a.ts:1'],
    files: { 'src/server/a.ts': `import '../cli/b.js'`, 'src/cli/b.ts': '' } },
  { rule: importDirection, name: 'a test of a domain above itself', at: ['src/usage/a.test.ts:1'],
    files: { 'src/usage/a.test.ts': `import '../server/b.js'`, 'src/server/b.ts': '' } },
  { rule: importDirection, name: 'the package by its own name', at: ['src/cli/a.ts:1'],
    files: { 'src/cli/a.ts': `import 'holdfast/server'` } },
  { rule: importDirection, name: 'a folder on no floor', at: ['src/cellar/a.ts:1'],
    files: { 'src/cellar/a.ts': '' } },
  { rule: engineNames, name: 'a comparison with a name', at: ['src/usage/a.ts:1'],
    files: { 'src/usage/a.ts': `if (engine.name === 'sqlite') run()` } },
  { rule: engineNames, name: 'a comparison with a constant', at: ['src/usage/a.ts:1'],
    files: { 'src/usage/a.ts': 'if (database.engine.name !== wanted) run()' } },
  { rule: engineNames, name: 'a switch', at: ['src/usage/a.ts:1', 'src/usage/a.ts:2'],
    files: { 'src/usage/a.ts': `switch (this.engine.name) {\n  case 'postgres': run()\n}` } },
  { rule: engineNames, name: 'a look at the URL', at: ['src/cli/a.ts:1'],
    files: { 'src/cli/a.ts': `if (url.startsWith('postgres:')) run()` } },
  { rule: engineNames, name: 'a table of engines', at: ['src/usage/a.ts:1'],
    files: { 'src/usage/a.ts': 'const limit = limits[engine.name]' } },
  { rule: names, name: 'an empty word', at: ['src/database/stringUtils.ts:1', 'src/common/a.ts:1'],
    files: { 'src/database/stringUtils.ts': '', 'src/common/a.ts': '' } },
  { rule: orphans, name: 'a file nobody imports', at: ['src/usage/a.ts:1'],
    files: { 'src/usage/a.ts': '' } },
  { rule: orphans, name: 'a file only its test imports', at: ['src/usage/a.ts:1'],
    files: { 'src/usage/a.ts': '', 'src/usage/a.test.ts': `import './a.js'` } },
  { rule: errorCatalogue, name: 'a code without a row', at: ['src/usage/errors.ts:1'],
    files: { 'src/usage/errors.ts': errors } },
  { rule: errorCatalogue, name: 'a row without a code', at: ['docs/reference/errors.md:2'],
    files: { 'docs/reference/errors.md': '| code |\n| `lost` | 404 |' } },
  { rule: errorCatalogue, name: 'a code defined twice', at: ['src/b.ts:1'],
    files: { 'src/a.ts': errors, 'src/b.ts': errors,
      'docs/reference/errors.md': '| `gone` | 404 |' } },
  { rule: unfinishedWork, name: 'work left for later', at: ['src/ids.ts:1', 'src/ids.ts:2'],
    files: { 'src/ids.ts': `// ${'TO' + 'DO'} later\n/* ${'HA' + 'CK'} */` } },
  { rule: weakSignals, name: 'signals joined by the platform', at: ['src/a.ts:1'],
    files: { 'src/a.ts': 'AbortSignal.any([a, b])' } },
  { rule: skippedTests, name: 'a skipped test', at: ['src/a.test.ts:1', 'src/a.test.ts:2'],
    files: { 'src/a.test.ts': `it.skip('a', f)\ndescribe.only.each([])('b', f)` } },
  { rule: skippedTests, name: 'a test skipped by an option', at: ['src/a.test.ts:1'],
    files: { 'src/a.test.ts': `it('a', { skip: true }, f)` } },
]

const keeping: readonly Example[] = [
  { rule: columns, name: 'a line of 100 columns, of any letters',
    files: { 'src/ids.ts': 'é😀'.repeat(50) } },
  { rule: fileLength, name: 'a file of 400 lines',
    files: { 'src/ids.ts': `${lines(400, '//')}\n` } },
  { rule: functionLength, name: 'a function of 70 lines under a long comment',
    files: { 'src/ids.ts': `${lines(20, '// why')}\nfunction f() {\n${lines(68, 'step()')}\n}` } },
  { rule: functionLength, name: 'the outermost suite of a test file',
    files: { 'src/a.test.ts': `contract('a', (open) => {\n${lines(200, 'step()')}\n})` } },
  { rule: parameters, name: 'three parameters and this',
    files: { 'src/ids.ts': 'function f(this: T, a: A, b: B, c: C) {}' } },
  { rule: reasonForAny, name: 'any with its reason',
    files: { 'src/ids.ts': '// The driver types its rows so.\nexport let a: any' } },
  { rule: importDirection, name: 'imports downward and within a folder',
    files: {
      'src/usage/a.ts': `import '../audit/index.js'\nimport './b.js'\nimport '../errors.js'`,
      'src/usage/b.ts': `import '../database/page.js'`,
      'src/usage/c.test.ts': `import '../testing/index.js'\nimport './b.js'`,
      'src/audit/index.ts': '', 'src/errors.ts': '', 'src/database/page.ts': '',
      'src/testing/index.ts': `import '../holdfast.js'`,
      'src/holdfast.ts': `import './usage/index.js'`, 'src/usage/index.ts': '',
      'src/server/a.test.ts': `import '../cli/a.js'\nimport '../usage/b.js'`,
      'src/cli/a.ts': `import '../server/b.js'\nimport '../holdfast.js'`, 'src/server/b.ts': '',
    } },
  { rule: engineNames, name: 'names that are handed on or compared below',
    files: {
      'src/cli/a.ts': `connect('sqlite:./a.db', { kind: 'postgres' })`,
      'src/database/a.ts': `if (engine.name === 'sqlite') run()`,
      'src/usage/a.ts': `if (file.name === 'a') run()`,
    } },
  { rule: names, name: 'a service token',
    files: { 'src/identity/service-tokens.ts': '', 'src/identity/service_token/a.ts': '' } },
  { rule: orphans, name: 'entry points, and files that are imported',
    files: {
      'package.json': '{"types":"./dist/index.d.ts"}',
      'src/index.ts': `import './cli/a.js'`, 'src/cli/a.ts': `new URL('./b.js', import.meta.url)`,
      'src/cli/b.ts': '', 'src/cli/a.test.ts': '',
    } },
  { rule: errorCatalogue, name: 'a code and its row',
    files: { 'src/a.ts': errors, 'docs/reference/errors.md': '| `gone` | 404 |' } },
  { rule: weakSignals, name: 'a test, and other ways to get a signal',
    files: { 'src/a.test.ts': 'AbortSignal.any([a])', 'src/a.ts': 'AbortSignal.timeout(5)' } },
  { rule: unfinishedWork, name: 'a word that only contains a mark',
    files: { 'src/ids.ts': '// The hackney carriage.' } },
  { rule: skippedTests, name: 'the harness, and skips of other things',
    files: { 'src/testing/contract.ts': `describe.skip('why', f)`,
      'src/a.ts': 'page.skip = 3\nread({ skip: 3 })' } },
]

describe('the project', () => {
  const tree = readTree()

  it('is read from disk', () => {
    expect([...tree.keys()]).toContain('src/tidy.test.ts')
    expect([...tree.keys()]).toContain('package.json')
  })

  it.each(rules)('keeps the rule $name', ({ check }) => {
    const found = check(tree)
    if (found.length > 0) expect.fail(`\n${found.map(written).join('\n')}\n`)
  })
})

describe('the rules', () => {
  it.each(breaking)('$rule.name reports $name', ({ rule, files, at }) => {
    const found = rule.check(new Map(Object.entries(files)))
    expect(found.map(({ path, line }) => `${path}:${line}`)).toEqual(at)
    expect(found.every((violation) => violation.rule === rule.name)).toBe(true)
  })

  it.each(keeping)('$rule.name lets pass $name', ({ rule, files }) => {
    expect(rule.check(new Map(Object.entries(files))).map(written)).toEqual([])
  })

  it('are each tried by an example that breaks them and one that keeps them', () => {
    expect(rules.filter((rule) => !breaking.some((example) => example.rule === rule))).toEqual([])
    expect(rules.filter((rule) => !keeping.some((example) => example.rule === rule))).toEqual([])
  })
})
