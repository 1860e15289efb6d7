import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
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
    const place = mkdtempSync(join(tmpdir(), 'holdfast-browser-'))
    const project = join(place, 'tsconfig.json')
    writeFileSync(project, JSON.stringify({
      compilerOptions: {
        target: 'es2023', lib: ['es2023', 'dom', 'dom.iterable'], module: 'nodenext',
        types: [], strict: true, noUncheckedIndexedAccess: true, noEmit: true,
      },
      files: sources,
    }))
    const compiler = join(folder, '..', '..', 'node_modules', 'typescript7', 'bin', 'tsc')
    const { status, stdout, stderr } =
      spawnSync(process.execPath, [compiler, '-p', project], { encoding: 'utf8' })
    rmSync(place, { recursive: true })
    expect([stdout + stderr, status]).toEqual(['', 0])
  })
})
