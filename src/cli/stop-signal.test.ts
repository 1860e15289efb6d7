import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect } from '../database/connect.js'
import { enginesNamed } from '../testing/backends.js'
import {
  ensureBuilt, startCli, temporaryFolder, titleOn,
} from '../testing/command-line.test.harness.js'

const waiting = `select count(*) as count from pg_locks where locktype = 'advisory' and not granted
  and database = (select oid from pg_database where datname = current_database())`

for (const engine of enginesNamed('postgres')) {
  describe.skipIf(engine.missing !== undefined)(titleOn(engine, 'a signal'), () => {
    let folder: ReturnType<typeof temporaryFolder>
    beforeAll(async () => {
      await ensureBuilt()
      folder = temporaryFolder()
    }, 180_000)
    afterAll(() => folder?.remove())

    it.each([
      ['serve', '--port', '0'], ['worker', '--open-floor'], ['scheduler'],
    ])('ends %s while it waits for another process to migrate', async (...words) => {
      const lease = await engine.create()
      const backend = await connect(lease.url, { poolMax: 2 })
      const count = async () => {
        const { rows } = await backend.run({ sql: waiting, parameters: [], reach: null })
        return Number(rows[0]!.count)
      }
      try {
        await backend.exclusive(async () => {
          const running = startCli([...words, '--database', lease.url], { cwd: folder.path })
          await expect.poll(count, { timeout: 30_000 }).toBe(1)
          running.signal('SIGTERM')
          expect(await running.end).toMatchObject({ code: 0, stdout: '' })
        })
      } finally {
        await backend.close()
        await lease.drop()
      }
    })
  })
}

describe('a signal', () => {
  let folder: ReturnType<typeof temporaryFolder>
  beforeAll(async () => {
    await ensureBuilt()
    folder = temporaryFolder()
    writeFileSync(join(folder.path, 'slow.mjs'), `
      console.log('begun')
      await new Promise((done) => setTimeout(done, 20_000))
      export const mail = () => {}`)
  }, 180_000)
  afterAll(() => folder?.remove())

  it.each([
    ['serve', '--port', '0'], ['worker'],
  ])('ends %s while its handlers are still being loaded', async (...words) => {
    const all = [...words, '--handlers', 'slow.mjs', '--database', 'sqlite:slow.db']
    const running = startCli(all, { cwd: folder.path })
    await running.line(/begun/)
    const sinceMs = performance.now()
    running.signal('SIGTERM')
    expect(await running.end).toMatchObject({ code: 0, stdout: 'begun\n' })
    expect(performance.now() - sinceMs).toBeLessThan(10_000)
  })
})
