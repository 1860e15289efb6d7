import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openHoldfast } from '../holdfast.js'
import { enginesNamed } from '../testing/backends.js'
import {
  ensureBuilt, sharedCli, temporaryFolder, titleOn,
} from '../testing/command-line.test.harness.js'
import { type DatabaseLease } from '../testing/engines.js'
import { ManualClock } from '../testing/sources.js'
import { presentRun, presentStep } from '../workflows/index.js'
import { run } from './program.js'
import { Terminal } from './terminal.js'

const runCliHere = sharedCli(run, Terminal)
let folder: ReturnType<typeof temporaryFolder>

beforeAll(async () => {
  await ensureBuilt()
  folder = temporaryFolder()
}, 180_000)
afterAll(() => folder?.remove())

for (const engine of enginesNamed('sqlite', 'postgres')) {
  describe.skipIf(engine.missing !== undefined)(titleOn(engine, 'workflows'), () => {
    let lease: DatabaseLease
    beforeAll(async () => {
      lease = await engine.createReady()
    })
    afterAll(() => lease?.drop())

    const cli = (...words: string[]) => runCliHere(words, {
      cwd: folder.path, environment: { HOLDFAST_DATABASE_URL: lease.url },
    })
    const json = async (...words: string[]) => {
      const { code, stdout, stderr } = await cli(...words, '--json')
      expect([code, stderr]).toEqual([0, ''])
      return stdout.trimEnd().split('\n').map((line) => JSON.parse(line))
    }

    it('are listed, shown, compared and run; runs are told, cancelled and repeated', async () => {
      const holdfast = await openHoldfast({ database: lease.url })
      const { workflows, runs } = holdfast.organization()
      const { id } = await workflows.create({ name: 'x', handle: 'flow', tags: ['t'] })
      await workflows.createVersion('flow', { graph: { a: 1 } })
      await workflows.createVersion('flow', { graph: { a: 2 } })
      expect(await json('workflow', 'list', '--tag', 't')).toEqual([
        { workflows: [expect.objectContaining({ id, handle: 'flow', versions: 2 })] },
      ])
      const [shown] = await json('workflow', 'show', 'flow', '--at', '1')
      expect(shown).toMatchObject({ workflow: { id }, version: { number: 1, graph: { a: 1 } } })
      const { stdout } = await cli('workflow', 'diff', 'flow', '1')
      expect(stdout).toContain('-  "a": 1\n+  "a": 2\n')
      const [made] = await json('workflow', 'run', 'flow', '--input', '{"b": 3}')
      expect(await runs.get(made.id)).toMatchObject({ version: 2, input: { b: 3 }, queue: 'runs' })
      await runs.start(made.id)
      await runs.steps.append(made.id, { name: 'one', output: 1 })
      expect(await json('run', 'list', '--workflow', 'flow', '--status', 'running'))
        .toEqual([{
          runs: [expect.objectContaining({ id: made.id, step_count: 1 })], next_cursor: null,
        }])
      expect(await json('run', 'cancel', made.id)).toEqual([{ id: made.id, status: 'cancelled' }])
      const tail = await json('run', 'tail', made.id)
      expect(tail.map(({ kind }) => kind)).toEqual(['step', 'run'])
      const [again] = await json('run', 'rerun', made.id, '--from-step', '2')
      expect(await runs.get(again.id)).toMatchObject({ parentRunId: made.id, stepCount: 1 })
      await holdfast.close()
    })

    it('are told in the names of the API, whole, and to people in words', async () => {
      const holdfast = await openHoldfast({ database: lease.url })
      const { workflows, runs } = holdfast.organization()
      await workflows.create({ name: 'x', handle: 'long' })
      await workflows.createVersion('long', { graph: 1 })
      const { id } = await runs.create('long', { queue: null, input: 'i'.repeat(600) })
      await runs.start(id)
      const named = (from: number, count: number) =>
        Array.from({ length: count }, (_, index) => ({ name: `s${from + index}` }))
      await runs.steps.appendMany(id, named(1, 205))
      await runs.steps.append(id, { name: 'bad', status: 'failed', error: 'why' })
      await runs.fail(id, 'no')
      const [version] = await json('workflow', 'show', 'long')
      expect(version).toMatchObject({
        workflow: { handle: 'long', version_count: 1 },
        version: { number: 1, created_by: 'program' },
      })
      const [shown] = await json('run', 'show', id)
      expect(shown.run).toEqual(presentRun(await runs.get(id)))
      const { data } = await runs.steps.list(id, { after: 204 })
      expect(shown.steps).toHaveLength(206)
      expect(shown.steps.slice(-2)).toEqual(data.map(presentStep))
      const tail = await json('run', 'tail', id)
      expect(tail).toHaveLength(207)
      expect(tail.at(-2)).toEqual({ kind: 'step', id: '206', step: shown.steps.at(-1) })
      expect(tail.at(-1)).toEqual({ kind: 'run', id: '206', run: shown.run })
      const { code, stdout } = await cli('run', 'show', id)
      expect(code).toBe(0)
      expect(stdout).toContain(`run            ${id} failed, attempt 1 of `)
      expect(stdout).toContain(`input          "${'i'.repeat(499)}… (--json shows all)\n`)
      expect(stdout).toContain('error          "no"\nsteps          206\n')
      expect(stdout).toMatch(/ {2}step 1 "s1" succeeded, until [^\n]+\n/)
      expect(stdout).toMatch(/ {2}step 206 "bad" failed: "why", until [^\n]+\n$/)
      expect(stdout).not.toContain('output')
      await holdfast.close()
    })

    it('are listed by moment, duration and parent, to the last page', async () => {
      const clock = new ManualClock(Date.parse('2026-01-31T12:00:00Z'))
      const holdfast = await openHoldfast({ database: lease.url, clock })
      const { workflows, runs } = holdfast.organization()
      await workflows.create({ name: 'x', handle: 'many' })
      await workflows.createVersion('many', { graph: 1 })
      const made: string[] = []
      const make = async () => made.unshift((await runs.create('many', { queue: null })).id)
      for (let index = 0; index < 205; index += 1) await make()
      clock.advance(86_400_000)
      await make()
      await runs.start(made[0]!)
      clock.advance(1_500)
      await runs.succeed(made[0]!, 1)
      const child = (await runs.rerun(made[0]!)).id
      const listed = async (...words: string[]) => {
        const pages = await json('run', 'list', '--workflow', 'many', ...words)
        return pages.flatMap((page) => page.runs.map((run: { id: string }) => run.id))
      }
      const everything = [child, ...made]
      expect(await listed()).toEqual(everything.slice(0, 50))
      expect(await listed('--all')).toEqual(everything)
      expect(await listed('--all', '--limit', '100')).toEqual(everything)
      const [page] = await json('run', 'list', '--workflow', 'many', '--limit', '200')
      expect(await listed('--limit', '5', '--cursor', page.next_cursor))
        .toEqual(everything.slice(200, 205))
      const { stdout, stderr } = await cli('run', 'list', '--workflow', 'many', '--limit', '200')
      expect(stdout.trimEnd().split('\n')).toHaveLength(200)
      expect(stderr).toBe(
        `There are more; go on with --cursor ${page.next_cursor}, or with --all.\n`)
      const lines = (await cli('run', 'list', '--workflow', 'many', '--all')).stdout.split('\n')
      expect(lines.filter((line) => line !== '').map((line) => line.split(' ')[0]))
        .toEqual(everything)
      const late = [child, made[0]]
      expect(await listed('--from', '2026-02-01')).toEqual(late)
      expect(await listed('--to', '2026-01-31', '--all')).toEqual(made.slice(1))
      expect(await listed('--from', '2026-02-01T12:00:00.001Z')).toEqual([child])
      expect(await listed('--from', '2026-02-01', '--to', '2026-02-01T12:00:00.001Z'))
        .toEqual([made[0]])
      expect(await listed('--duration-min', '1500')).toEqual([made[0]])
      expect(await listed('--duration-min', '1501')).toEqual([])
      expect(await listed('--duration-max', '1499')).toEqual([])
      expect(await listed('--parent', made[0]!)).toEqual([child])
      await holdfast.close()
    })

    it('fork a run to another version, and with another configuration', async () => {
      const holdfast = await openHoldfast({ database: lease.url })
      const { workflows, runs } = holdfast.organization()
      await workflows.create({ name: 'x', handle: 'forked' })
      await workflows.createVersion('forked', { graph: 1, configuration: { v: 1 } })
      await workflows.createVersion('forked', { graph: 2, configuration: { v: 2 } })
      const { id } = await runs.create('forked', { version: 1, input: 7, queue: null })
      const rerun = async (...words: string[]) =>
        runs.get((await json('run', 'rerun', id, ...words))[0].id)
      expect(await rerun()).toMatchObject({ version: 1, configuration: { v: 1 }, input: 7 })
      expect(await rerun('--at', '2'))
        .toMatchObject({ version: 2, configuration: { v: 2 }, input: 7 })
      expect(await rerun('--configuration', '{"v": 3}'))
        .toMatchObject({ version: 1, configuration: { v: 3 } })
      expect(await cli('run', 'rerun', id, '--at', '9')).toMatchObject({
        code: 1, stderr: expect.stringContaining('version'),
      })
      expect(await cli('run', 'rerun', id, '--configuration', '3')).toMatchObject({ code: 1 })
      expect(await cli('run', 'rerun', id, '--at', 'latest')).toMatchObject({ code: 2 })
      await holdfast.close()
    })

    it.each([
      ['--from', '2026-02-30'], ['--to', 'tomorrow'], ['--from', '2026-01-01T25:00:00Z'],
      ['--to', '2026-01-01T12:00:00+01:00'], ['--duration-min', '-1'], ['--duration-max', '1s'],
      ['--limit', '201'],
    ])('are not listed by %s %s', async (flag, value) => {
      expect(await cli('run', 'list', `${flag}=${value}`)).toMatchObject({
        code: 2, stdout: '', stderr: expect.stringContaining(`${flag} must be`),
      })
    })

    it('say what is wrong', async () => {
      expect(await cli('workflow', 'show', 'none')).toMatchObject({ code: 1 })
      expect(await cli('run', 'list', '--status', 'odd')).toMatchObject({
        code: 2, stderr: expect.stringContaining('--status must be one of pending'),
      })
      expect(await cli('workflow', 'run', 'none', '--input', '{')).toMatchObject({
        code: 2, stderr: expect.stringContaining('--input must be JSON'),
      })
      expect(await cli('worker')).toMatchObject({
        code: 2, stderr: expect.stringContaining('--handlers, --workflows or --open-floor'),
      })
    })
  })
}
