import { InvalidConfiguration } from '../errors.js'
import { EnvelopeBroken } from './envelope.js'
import { RootKeyUnavailable } from './errors.js'
import { type RootKeyProvider } from './root-key.js'

/** A key of the transit engine of Vault or OpenBao. */
export interface VaultOptions {
  /** `https://vault.example:8200/transit/holdfast`: the server, the mount, the key's name. */
  readonly url: string
  /** May read the key, encrypt and decrypt with it. */
  readonly token: string
  /** One call at most, in milliseconds. @default 5000 */
  readonly timeoutMs?: number
  /** @default the global fetch */
  readonly fetch?: typeof globalThis.fetch
}

/**
 * The root key in Vault or OpenBao Transit: it never leaves there. Each call carries the binding as
 * `associated_data`, so the key must be of an AEAD type such as aes256-gcm96. A version of the key
 * is a root key of its own here.
 */
export class VaultRootKey implements RootKeyProvider {
  readonly #base: string
  readonly #mount: string
  readonly #name: string
  readonly #token: string
  readonly #timeoutMs: number
  readonly #fetch: typeof globalThis.fetch

  constructor({ url, token, timeoutMs = 5_000, fetch = globalThis.fetch }: VaultOptions) {
    const { base, mount, name } = placeOf(url)
    this.#base = base
    this.#mount = mount
    this.#name = name
    this.#token = token
    this.#timeoutMs = timeoutMs
    this.#fetch = fetch
  }

  async newest(): Promise<string> {
    const { latest_version: version } = await this.#ask('GET', 'keys')
    if (Number.isSafeInteger(version)) return this.#kid(version as number)
    throw unavailable('answers without the version of the key')
  }

  knows(kid: string): boolean {
    return this.#versionOf(kid) !== undefined
  }

  async wrap(kid: string, plain: Uint8Array, binding: Uint8Array): Promise<string> {
    const key_version = this.#versionOf(kid)
    if (key_version === undefined) throw new EnvelopeBroken()
    const body = { plaintext: base64(plain), associated_data: base64(binding), key_version }
    const { ciphertext } = await this.#ask('POST', 'encrypt', body)
    const isExpected = typeof ciphertext === 'string' && this.#isUnder(kid, ciphertext)
    if (isExpected) return ciphertext
    throw unavailable('encrypted with another version of the key')
  }

  async unwrap(kid: string, wrapped: string, binding: Uint8Array): Promise<Uint8Array> {
    if (!this.#isUnder(kid, wrapped)) throw new EnvelopeBroken()
    const body = { ciphertext: wrapped, associated_data: base64(binding) }
    const { plaintext } = await this.#ask('POST', 'decrypt', body)
    if (typeof plaintext !== 'string') throw unavailable('answers without the plaintext')
    return new Uint8Array(Buffer.from(plaintext, 'base64'))
  }

  #kid(version: number): string {
    return `vault:${this.#mount}/${this.#name}:v${version}`
  }

  #versionOf(kid: string): number | undefined {
    const version = /:v([1-9]\d{0,9})$/.exec(kid)?.[1]
    return version !== undefined && kid === this.#kid(Number(version)) ? Number(version) : undefined
  }

  #isUnder(kid: string, ciphertext: string): boolean {
    return ciphertext.startsWith(`vault:v${this.#versionOf(kid) ?? 0}:`)
  }

  async #ask(
    method: 'GET' | 'POST',
    verb: 'keys' | 'encrypt' | 'decrypt',
    body?: object,
  ): Promise<Record<string, unknown>> {
    let status: number
    let text: string
    try {
      const answer = await this.#fetch(`${this.#base}/v1/${this.#mount}/${verb}/${this.#name}`, {
        method,
        headers: { 'x-vault-token': this.#token, 'x-vault-request': 'true' },
        body: body === undefined ? null : JSON.stringify(body),
        redirect: 'error',
        signal: AbortSignal.timeout(this.#timeoutMs),
      })
      status = answer.status
      text = await answer.text()
    } catch (cause) {
      throw unavailable('does not answer', cause)
    }
    if (status === 200) return dataOf(text)
    // The token and the policy are right when the key refuses a ciphertext.
    if (status === 400 && verb === 'decrypt') throw new EnvelopeBroken()
    throw unavailable(`answers ${status} to ${verb}`)
  }
}

function dataOf(text: string): Record<string, unknown> {
  try {
    const { data } = JSON.parse(text) as { data?: Record<string, unknown> }
    if (typeof data === 'object' && data !== null) return data
  } catch {
    // Fall through: what is no JSON is no answer.
  }
  throw unavailable('answers something else than a transit engine')
}

/** Never with the answer's text: it may hold what was asked about. */
function unavailable(what: string, cause?: unknown) {
  const message = `The transit engine that keeps the root key ${what}.`
  return new RootKeyUnavailable(message, { retryAfterSeconds: 1, cause })
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

function placeOf(text: string): { base: string; mount: string; name: string } {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isLocal = url !== undefined && /^(localhost|127\.[\d.]+|\[::1\])$/.test(url.hostname)
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLocal)
  const match = /^\/([\w/-]*[\w-])\/([\w.-]+)$/.exec(url?.pathname ?? '')
  if (url !== undefined && isSafe && match !== null) {
    return { base: url.origin, mount: match[1]!, name: match[2]! }
  }
  const form = 'https://host:8200/transit/name-of-the-key'
  throw new InvalidConfiguration(`The address of the transit key must be ${form}.`)
}
