import { createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import { InvalidConfiguration } from '../errors.js'
import { EnvelopeBroken, opened, sealed } from './envelope.js'

/**
 * What keeps the root key. Organizations' keys are wrapped by it before they reach the database;
 * secrets themselves never go there.
 */
export interface RootKeyProvider {
  /** The name of the newest key. Throws RootKeyUnavailable. */
  newest(): Promise<string>
  /** Whether a name is of a key that it can use. */
  knows(kid: string): boolean
  /** Encrypts under the key of this name, bound to `binding`. Throws RootKeyUnavailable. */
  wrap(kid: string, plain: Uint8Array, binding: Uint8Array): Promise<string>
  /** Decrypts. Throws EnvelopeBroken for what was not wrapped so, RootKeyUnavailable. */
  unwrap(kid: string, wrapped: string, binding: Uint8Array): Promise<Uint8Array>
}

/** Bytes of a root key. */
const keyBytes = 32

/** Root keys that are at hand as bytes, the newest first. */
export class GivenRootKeys implements RootKeyProvider {
  readonly #newest: string
  readonly #keys: ReadonlyMap<string, KeyObject>

  /** Empties the arrays it is given. */
  constructor(keys: readonly Uint8Array[]) {
    const named = keys.map((bytes) => [kidOfBytes(bytes), createSecretKey(bytes)] as const)
    for (const bytes of keys) bytes.fill(0)
    if (named.length === 0) throw new InvalidConfiguration('A root key is needed.')
    this.#newest = named[0]![0]
    this.#keys = new Map(named)
  }

  async newest(): Promise<string> {
    return this.#newest
  }

  knows(kid: string): boolean {
    return this.#keys.has(kid)
  }

  async wrap(kid: string, plain: Uint8Array, binding: Uint8Array): Promise<string> {
    return sealed({ kid, key: this.#keyOf(kid) }, plain, binding)
  }

  async unwrap(kid: string, wrapped: string, binding: Uint8Array): Promise<Uint8Array> {
    return opened({ kid, key: this.#keyOf(kid) }, wrapped, binding)
  }

  #keyOf(kid: string): KeyObject {
    const key = this.#keys.get(kid)
    if (key === undefined) throw new EnvelopeBroken()
    return key
  }
}

/** A key for a database that ends with its process. */
export function passingRootKey(): RootKeyProvider {
  return new GivenRootKeys([randomBytes(keyBytes)])
}

/** A new root key as one writes it. */
export function newRootKey(): string {
  return randomBytes(keyBytes).toString('base64url')
}

/**
 * Root keys from text: each 32 bytes in base64 or base64url, the newest first, separated by commas
 * or spaces. Throws InvalidConfiguration, which never repeats the text.
 */
export function givenRootKeys(text: string | readonly string[]): GivenRootKeys {
  const words = [text].flat().flatMap((each) => each.split(/[\s,]+/)).filter((each) => each !== '')
  return new GivenRootKeys(words.map(bytesOf))
}

const encoded = /^[A-Za-z0-9+/_-]{43}=?$/

function bytesOf(word: string): Uint8Array {
  const bytes = encoded.test(word) ? Buffer.from(word, 'base64') : undefined
  if (bytes?.length === keyBytes && bytes.some((byte) => byte !== bytes[0])) return bytes
  const remedy = 'make one with: openssl rand -base64 32'
  throw new InvalidConfiguration(`A root key must be 32 random bytes in base64; ${remedy}`)
}

/** A name that follows from the key and tells nothing of it. */
function kidOfBytes(bytes: Uint8Array): string {
  const print = createHmac('sha256', bytes).update('holdfast root key name').digest('base64url')
  return `given:${print.slice(0, 22)}`
}
