import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  ensureBuilt, type Running, startCli, temporaryFolder, titleOn,
} from '../testing/command-line.test.harness.js'
import { testEngines } from '../testing/engines.js'

let folder: ReturnType<typeof temporaryFolder>
const started: Running[] = []

beforeAll(async () => {
  await ensureBuilt()
  folder = temporaryFolder()
  writeFileSync(join(folder.path, 'workflows.mjs'), `export default {
    flow: async ({ run, step }) => ({ twice: await step('double', () => run.input * 2) }),
  }`)
}, 180_000)
afterAll(() => folder?.remove())
afterEach(async () => {
  for (const { signal } of started) signal('SIGKILL')
  await Promise.all(started.splice(0).map(({ end }) => end))
})

function serve(...words: string[]): Running {
  const running = startCli(['serve', '--port', '0', '--json', ...words], { cwd: folder.path })
  started.push(running)
  return running
}

type Answer = Readonly<Record<string, unknown>>

for (const engine of testEngines()) {
  describe.skipIf(engine.missing !== undefined)(titleOn(engine, 'serve --workflows'), () => {
    it('runs what is asked for over HTTP, in one process', async () => {
      const lease = await engine.create()
      try {
        const running = serve('--workflows', 'workflows.mjs', '--run-queues', 'mine, runs',
          '--database', lease.url)
        const { url, admin_token: token } = JSON.parse(await running.line(/^\{/)) as Answer
        const call = async (path: string, body?: unknown): Promise<Answer> => {
          const answer = await fetch(`${String(url)}/v1${path}`, {
            method: body === undefined ? 'GET' : 'POST',
            headers: {
              authorization: `Bearer ${String(token)}`, 'content-type': 'application/json',
            },
            ...(body === undefined ? {} : { body: JSON.stringify(body) }),
          })
          expect(answer.ok).toBe(true)
          return await answer.json() as Answer
        }
        await call('/workflows', { name: 'x', handle: 'flow' })
        await call('/workflows/flow/versions', { graph: { a: 1 } })
        for (const queue of ['runs', 'mine']) {
          let run = await call('/workflows/flow/runs', { input: 21, queue })
          for (const untilMs = performance.now() + 20_000; run.finished_at === null;) {
            expect(performance.now()).toBeLessThan(untilMs)
            await sleep(50)
            run = await call(`/runs/${String(run.id)}`)
          }
          expect(run).toMatchObject({ status: 'succeeded', output: { twice: 42 }, step_count: 1 })
        }
        running.signal('SIGTERM')
        expect((await running.end).code).toBe(0)
      } finally {
        await lease.drop()
      }
    }, 60_000)
  })
}

describe('serve --workflows', () => {
  it('says why it does not start without the module', async () => {
    const { code, stderr } = await serve('--workflows', 'none.mjs', '--database', 'memory:').end
    expect(code).toBe(1)
    expect(JSON.parse(stderr.trimEnd().split('\n').at(-1)!))
      .toMatchObject({ error: { code: 'handlers_unusable' } })
  })
})
