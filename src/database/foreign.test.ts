import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sqliteDriver } from './dialects/sqlite-driver.js'
import { ForeignFile } from './foreign.js'

const rowCount = 2_000

let folder: string
let path: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-foreign-'))
  path = join(folder, 'other.sqlite')
  const database = new (sqliteDriver().DatabaseSync)(path, {})
  database.exec(`
    create table numbers (n integer primary key, text text);
    with recursive counted (n) as (
      select 1 union all select n + 1 from counted where n < ${rowCount})
    insert into numbers select n, 'number ' || n from counted`)
  database.close()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Reads a file while the collector frees whatever nobody holds, as in a process that runs long. */
const reader = `
import { ForeignFile } from '${new URL('../../dist/', import.meta.url).href}database/foreign.js'
const file = new ForeignFile(process.argv.at(-1))
let rows = 0
for (const { n } of file.rows({ name: 'numbers', columns: ['n'] }, ['n'])) {
  rows += 1
  if (n !== rows) throw new Error(String(n))
  if (rows % 20 !== 0) continue
  gc()
  await new Promise((resolve) => setImmediate(resolve))
  for (let count = 0; count < 50; count++) file.find({ name: 'numbers', columns: ['n'] }, 'n', '1')
}
file.close()
process.stdout.write(String(rows))`

describe('a file of another program', () => {
  it('is read to its end while the collector is at work, in code that is compiled', () => {
    const { stdout, stderr, status, signal } = spawnSync(process.execPath, [
      '--expose-gc', '--always-turbofan', '--input-type=module', '--eval', reader, 'reader', path,
    ], { encoding: 'utf8' })
    expect({ stdout, stderr, status, signal }).toEqual(
      { stdout: String(rowCount), stderr: '', status: 0, signal: null })
  })

  it('may be left in the middle, read again, and is closed', () => {
    const file = new ForeignFile(path)
    const read = () => file.rows({ name: 'numbers', columns: ['n', 'text'] }, ['n'])
    for (const row of read()) {
      expect(row).toEqual({ n: 1, text: 'number 1' })
      break
    }
    expect([...read()]).toHaveLength(rowCount)
    file.close()
    expect(() => [...read()]).toThrow()
  })

  it('that is none is refused by name', () => {
    const other = join(folder, 'other.txt')
    writeFileSync(other, 'no database at all, '.repeat(100))
    expect(() => new ForeignFile(other)).toThrow(`${other} cannot be read as a database`)
  })
})
