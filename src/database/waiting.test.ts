import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { CoalescingWriter } from './coalesce.js'
import { connect } from './connect.js'
import { Database, repeated } from './database.js'
import { type Backend } from './engine.js'
import { Busy, TransactionConflict } from './failures.js'

const pause = (ms: number) => new Promise((done) => { setTimeout(done, ms) })
const answered = <T>(call: Promise<T>) => call.then((value) => value, (error: unknown) => error)

describe('a call behind a slow batch', () => {
  it('is refused as Busy in time; the batch itself and later calls are not', async () => {
    let release = () => undefined as void
    const slow = new Promise<void>((done) => { release = done })
    const batches: string[][] = []
    const writer = new CoalescingWriter<string, string>({
      write: async (inputs) => {
        batches.push([...inputs])
        if (inputs.includes('slow')) await slow
        return inputs.map((value) => ({ value }))
      },
      orderKey: () => 'one', weigh: () => 1, waitingTimeoutMs: 600,
    })
    const first = answered(writer.append('slow'))
    await pause(20)
    const late = answered(writer.append('late'))
    await pause(400)
    const inTime = answered(writer.append('in time'))
    expect(await late).toBeInstanceOf(Busy)
    release()
    expect(await first).toBe('slow')
    expect(await inTime).toBe('in time')
    expect(batches).toEqual([['slow'], ['in time']])
  })
})

describe('a database that was busy for the whole time-out', () => {
  it('is not asked again for each call of a batch', async () => {
    let asked = 0
    const writer = new CoalescingWriter<string, string>({
      write: async () => {
        asked += 1
        throw new Busy('Busy.')
      },
      orderKey: () => 'one', weigh: () => 1,
    })
    const calls = ['a', 'b', 'c'].map((text) => answered(writer.append(text)))
    for (const answer of await Promise.all(calls)) expect(answer).toBeInstanceOf(Busy)
    expect(asked).toBe(1)
  })

  it('is not asked again by repeatable work, as a conflict is', async () => {
    const count = async (error: Error) => {
      let asked = 0
      await answered(repeated(async () => {
        asked += 1
        throw error
      }))
      return asked
    }
    expect(await count(new Busy('Busy.'))).toBe(1)
    expect(await count(new TransactionConflict('Conflict.'))).toBeGreaterThan(1)
  })
})

describe('a SQLite file that another connection locks', () => {
  const opened: Backend[] = []
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-'))
  afterEach(async () => {
    await Promise.all(opened.map((backend) => backend.close()))
    rmSync(folder, { recursive: true, force: true })
  })

  it('refuses everything that waits after one time-out, and stays awake meanwhile', async () => {
    // In turn they would take twelve of these; a busy machine is late by less than two.
    const acquireTimeoutMs = 1_000
    const open = async () => {
      const backend = await connect(`sqlite:${join(folder, 'test.db')}`, { acquireTimeoutMs })
      opened.push(backend)
      return backend
    }
    const [owner, other] = [await open(), await open()]
    const create = { sql: 'create table t (a integer) strict', parameters: [] }
    await owner.run(create)
    let ticks = 0
    const ticking = setInterval(() => (ticks += 1), 10)
    await owner.transaction(async (session) => {
      await session.run({ sql: 'insert into t values (1)', parameters: [] })
      const insert = { sql: 'insert into t values (2)', parameters: [] }
      const database = Database.over(other)
      const startMs = performance.now()
      const calls = Array.from({ length: 12 }, (_, index) =>
        answered(index % 2 === 0
          ? other.run(insert)
          : database.transaction((inside) => inside.execute(insert))),
      )
      for (const answer of await Promise.all(calls)) expect(answer).toBeInstanceOf(Busy)
      expect(performance.now() - startMs).toBeLessThan(3 * acquireTimeoutMs)
    })
    clearInterval(ticking)
    expect(ticks).toBeGreaterThan(10)
    const { rows } = await other.run({ sql: 'select a from t', parameters: [], readOnly: true })
    expect(rows).toEqual([{ a: 1 }])
  })
})
