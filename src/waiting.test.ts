import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { beforeAll, expect, it } from 'vitest'
import { ensureBuilt, root } from './testing/command-line.test.harness.js'

beforeAll(ensureBuilt, 180_000)

const library = pathToFileURL(join(root, 'dist', 'bundle', 'index.js')).href

it.each([
  ['of a floor', 'floors.follow(id)'],
  ['of a conversation', 'conversations.events(id)'],
  ['of a stream', "streams.follow('answer')"],
])('who waits for events %s keeps a program going by that alone', async (_of, events) => {
  const script = `
    import { openHoldfast } from '${library}'
    const holdfast = await openHoldfast({ database: 'memory:' })
    const { conversations, floors, streams } = holdfast.organization()
    const { id } = await conversations.create({})
    await streams.create('answer')
    for await (const event of ${events}) console.log('heard')
  `
  const program = spawn(process.execPath, ['--input-type=module', '-e', script])
  const end = once(program, 'exit')
  await once(program.stdout, 'data')
  const pause = new Promise<string>((done) => setTimeout(done, 2_500, 'goes on'))
  expect(await Promise.race([end, pause])).toBe('goes on')
  program.kill('SIGKILL')
  await end
}, 60_000)
