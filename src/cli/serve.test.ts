import { type AddressInfo, connect as dial, createServer, type Server, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { enginesNamed } from '../testing/backends.js'
import { type DatabaseLease, testEngines } from '../testing/engines.js'
import {
  ensureBuilt, type Running, startCli, temporaryFolder, titleOn,
} from '../testing/command-line.test.harness.js'

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

function serve(words: readonly string[], environment: Record<string, string> = {}): Running {
  const running = startCli(['serve', ...words], { cwd: folder.path, environment })
  started.push(running)
  return running
}

const served = async (words: readonly string[], environment: Record<string, string> = {}) => {
  const running = serve(['--port', '0', '--json', ...words], environment)
  return { running, first: JSON.parse(await running.line(/^\{/)) }
}

const call = (url: string, token: string, body: unknown) =>
  fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

for (const engine of testEngines()) {
  describe.skipIf(engine.missing !== undefined)(titleOn(engine, 'serve --json'), () => {
    let lease: DatabaseLease
    beforeAll(async () => {
      lease = await engine.create()
    })
    afterAll(() => lease?.drop())

    it('prints one line with the first login, which works', async () => {
      const { running, first } = await served(['--database', lease.url])
      expect(first).toEqual({
        url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
        database: engine.name,
        admin_token: expect.stringMatching(/^hf_/),
        email: 'admin@localhost',
        password: expect.any(String),
      })
      const url = `${first.url}/v1/conversations`
      const created = await call(url, first.admin_token, { title: 'Hi' })
      expect(created.status).toBe(201)
      expect(((await created.json()) as { title: string }).title).toBe('Hi')
      running.signal('SIGTERM')
      const { code, stderr } = await running.end
      expect(code).toBe(0)
      expect(running.lines).toHaveLength(1)
      expect(stderr).not.toContain(first.admin_token)
      expect(stderr).not.toContain(first.password)
    })
  })
}

// A database in memory has no later start.
for (const engine of enginesNamed('sqlite', 'postgres')) {
  describe.skipIf(engine.missing !== undefined)(titleOn(engine, 'serve --json again'), () => {
    it('prints no login at a later start', async () => {
      const lease = await engine.create()
      try {
        const { running: earlier } = await served(['--database', lease.url])
        earlier.signal('SIGINT')
        expect((await earlier.end).code).toBe(0)
        const { running, first } = await served(['--database', lease.url])
        expect(Object.keys(first)).toEqual(['url', 'database'])
        running.signal('SIGINT')
        expect((await running.end).code).toBe(0)
      } finally {
        await lease.drop()
      }
    })
  })
}

describe('serve', () => {
  it('tells people where it listens, how to log in and what to try', async () => {
    const environment = { HOLDFAST_DATABASE_URL: 'sqlite:people.db', HOLDFAST_PORT: '0' }
    const running = serve([], environment)
    await running.line(/Ctrl-C/)
    const text = running.lines.join('\n')
    const url = /listens on (http:\S+)/.exec(text)![1]!
    expect(text).toContain(`${url}/docs`)
    expect(text).toContain('sqlite:people.db')
    expect(text).toContain('admin@localhost')
    const token = /Service token +(hf_\w+)/.exec(text)![1]!
    expect(text).toContain(`curl ${url}/v1/conversations -H 'Authorization: Bearer ${token}'`)
    expect((await fetch(`${url}/docs`)).status).toBe(200)
    running.signal('SIGINT')
    const { code, stderr } = await running.end
    expect(code).toBe(0)
    expect(stderr).toContain('HOLDFAST_DATABASE_URL=sqlite:people.db HOLDFAST_PORT=0')
  })

  it('lets flags win over the environment and tells both without passwords', async () => {
    const environment = {
      HOLDFAST_DATABASE_URL: 'postgres://a:s3cret@127.0.0.1:1/a', HOLDFAST_PORT: '1',
      HOLDFAST_REDIS_URL: 'redis://:s3cret@127.0.0.1:1',
    }
    const { running, first } = await served(['--database', 'memory:'], environment)
    expect(first.database).toBe('memory')
    running.signal('SIGTERM')
    const { stderr } = await running.end
    expect(stderr).toContain('redis://:***@127.0.0.1:1')
    expect(stderr).toContain(
      'holdfast: degraded, and trying again: Redis at 127.0.0.1:1 refuses the connection.')
    expect(stderr).not.toContain('s3cret')
  })

  it('says nothing on standard error when it shall be silent', async () => {
    const { running } = await served(['--database', 'memory:', '--log-level', 'silent'],
      { HOLDFAST_UNKNOWN_THING: '1' })
    running.signal('SIGTERM')
    expect((await running.end).stderr).toBe('')
  })

  it('names --port when the port is taken, and keeps the first login for later', async () => {
    const blocker = await listening()
    const port = String((blocker.address() as AddressInfo).port)
    const database = 'sqlite:taken.db'
    try {
      const running = serve(['--port', port, '--database', database])
      const { code, stdout, stderr } = await running.end
      expect([code, stdout]).toEqual([1, ''])
      expect(stderr.trim().split('\n').at(-1))
        .toBe(`holdfast: Port ${port} on 127.0.0.1 is taken by another program. ` +
          'Choose another with --port; --port 0 picks a free one.')
    } finally {
      blocker.close()
    }
    const { first } = await served(['--database', database])
    expect(first.admin_token).toMatch(/^hf_/)
  })

  it('names --host when the address is not of this machine', async () => {
    const { code, stderr } = await serve(['--host', '192.0.2.1', '--database', 'memory:']).end
    expect(code).toBe(1)
    expect(stderr).toMatch(/^holdfast: 192\.0\.2\.1 is no address of this machine\..*--host/m)
  })

  it('refuses pending migrations with --no-migrate, and names the command', async () => {
    const { code, stderr } = await serve(['--no-migrate', '--database', 'sqlite:old.db']).end
    expect(code).toBe(1)
    expect(stderr).toMatch(/^holdfast: Migrations are pending .*run: holdfast migrate up$/m)
  })

  it('finishes a request in flight after the first signal', async () => {
    const { running, first } = await served(['--database', 'memory:'])
    const socket = await halfRequest(first, { title: 'slow' })
    running.signal('SIGTERM')
    await refused(first.url)
    const answer = new Promise<string>((done) => {
      let text = ''
      socket.on('data', (bytes) => (text += String(bytes))).on('close', () => done(text))
    })
    socket.write('}')
    expect(await answer).toMatch(/^HTTP\/1\.1 201 /)
    expect((await running.end).code).toBe(0)
  })

  it('ends at once with 1 at the second signal', async () => {
    const { running, first } = await served(['--database', 'memory:'])
    const socket = await halfRequest(first, { title: 'slow' })
    socket.on('error', () => undefined)
    running.signal('SIGTERM')
    await refused(first.url)
    // Within a second it is the same signal again, passed on by npm.
    running.signal('SIGTERM')
    await new Promise((done) => setTimeout(done, 1_200))
    running.signal('SIGTERM')
    expect((await running.end).code).toBe(1)
    socket.destroy()
  })
})

function listening(): Promise<Server> {
  const server = createServer()
  return new Promise((done) => server.listen(0, '127.0.0.1', () => done(server)))
}

/** A request of which everything but the last byte was sent. */
async function halfRequest(
  { url, admin_token: token }: { url: string; admin_token: string },
  value: unknown,
): Promise<Socket> {
  const body = JSON.stringify(value)
  const head = [
    'POST /v1/conversations HTTP/1.1', 'Host: localhost', `Authorization: Bearer ${token}`,
    'Content-Type: application/json', `Content-Length: ${body.length}`, 'Connection: close',
  ]
  const socket = dial(Number(new URL(url).port), '127.0.0.1')
  await new Promise((done) => socket.once('connect', done))
  const text = `${head.join('\r\n')}\r\n\r\n${body.slice(0, -1)}`
  await new Promise((done) => socket.write(text, done))
  // The server must have read the head before it is told to stop.
  await fetch(`${url}/livez`)
  return socket
}

/** Resolves when the server takes no new connection any more. */
async function refused(url: string): Promise<void> {
  for (let count = 0; count < 500; count++) {
    const answer = await fetch(`${url}/livez`).catch(() => undefined)
    if (answer === undefined) return
    await answer.text()
    await new Promise((done) => setTimeout(done, 10))
  }
  throw new Error('it still takes new connections')
}
