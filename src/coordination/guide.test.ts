import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const guide = readFileSync(join(root, 'docs/guides/coordination.md'), 'utf8')

/** The last cell of every row of the tables whose last column is called Test. */
function namedTests(): string[] {
  const tables = guide.split(/\n\n+/).filter((part) => /^\|.*\| Test \|$/m.test(part))
  const rows = tables.flatMap((table) => table.trim().split('\n').slice(2))
  return rows.map((row) => /`([^`]+)` \|$/.exec(row)?.[1] ?? row)
}

it('docs/guides/coordination.md names a test for every row on degraded behaviour', () => {
  const tests = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.test(\.harness)?\.ts$/.test(path))
    .map((path) => readFileSync(join(root, 'src', path), 'utf8'))
  const named = namedTests()
  expect(named.length).toBeGreaterThan(15)
  const isTest = (name: string) =>
    tests.some((text) => text.includes(`it('${name}'`) || text.includes(`name: '${name}'`))
  expect(named.filter((name) => !isTest(name))).toEqual([])
})
