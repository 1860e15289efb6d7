import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openHoldfast } from '../holdfast.js'
import { ensureBuilt, runCli, temporaryFolder } from '../testing/command-line.test.harness.js'

let folder: ReturnType<typeof temporaryFolder>

beforeAll(async () => {
  await ensureBuilt()
  folder = temporaryFolder()
}, 180_000)
afterAll(() => folder?.remove())

const environment = { HOLDFAST_DATABASE_URL: 'sqlite:usage.db' }
const cli = (...words: string[]) => runCli(['usage', ...words], { cwd: folder.path, environment })

it('usage is summed by day and ranked, in words and in JSON', async () => {
  const holdfast = await openHoldfast({ database: `sqlite:${join(folder.path, 'usage.db')}` })
  const { usage } = holdfast.organization()
  const on = (day: number, model: string | null, costUsd: string) => ({
    type: 'model_call', model, costUsd, tokensIn: 10, tokensOut: 1,
    occurredAt: `2026-01-0${day}T12:00:00.000000Z`,
  })
  await usage.recordMany([on(1, 'a', '0.1'), on(1, null, '0.2'), on(2, 'b', '1')])
  await holdfast.close()
  const january = ['--from', '2026-01-01', '--to', '2026-01-31']
  const days = await cli(...january)
  expect([days.code, days.stdout])
    .toEqual([0, '2026-01-01\t2\t20\t2\t0.3\n2026-01-02\t1\t10\t1\t1\n'])
  const top = await cli(...january, '--by', 'model', '--top', 'cost', '--limit', '2', '--json')
  expect(top.stdout.trim().split('\n').map((line) => JSON.parse(line))).toMatchObject([
    { model: 'b', events: 1, cost_usd: '1' }, { model: null, cost_usd: '0.2', tokens_in: 10 },
  ])
  const wrong = await cli('--by', 'hour')
  expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringMatching(/by must be of day/)])
}, 60_000)
