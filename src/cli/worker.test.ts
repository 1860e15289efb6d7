import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Holdfast, openHoldfast } from '../holdfast.js'
import { enginesNamed } from '../testing/backends.js'
import {
  ensureBuilt, type Running, runCli, startCli, temporaryFolder, titleOn,
} from '../testing/command-line.test.harness.js'
import { type DatabaseLease } from '../testing/engines.js'

let folder: ReturnType<typeof temporaryFolder>
const started: Running[] = []

beforeAll(async () => {
  await ensureBuilt()
  folder = temporaryFolder()
  for (const [name, text] of Object.entries({
    'whole.mjs': `export default {
      'double.it': ({ job }) => job.payload * 2,
      fail: () => { throw new Error('as it should') },
    }`,
    'parts.mjs': 'export const echo = async ({ job }) => job.payload\nexport const other = 1',
    'empty.mjs': 'export const nothing = 1',
    'broken.mjs': 'throw new Error("broken on purpose")',
    'torn.mjs': 'export default {',
  })) writeFileSync(join(folder.path, name), text)
}, 180_000)
afterAll(() => folder?.remove())
afterEach(async () => {
  for (const { signal } of started) signal('SIGKILL')
  await Promise.all(started.splice(0).map(({ end }) => end))
})

function begin(words: readonly string[], environment: Record<string, string> = {}): Running {
  const running = startCli(words, { cwd: folder.path, environment })
  started.push(running)
  return running
}

const run = (...words: string[]) => runCli(words, { cwd: folder.path })

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let count = 0; !(await condition()); count += 1) {
    if (count > 600) throw new Error('it did not come to pass')
    await sleep(50)
  }
}

for (const engine of enginesNamed('sqlite', 'postgres')) {
  describe.skipIf(engine.missing !== undefined)(titleOn(engine, 'work'), () => {
    let lease: DatabaseLease
    let holdfast: Holdfast

    beforeAll(async () => {
      lease = await engine.create()
      holdfast = await openHoldfast({ database: lease.url })
    })
    afterAll(async () => {
      await holdfast?.close()
      await lease?.drop()
    })

    const finished = async (id: string) => {
      const { queues } = holdfast.organization()
      await until(async () => (await queues.get(id)).finishedAt !== null)
      return queues.get(id)
    }

    it('is done by a worker until it is told to stop', async () => {
      const { queues } = holdfast.organization()
      const words = ['--handlers', 'whole.mjs', '--database', lease.url, '--json']
      const worker = begin(['worker', ...words])
      expect(JSON.parse(await worker.line(/^\{/)))
        .toEqual({ working: ['double.it', 'fail'], database: engine.name })
      const { id } = await queues.enqueue('double.it', { payload: 21 })
      expect(await finished(id)).toMatchObject({ state: 'completed', result: 42 })
      const doomed = await queues.enqueue('fail', { payload: 0, attemptsMax: 1 })
      expect(await finished(doomed.id)).toMatchObject({ state: 'dead' })
      worker.signal('SIGTERM')
      const { code, stderr } = await worker.end
      expect(code).toBe(0)
      expect(JSON.parse(worker.lines.at(-1)!))
        .toEqual({ completed: 1, failed: 1, released: 0, lost: 0 })
      expect(stderr).toMatch(/job \S+ of fail, attempt 1, failed: as it should/)
    })

    it('is done by a server with handlers, too', async () => {
      const { queues } = holdfast.organization()
      const words = ['--handlers', 'parts.mjs', '--database', lease.url, '--port', '0']
      const server = begin(['serve', ...words])
      await server.line(/listens on/)
      const { id } = await queues.enqueue('echo', { payload: 'hello' })
      expect(await finished(id)).toMatchObject({ result: 'hello' })
      server.signal('SIGTERM')
      expect((await server.end).code).toBe(0)
    })

    it('recurs by a scheduler, and by a server unless it shall not', async () => {
      const { queues, schedules } = holdfast.organization()
      await schedules.create({
        name: 'tick', queue: 'ticks', cron: '* * * * * *', overlap: true,
      })
      const fired = async () => (await queues.list('ticks', { limit: 200 })).data.length
      const database = ['--database', lease.url]
      const idle = begin(['serve', ...database, '--port', '0'], { HOLDFAST_RUN_SCHEDULER: 'false' })
      await idle.line(/listens on/)
      await sleep(2_500)
      expect(await fired()).toBe(0)
      for (const words of [['scheduler', '--json'], ['serve', '--port', '0', '--json']]) {
        const before = await fired()
        const running = begin([...words, ...database])
        await running.line(/^\{/)
        await until(async () => await fired() > before + 1)
        running.signal('SIGTERM')
        expect((await running.end).code).toBe(0)
      }
      await schedules.delete('tick')
      const { data } = await queues.list('ticks', { limit: 200 })
      expect(new Set(data.map(({ dedupeKey }) => dedupeKey)).size).toBe(data.length)
    }, 60_000)
  })
}

describe('a worker that cannot work', () => {
  it.each([
    [['--handlers', 'missing.mjs'], [1, 'handlers_unusable', /missing\.mjs cannot be loaded/]],
    [['--handlers', 'broken.mjs'], [1, 'handlers_unusable', /broken on purpose/]],
    [['--handlers', 'torn.mjs'], [1, 'handlers_unusable', /node --check torn\.mjs shows where/]],
    [['--handlers', 'empty.mjs'], [1, 'handlers_unusable', /exports no handler; write: export/]],
    [['--handlers', 'whole.mjs', '--queues', 'no'], [2, 'usage', /--queues .*: double\.it, fail/]],
    [['--handlers', 'whole.mjs', '--lease-seconds', '0'], [2, 'usage', /--lease-seconds must be/]],
    [['--handlers', 'whole.mjs', '--grace-seconds', 'x'], [2, 'usage', /--grace-seconds must be/]],
  ] as const)('with %j says why', async (words, [code, name, message]) => {
    const ended = await run('worker', '--database', 'sqlite:never.db', '--json', ...words)
    expect([ended.code, ended.stdout]).toEqual([code, ''])
    const { error } = JSON.parse(ended.stderr) as { error: { code: string; message: string } }
    expect(error).toEqual({ code: name, message: expect.stringMatching(message) })
  })

  it.each([['worker', '--handlers', 'whole.mjs'], ['scheduler']])('in memory refuses: %s',
    async (...words) => {
      const ended = await run(...words, '--database', 'memory:', '--json')
      expect(ended.code).toBe(1)
      expect(JSON.parse(ended.stderr)).toMatchObject({ error: { code: 'database_in_memory' } })
    })
})
