import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient, type Message } from '../../src/client/index.js'
import { type Holdfast, openHoldfast } from '../../src/holdfast.js'
import { type RunningServer, startServer } from '../../src/server/index.js'

const here = fileURLToPath(new URL('.', import.meta.url))
const dist = fileURLToPath(new URL('../../dist', import.meta.url))
const script = join(here, 'replay.mjs')
const eventCount = 42

const eventTexts = readdirSync(join(here, 'data', 'events'))
  .sort((left, right) => Number.parseInt(left) - Number.parseInt(right))
  .map((name) => readFileSync(join(here, 'data', 'events', name), 'utf8'))
const recorded = JSON.parse(readFileSync(join(here, 'data', 'metadata.json'), 'utf8')) as {
  readonly title: string
}

interface Target {
  readonly url: string
  readonly token: string
}

/** A process of this test, its output line by line. */
interface Started {
  readonly child: ChildProcess
  readonly lines: Interface
  /** The exit code and everything it wrote. */
  readonly ended: Promise<{ readonly code: number | null; readonly output: string }>
}

const running = new Set<ChildProcess>()

function start(words: readonly string[], environment: NodeJS.ProcessEnv = {}): Started {
  const child = spawn(process.execPath, words, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  })
  running.add(child)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  }
  const ended = once(child, 'close').then(([code]) => {
    running.delete(child)
    return { code: code as number | null, output }
  })
  return { child, lines: createInterface(child.stdout), ended }
}

function startReplay({ url, token }: Target, ...more: string[]): Started {
  return start([script, ...more], { HOLDFAST_URL: url, HOLDFAST_TOKEN: token })
}

/** Resolves with the first line that begins so; rejects when the process ends before. */
function lineOf({ lines, ended }: Started, beginning: string): Promise<string> {
  return new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      if (line.startsWith(beginning)) resolve(line)
    })
    ended.then(({ output }) => reject(new Error(`ended without ${beginning}: ${output}`)), reject)
  })
}

async function storedMessages({ url, token }: Target): Promise<Message[]> {
  const client = createClient({ url, token })
  const { data: [conversation, ...others] } = await client.conversations.list()
  expect(others).toEqual([])
  expect(conversation).toMatchObject({ title: recorded.title, metadata: recorded })
  const messages: Message[] = []
  for await (const message of client.messages.each(conversation!.id)) messages.push(message)
  return messages
}

/** Every event once, in order, letter for letter, answering what it answered. */
function expectWhole(messages: readonly Message[]): void {
  expect(messages).toHaveLength(eventCount)
  for (const [index, { position, content, metadata, ...message }] of messages.entries()) {
    const event = JSON.parse(eventTexts[index]!) as { readonly cause?: number }
    expect(position).toBe(index + 1)
    expect(JSON.stringify(content)).toBe(JSON.stringify(event))
    expect(metadata).toMatchObject({ source: 'openhands', event_id: index })
    const parent = event.cause === undefined ? null : messages[event.cause]!.id
    expect(message.parent_message_id).toBe(parent)
  }
}

beforeAll(() => {
  const built = existsSync(join(dist, 'client', 'index.js'))
  if (!built) throw new Error('The example runs the built package: run npm run build first.')
  expect(eventTexts).toHaveLength(eventCount)
})

afterAll(() => {
  for (const child of running) child.kill('SIGKILL')
})

describe('the replay', () => {
  let holdfast: Holdfast
  let server: RunningServer
  let organizations = 0
  let target: Target

  /** An organization of its own for each test, on one server. */
  async function freshTarget(): Promise<Target> {
    organizations += 1
    const name = `Replay ${organizations}`
    const { id } = await holdfast.organizations.create({ name })
    const { serviceTokens } = holdfast.organization(id)
    const { token } = await serviceTokens.create({ name: 'replay', scopes: ['*'] })
    return { url: server.url, token }
  }

  beforeAll(async () => {
    holdfast = await openHoldfast({ database: 'memory:' })
    server = await startServer({ holdfast, port: 0, logLevel: 'silent' })
    target = await freshTarget()
  })

  afterAll(async () => {
    await server?.close()
    await holdfast?.close()
  })

  it('stores every event once and in order, though it is killed three times', async () => {
    for (const position of [9, 20, 31]) {
      const replay = startReplay(target, '--delay-ms', '15')
      await lineOf(replay, `${position}/`)
      replay.child.kill('SIGKILL')
      await replay.ended
      const { length } = await storedMessages(target)
      expect(length).toBeGreaterThanOrEqual(position)
      expect(length).toBeLessThan(eventCount)
    }
    const { code, output } = await startReplay(target).ended
    expect(output).toContain('Verified: 42 messages')
    expect(code).toBe(0)
    expectWhole(await storedMessages(target))
  })

  it('changes nothing when it is run again', async () => {
    const before = await storedMessages(target)
    const { code, output } = await startReplay(target).ended
    expect([code, output.includes('42 of 42 are stored already.')]).toEqual([0, true])
    expect(await storedMessages(target)).toEqual(before)
  })

  it('stops at Ctrl-C and goes on later', async () => {
    const own = await freshTarget()
    const replay = startReplay(own, '--delay-ms', '15')
    await lineOf(replay, '5/')
    replay.child.kill('SIGINT')
    const { code, output } = await replay.ended
    expect(code).toBe(1)
    expect(output).toContain('Run the same command again')
    expect((await startReplay(own).ended).code).toBe(0)
    expectWhole(await storedMessages(own))
  })

  it('two at once make one conversation', async () => {
    const own = await freshTarget()
    const both = [startReplay(own), startReplay(own)]
    for (const { ended } of both) expect(await ended).toMatchObject({ code: 0 })
    expectWhole(await storedMessages(own))
  })

  it('fails when what is stored differs from the files', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-replay-'))
    try {
      cpSync(join(here, 'data'), folder, { recursive: true })
      const path = join(folder, 'events', '17.json')
      writeFileSync(path, eventTexts[17]!.replace('look alike', 'look the same'))
      const { code, output } = await startReplay(target, '--data', folder).ended
      expect([code, output]).toEqual([1, expect.stringContaining('content of message 18 differs')])
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

describe('the replay against a server that is killed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-replay-'))

  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  /** Starts the server on its file; gives where it listens once it does. */
  async function startHoldfast(port: string) {
    const main = join(dist, 'cli', 'main.js')
    const database = `sqlite:${join(folder, 'replay.db')}`
    const server = start([main, 'serve', '--port', port, '--database', database, '--json'])
    const line = await lineOf(server, '{')
    const { url, admin_token: token } = JSON.parse(line) as { url: string; admin_token: string }
    return { server, url, token }
  }

  it('loses and repeats nothing, in one run', async () => {
    const first = await startHoldfast('0')
    let { server } = first
    const replay = startReplay(first, '--delay-ms', '15')
    for (const position of [10, 25]) {
      await lineOf(replay, `${position}/`)
      server.child.kill('SIGKILL')
      await server.ended
      server = (await startHoldfast(new URL(first.url).port)).server
    }
    const { code, output } = await replay.ended
    expect(output).toContain('Verified: 42 messages')
    expect(code).toBe(0)
    expectWhole(await storedMessages(first))
    server.child.kill('SIGTERM')
    expect((await server.ended).code).toBe(0)
  })
})
