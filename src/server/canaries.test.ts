import { randomBytes } from 'node:crypto'
import { createClient } from '@redis/client'
import { afterEach, describe, expect, it } from 'vitest'
import { newRootKey } from '../secrets/index.js'
import {
  ensureBuilt, runCli, startCli, temporaryFolder, titleOn,
} from '../testing/command-line.test.harness.js'
import { contentOf, foundIn } from '../testing/database-content.test.harness.js'
import { testEngines } from '../testing/engines.js'

const canaryCount = 50
const redis = process.env.HOLDFAST_TEST_REDIS_URL
const leftovers: (() => unknown)[] = []

afterEach(async () => {
  for (const clean of leftovers.splice(0).reverse()) await clean()
})

/** A word that nothing else holds, with characters that JSON escapes. */
const canaryOf = (index: number) => `canary${index}-${randomBytes(12).toString('hex')}"\\\té`

interface Call {
  readonly method?: string
  readonly path: string
  readonly body?: unknown
  readonly raw?: string
  readonly headers?: Record<string, string>
}

/** A server in a process of its own, and everything it answered but what it revealed. */
class Scene {
  readonly answers: string[] = []
  readonly #url: string
  readonly #token: string

  constructor(url: string, token: string) {
    this.#url = url
    this.#token = token
  }

  async call({ method = 'POST', path, body, raw, headers = {} }: Call): Promise<number> {
    const answer = await fetch(`${this.#url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`, 'content-type': 'application/json', ...headers,
      },
      body: raw ?? (body === undefined ? null : JSON.stringify(body)),
    })
    const text = await answer.text()
    const isRevealed = path.endsWith('/reveal') && answer.status === 200
    if (!isRevealed) this.answers.push(JSON.stringify([...answer.headers]) + text)
    return answer.status
  }
}

/** Every way in which a value can come in, right and wrong. Words are used up one by one. */
function visits(next: () => string): [number, Call][] {
  const good = (name: string) => ({ name, value: next(), description: 'shown' })
  const secrets = '/v1/secrets'
  const twice = { headers: { 'idempotency-key': 'twice' } }
  const once = { path: secrets, body: good('once'), ...twice }
  return [
    [201, { path: secrets, body: good('a') }],
    [201, once], [201, once],
    [422, { path: secrets, body: good('once'), ...twice }],
    [409, { path: secrets, body: good('a') }],
    [200, { method: 'PATCH', path: `${secrets}/a`, body: { value: next() } }],
    [412, { method: 'PATCH', path: `${secrets}/a`, body: { value: next() },
      headers: { 'if-match': '"1"' } }],
    [404, { method: 'PATCH', path: `${secrets}/none`, body: { value: next() } }],
    [400, { path: secrets, body: { name: 'b', value: [next()] } }],
    [400, { path: secrets, body: { name: 'b', value: { deep: next() } } }],
    [400, { path: secrets, body: { ...good('b'), expires_at: 'soon' } }],
    [400, { path: secrets, body: { ...good('b'), other: next() } }],
    [400, { path: secrets, body: { ...good(''), user_id: 7 } }],
    [400, { path: secrets, body: { name: 'b', value: next().repeat(2_000) } }],
    [400, { path: secrets, body: { name: 'b', value: `${next()}\ud800` } }],
    [400, { path: secrets, raw: `{"name": "b", "value": ${next()}}` }],
    [400, { path: secrets, raw: `{"name": "b", "value": "${next()}` }],
    [400, { path: secrets, raw: next() }],
    [400, { path: secrets, raw: `"${next()}"` }],
    [415, { path: secrets, raw: next(), headers: { 'content-type': 'text/plain' } }],
    [401, { path: secrets, body: good('b'), headers: { authorization: 'Bearer x' } }],
    [201, { path: '/v1/me/secrets', body: good('own') }],
    [405, { method: 'PUT', path: secrets, body: good('b') }],
    [404, { path: '/v1/secret', body: good('b') }],
    [200, { path: `${secrets}/a/reveal`, body: {} }],
    [200, { path: `${secrets}/a/reveal`, body: { version: 1 } }],
    [400, { path: `${secrets}/a/reveal`, body: { version: next() } }],
    [200, { method: 'GET', path: secrets }],
    [200, { method: 'GET', path: `${secrets}/a` }],
    [200, { method: 'GET', path: `${secrets}/a/versions` }],
  ]
}

