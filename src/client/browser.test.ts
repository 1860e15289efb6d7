import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const folder = fileURLToPath(new URL('.', import.meta.url))
const sources = readdirSync(folder)
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  .map((name) => join(folder, name))

describe('the client in a browser', () => {
  it('imports nothing but its own folder', () => {
    const imported = sources.flatMap((path) =>
      ts.preProcessFile(readFileSync(path, 'utf8')).importedFiles.map(({ fileName }) => fileName),
    )
    expect(imported.length).toBeGreaterThan(10)
    expect(imported.filter((name) => !/^\.\/[a-z]+\.js$/.test(name))).toEqual([])
  })

  it('needs no types and no globals of Node', () => {
    const program = ts.createProgram(sources, {
      target: ts.ScriptTarget.ES2023,
      lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      types: [],
      strict: true,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: false,
      noEmit: true,
    })
    const found = ts.getPreEmitDiagnostics(program).map(({ file, messageText }) =>
      `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
    )
    expect(found).toEqual([])
  })
})
