import { execFileSync } from 'node:child_process'
import {
  existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const linesMax = 12
const firstScreen = 40

/** The first block of JavaScript that the README's reader sees. */
function readmeCode(): string {
  const lines = readFileSync(join(root, 'README.md'), 'utf8').split(/\r?\n/)
  const begin = lines.indexOf('```js')
  if (begin === -1 || begin > firstScreen) {
    throw new Error(`README.md has no \`\`\`js block in its first ${firstScreen} lines`)
  }
  return `${lines.slice(begin + 1, lines.indexOf('```', begin + 1)).join('\n')}\n`
}

describe('the example of the README', () => {
  let folder: string

  beforeEach(() => {
    const built = existsSync(join(root, 'dist', 'index.js'))
    if (!built) throw new Error('The example runs the built package: run npm run build first.')
    folder = mkdtempSync(join(tmpdir(), 'holdfast-quickstart-'))
    mkdirSync(join(folder, 'node_modules'))
    symlinkSync(root, join(folder, 'node_modules', 'holdfast'), 'junction')
  })

  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const run = () =>
    execFileSync(process.execPath, ['readme.mjs'], { cwd: folder, encoding: 'utf8' })

  it('runs as it stands, with nothing but the package installed', () => {
    writeFileSync(join(folder, 'readme.mjs'), readmeCode())
    expect(run()).toBe("[ 'user: Remember me?' ]\n")
    expect(readdirSync(folder)).toContain('agent.db')
    // On the file of the first run, as an agent that is started again.
    expect(run()).toBe("[ 'user: Remember me?' ]\n")
  })

  it(`is quickstart.mjs, in at most ${linesMax} lines`, () => {
    const example = readFileSync(join(root, 'examples', 'quickstart', 'quickstart.mjs'), 'utf8')
    expect(example).toBe(readmeCode())
    expect(example.trimEnd().split('\n').filter(Boolean).length).toBeLessThanOrEqual(linesMax)
  })
})