/** Every key and value of Redis. */
async function contentOfRedis(): Promise<string> {
  const client = createClient({ url: redis! })
  await client.connect()
  const all: unknown[] = []
  for await (const keys of client.scanIterator()) {
    for (const key of keys) {
      const read = {
        string: () => client.get(key), hash: () => client.hGetAll(key),
        list: () => client.lRange(key, 0, -1), set: () => client.sMembers(key),
        zset: () => client.zRangeWithScores(key, 0, -1),
        stream: () => client.xRange(key, '-', '+'),
      }[await client.type(key)]
      // A key may be gone, or be of another kind, by the time it is read.
      all.push(key, await read?.().catch(() => null))
    }
  }
  client.destroy()
  return JSON.stringify(all)
}

for (const engine of testEngines().slice(1)) {
  describe.skipIf(engine.missing !== undefined)(titleOn(engine, 'a value'), () => {
    it('lies nowhere but in the answer to a reveal', async () => {
      await ensureBuilt()
      const [folder, lease] = [temporaryFolder(), await engine.createReady()]
      leftovers.push(() => folder.remove(), () => lease.drop())
      const words = Array.from({ length: canaryCount }, (_, index) => canaryOf(index))
      const left = [...words]
      const next = () => left.pop() ?? words[0]!
      const environment = { HOLDFAST_ROOT_KEY: newRootKey() }
      const options = ['--database', lease.url, '--log-level', 'debug', '--json']
      const server = startCli(
        ['serve', '--port', '0', ...options, ...(redis ? ['--redis', redis] : [])],
        { cwd: folder.path, environment })
      leftovers.push(() => server.signal('SIGKILL'))
      const started = JSON.parse(await server.line(/^\{/)) as Record<string, string>
      const scene = new Scene(started.url!, started.admin_token!)
      for (const [status, call] of visits(next)) {
        expect([JSON.stringify(call).slice(0, 80), await scene.call(call)])
          .toEqual([JSON.stringify(call).slice(0, 80), status])
      }
      for (let index = 0; left.length > 5; index += 1) {
        await scene.call({ path: '/v1/secrets', body: { name: `n${index}`, value: next() } })
      }
      for (let index = 0; left.length > 0; index += 1) {
        const { code } = await runCli(['secrets', 'set', `c${index}`, ...options],
          { cwd: folder.path, environment, input: next() })
        expect(code).toBe(0)
      }
      // The way that must be found, so that not finding means something.
      const [planted, logged] = [canaryOf(99), `trace-${randomBytes(12).toString('hex')}`]
      await scene.call({ path: '/v1/conversations', body: { title: planted } })
      await scene.call({
        path: '/v1/secrets', body: { name: 7 }, headers: { 'request-id': logged },
      })
      await scene.call({ path: '/v1/secrets', body: { [`x${planted}`]: 1 } })
      await scene.call({ path: '/v1/secrets/a/reveal', body: {} })
      const metrics = await (await fetch(`${started.url}/metrics`)).text()
      const database = await contentOf(lease)
      const hints = redis ? await contentOfRedis() : ''
      server.signal('SIGTERM')
      const { stdout, stderr } = await server.end
      const after = await contentOf(lease)
      expect(foundIn(database, [planted])).toEqual([planted])
      expect(foundIn(scene.answers.join(), [planted])).toEqual([planted])
      expect(stderr).toContain(logged)
      expect(metrics).toContain('http_server_request_duration_seconds')
      expect(redis === undefined || hints.includes('secret_reveal')).toBe(true)
      const haystacks = {
        database, after, hints, metrics, stdout, stderr, answers: scene.answers.join('\n'),
      }
      for (const [where, haystack] of Object.entries(haystacks)) {
        expect([where, foundIn(haystack, words)]).toEqual([where, []])
      }
    }, 300_000)
  })
}
