import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { type AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { InvalidConfiguration } from '../errors.js'
import { contract, testEngines } from '../testing/index.js'
import { EnvelopeBroken } from './envelope.js'
import { RootKeyUnavailable, VaultRootKey } from './index.js'

const token = 'hvs.test'

/**
 * A small server that follows the documented protocol of the transit engine for a key of type
 * aes256-gcm96: `GET keys/:name`, `POST encrypt/:name`, `POST decrypt/:name`. It is no Vault.
 */
class Transit {
  readonly keys = [randomBytes(32)]
  readonly seen: { path: string; body: Record<string, unknown>; token: unknown }[] = []
  failing: number | undefined
  url = ''
  #server: Server | undefined

  async start(): Promise<void> {
    this.#server = createServer((request, response) => {
      void this.#answer(request).then(({ status, data, errors }) => {
        response.writeHead(status, { 'content-type': 'application/json' })
        response.end(JSON.stringify(errors === undefined ? { data } : { errors }))
      })
    })
    await new Promise<void>((done) => this.#server!.listen(0, '127.0.0.1', done))
    this.url = `http://127.0.0.1:${(this.#server!.address() as AddressInfo).port}`
  }

  stop(): void {
    this.#server?.closeAllConnections()
    this.#server?.close()
  }

  async #answer(request: IncomingMessage): Promise<
    { status: number; data?: object; errors?: string[] }
  > {
    const given = await text(request)
    const body = (given === '' ? {} : JSON.parse(given)) as Record<string, string | number>
    const seen = request.headers['x-vault-token']
    this.seen.push({ path: request.url!, body, token: seen })
    if (this.failing !== undefined) return { status: this.failing, errors: [given] }
    if (seen !== token) return { status: 403, errors: ['permission denied'] }
    const call = `${request.method} ${request.url}`
    const additional = Buffer.from(String(body.associated_data ?? ''), 'base64')
    if (call === 'GET /v1/transit/keys/holdfast') {
      return { status: 200, data: { latest_version: this.keys.length, type: 'aes256-gcm96' } }
    }
    if (call === 'POST /v1/transit/encrypt/holdfast') {
      const version = Number(body.key_version ?? this.keys.length)
      const iv = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', this.keys[version - 1]!, iv).setAAD(additional)
      const plain = Buffer.from(String(body.plaintext), 'base64')
      const parts = [iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]
      const ciphertext = `vault:v${version}:${Buffer.concat(parts).toString('base64')}`
      return { status: 200, data: { ciphertext, key_version: version } }
    }
    if (call === 'POST /v1/transit/decrypt/holdfast') {
      return this.#decrypted(String(body.ciphertext), additional)
    }
    return { status: 404, errors: [] }
  }

  #decrypted(ciphertext: string, additional: Buffer) {
    try {
      const [, version, encoded] = /^vault:v(\d+):(.+)$/.exec(ciphertext)!
      const bytes = Buffer.from(encoded!, 'base64')
      const key = this.keys[Number(version) - 1]!
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12))
        .setAAD(additional).setAuthTag(bytes.subarray(-16))
      const plain = Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()])
      return { status: 200, data: { plaintext: plain.toString('base64') } }
    } catch {
      return { status: 400, errors: ['cipher: message authentication failed'] }
    }
  }
}

contract('a root key in a transit engine', (open) => {
  const transit = new Transit()
  const bytes = (words: string) => new TextEncoder().encode(words)
  const keyOf = (given = token) =>
    new VaultRootKey({ url: `${transit.url}/transit/holdfast`, token: given, timeoutMs: 2_000 })
  beforeAll(() => transit.start())
  afterAll(() => transit.stop())

  it('wraps and unwraps with what it is bound to', async () => {
    const key = keyOf()
    const kid = await key.newest()
    expect(kid).toBe('vault:transit/holdfast:v1')
    const wrapped = await key.wrap(kid, bytes('plain'), bytes('here'))
    expect(await key.unwrap(kid, wrapped, bytes('here'))).toEqual(bytes('plain'))
    await expect(key.unwrap(kid, wrapped, bytes('there'))).rejects.toThrow(EnvelopeBroken)
    await expect(key.unwrap(kid, `${wrapped.slice(0, -8)}AAAAAAA=`, bytes('here')))
      .rejects.toThrow(EnvelopeBroken)
    const other = 'vault:transit/holdfast:v2'
    await expect(key.unwrap(other, wrapped, bytes('here'))).rejects.toThrow(EnvelopeBroken)
    const names = ['vault:transit/other:v1', 'vault:transit/holdfast:v0', 'given:x', '']
    expect(key.knows(kid)).toBe(true)
    expect(names.filter((name) => key.knows(name))).toEqual([])
  })

  it('that cannot be reached or used says so, without what it was asked', async () => {
    for (const status of [403, 404, 500, 503]) {
      transit.failing = status
      const error = await keyOf().wrap('vault:transit/holdfast:v1', bytes('hush'), bytes('x'))
        .then(() => undefined, (thrown) => thrown)
      expect(error).toBeInstanceOf(RootKeyUnavailable)
      expect(error.message).not.toContain(Buffer.from('hush').toString('base64'))
    }
    transit.failing = undefined
    await expect(keyOf('wrong').newest()).rejects.toThrow(/403/)
    const nowhere = new VaultRootKey({ url: 'http://127.0.0.1:1/transit/holdfast', token })
    await expect(nowhere.newest()).rejects.toThrow(/does not answer/)
  })

  it('is only spoken to over TLS, or on this machine', () => {
    const bad = [
      'http://vault.example:8200/transit/holdfast', 'https://vault.example', 'x', '',
      'https://vault.example/holdfast', 'ftp://vault.example/transit/holdfast',
    ]
    for (const url of bad) {
      expect(() => new VaultRootKey({ url, token })).toThrow(InvalidConfiguration)
    }
    expect(() => new VaultRootKey({ url: 'https://v.example/a/b/key', token })).not.toThrow()
  })

  it('keeps the secrets of a database, over a rotation there', async () => {
    const { another, holdfast } = await open()
    await holdfast.database.execute({ sql: 'delete from root_keys', parameters: [] })
    const start = () => another({ rootKey: keyOf() })
    const first = await start()
    await first.organization().secrets.create({ name: 'a', value: 'v' })
    transit.keys.push(randomBytes(32))
    const second = await start()
    expect((await second.organization().secrets.reveal('a')).value).toBe('v')
    expect(await second.secretWorks.rotation.rotateRoot()).toMatchObject({ moved: 1 })
    const third = await start()
    transit.keys[0]!.fill(0)
    expect((await third.organization().secrets.reveal('a')).value).toBe('v')
    expect(JSON.stringify(transit.seen)).not.toContain(Buffer.from('v').toString('base64'))
  })
}, { engines: testEngines().slice(1, 2) })
