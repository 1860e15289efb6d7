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

it.each([
  [['--from', 'yesterday'], 1, /^holdfast: --from must be a day/],
  [['--from', '2026-02-02', '--to', '2026-01-01'], 1, /^holdfast: --from must not be after --to/],
  [['--time-zone', 'Mars/X'], 1, /^holdfast: --time-zone must be an IANA time zone/],
  [['--top', 'fame'], 1, /^holdfast: --top must be/],
  [['--top', 'cost', '--limit', '1e1'], 2, /^holdfast: --limit must be a whole number/],
  [['--limit', '5'], 2, /^holdfast: --limit needs --top/],
])('usage %j names the flag that is wrong', async (words, code, message) => {
  const wrong = await cli(...words)
  expect([wrong.code, wrong.stderr]).toEqual([code, expect.stringMatching(message)])
}, 60_000)
