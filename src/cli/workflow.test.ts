import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openHoldfast } from '../holdfast.js'
import { enginesNamed } from '../testing/backends.js'
import {
  ensureBuilt, sharedCli, temporaryFolder, titleOn,
} from '../testing/command-line.test.harness.js'
import { type DatabaseLease } from '../testing/engines.js'
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
        .toEqual([{ runs: [expect.objectContaining({ id: made.id, stepCount: 1 })] }])
      expect(await json('run', 'cancel', made.id)).toEqual([{ id: made.id, status: 'cancelled' }])
      const tail = await json('run', 'tail', made.id)
      expect(tail.map(({ kind }) => kind)).toEqual(['step', 'run'])
      const [again] = await json('run', 'rerun', made.id, '--from-step', '2')
      expect(await runs.get(again.id)).toMatchObject({ parentRunId: made.id, stepCount: 1 })
      await holdfast.close()
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
