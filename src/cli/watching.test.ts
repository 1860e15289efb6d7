import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Holdfast, openHoldfast } from '../holdfast.js'
import {
  ensureBuilt, root, startCli, temporaryFolder,
} from '../testing/command-line.test.harness.js'

const folder = temporaryFolder()
const database = `sqlite:${join(folder.path, 'holdfast.db')}`
let holdfast: Holdfast
beforeAll(async () => {
  await ensureBuilt()
  holdfast = await openHoldfast({ database })
}, 60_000)
afterAll(async () => {
  await holdfast?.close()
  folder.remove()
})

/** How a command ends whose reader leaves behind the first piece, while `go` makes events. */
async function endOf(words: readonly string[], go: () => Promise<unknown>) {
  const command = spawn(process.execPath, [join(root, 'dist/bundle/cli.js'), ...words], {
    cwd: folder.path, env: { PATH: process.env.PATH, HOLDFAST_DATABASE_URL: database },
  })
  const end = once(command, 'exit')
  await once(command.stdout, 'data')
  command.stdout.destroy()
  let isOver = false
  void end.then(() => { isOver = true })
  while (!isOver) {
    await go()
    await new Promise((done) => setTimeout(done, 200))
  }
  return (await end) as [number | null, string | null]
}

it('floor watch goes on in silence, until it is told to stop', async () => {
  const { id } = await holdfast.organization().conversations.create({})
  const watching = startCli(['floor', 'watch', id], {
    cwd: folder.path, environment: { HOLDFAST_DATABASE_URL: database },
  })
  await watching.line(/event 0/)
  const pause = new Promise<string>((done) => setTimeout(done, 1_500, 'goes on'))
  expect(await Promise.race([watching.end, pause])).toBe('goes on')
  watching.signal('SIGTERM')
  expect(await watching.end).toMatchObject({ code: 0, stderr: '' })
}, 30_000)

it('floor watch ends when nobody reads it any more', async () => {
  const { conversations, floors } = holdfast.organization()
  const { id } = await conversations.create({})
  const agent = { conversationId: id, speakerUri: 'tag:a' }
  const end = await endOf(['floor', 'watch', id], async () => {
    await floors.request(agent)
    await floors.yield(agent)
  })
  expect(end).toEqual([0, null])
}, 30_000)

it('run tail ends when nobody reads it any more', async () => {
  const { workflows, runs } = holdfast.organization()
  await workflows.create({ name: 'Long', handle: 'long' })
  await workflows.createVersion('long', { graph: {} })
  const { id } = await runs.create('long', { queue: null })
  await runs.start(id)
  const end = await endOf(['run', 'tail', id], () => runs.steps.append(id, { name: 'one' }))
  expect(end).toEqual([0, null])
}, 30_000)
