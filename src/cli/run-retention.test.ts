import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openHoldfast } from '../holdfast.js'
import { enginesNamed } from '../testing/backends.js'
import {
  ensureBuilt, type Running, startCli, temporaryFolder, titleOn,
} from '../testing/command-line.test.harness.js'
import { type DatabaseLease } from '../testing/engines.js'
import { RunNotFound } from '../workflows/index.js'

let folder: ReturnType<typeof temporaryFolder>
const started: Running[] = []

beforeAll(async () => {
  await ensureBuilt()
  folder = temporaryFolder()
}, 180_000)
afterAll(() => folder?.remove())
afterEach(async () => {
  for (const { signal } of started) signal('SIGKILL')
  await Promise.all(started.splice(0).map(({ end }) => end))
})

/** A run that ended so many days ago. */
async function ended(database: string, days: number): Promise<string> {
  const clock = { now: () => Date.now() - days * 86_400_000 }
  const holdfast = await openHoldfast({ database, clock })
  try {
    const { workflows, runs } = holdfast.organization()
    const { id: workflow } = await workflows.create({ name: 'x' })
    await workflows.createVersion(workflow, { graph: 1 })
    const { id } = await runs.create(workflow, { queue: null })
    await runs.start(id)
    await runs.steps.append(id, { name: 'x' })
    return (await runs.succeed(id)).id
  } finally {
    await holdfast.close()
  }
}

/** The ids of those that are still there. */
async function left(database: string, ids: readonly string[]): Promise<string[]> {
  const holdfast = await openHoldfast({ database })
  try {
    const { runs } = holdfast.organization()
    const found = await Promise.all(ids.map((id) => runs.get(id).catch((error: unknown) => {
      if (!(error instanceof RunNotFound)) throw error
      return undefined
    })))
    return found.flatMap((run) => run?.id ?? [])
  } finally {
    await holdfast.close()
  }
}

const commands: Readonly<Record<string, readonly string[]>> = {
  scheduler: ['--json'], serve: ['--port', '0', '--json'],
}

for (const engine of enginesNamed('sqlite', 'postgres')) {
  describe.skipIf(engine.missing !== undefined)(titleOn(engine, 'finished runs'), () => {
    let lease: DatabaseLease
    beforeAll(async () => { lease = await engine.createReady() })
    afterAll(() => lease?.drop())

    const begin = async (command: string, days: string): Promise<Running> => {
      const words = [command, ...commands[command]!, '--database', lease.url]
      const environment = { HOLDFAST_RUN_RETENTION_DAYS: days }
      const running = startCli(words, { cwd: folder.path, environment })
      started.push(running)
      await running.line(/^\{/)
      return running
    }

    it.each(Object.keys(commands))('past their retention go by %s where it is set', async (
      command,
    ) => {
      const ids = [await ended(lease.url, 9), await ended(lease.url, 3)]
      const idle = await begin(command, '')
      await sleep(500)
      idle.signal('SIGTERM')
      expect((await idle.end).code).toBe(0)
      expect(await left(lease.url, ids)).toEqual(ids)
      const keeping = await begin(command, '5')
      const untilMs = performance.now() + 20_000
      while ((await left(lease.url, ids)).length > 1) {
        expect(performance.now()).toBeLessThan(untilMs)
        await sleep(50)
      }
      keeping.signal('SIGTERM')
      const { code, stderr } = await keeping.end
      expect([code, stderr]).toEqual([0, expect.stringContaining('1 runs of workflows pruned')])
      expect(await left(lease.url, ids)).toEqual([ids[1]])
    }, 60_000)
  })
}
