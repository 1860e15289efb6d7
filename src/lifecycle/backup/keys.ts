import { createHmac, randomBytes } from 'node:crypto'
import { type RootKeyProvider } from '../../secrets/index.js'
import { cipherName, derivedKey } from './cipher.js'
import { BackupKeyMismatch, BackupRefused, InvalidBackup } from './errors.js'
import { type BackupEncryption, type ReadManifest } from './manifest.js'

/** The keys of one backup. */
export class BackupKeys {
  /** Encrypts its files. */
  readonly files: Uint8Array
  /** Seals its manifest. */
  readonly seal: Uint8Array
  readonly #digests: Uint8Array

  constructor(own: Uint8Array) {
    const salt = Buffer.alloc(0)
    this.files = derivedKey(own, salt, 'files')
    this.seal = derivedKey(own, salt, 'manifest')
    this.#digests = derivedKey(own, salt, 'digests')
  }

  /** A digest that lets nobody without the key try out what the rows may be. */
  digestOf(sha256: string): string {
    return createHmac('sha256', this.#digests).update(sha256).digest('hex')
  }
}

const bindingOf = (name: string): Uint8Array => Buffer.from(`holdfast backup ${name}`)

/** New keys for the backup of this name, under the newest key at hand. */
export async function newKeys(
  provider: RootKeyProvider | undefined, name: string,
): Promise<{ readonly keys: BackupKeys; readonly encryption: BackupEncryption }> {
  if (provider === undefined) {
    throw new BackupRefused('An encrypted backup needs a key: the root key or a file of keys.')
  }
  const own = randomBytes(32)
  const kid = await provider.newest()
  const key = await provider.wrap(kid, own, bindingOf(name))
  return { keys: new BackupKeys(own), encryption: { cipher: cipherName, kid, key } }
}

/**
 * The keys of a backup; undefined for one that is not encrypted. Throws BackupKeyMismatch, and
 * InvalidBackup for one whose manifest was written without the key.
 */
export async function keysOf(
  { manifest, isSealedWith }: ReadManifest, provider: RootKeyProvider | undefined,
): Promise<BackupKeys | undefined> {
  const { encryption, name } = manifest
  if (encryption === null) return undefined
  if (provider?.knows(encryption.kid) !== true) {
    const held = provider === undefined ? 'no key is given' : 'that is none of the keys given'
    throw new BackupKeyMismatch(`The backup is encrypted under the key ${encryption.kid}, and ` +
      `${held}; name the key it was made with.`)
  }
  const own = await unwrapped(encryption, provider, name)
  const keys = new BackupKeys(own)
  if (isSealedWith(keys.seal)) return keys
  throw new InvalidBackup('The manifest was changed: it is not sealed with the key of the backup.')
}

async function unwrapped(
  { kid, key }: BackupEncryption, provider: RootKeyProvider, name: string,
): Promise<Uint8Array> {
  try {
    return await provider.unwrap(kid, key, bindingOf(name))
  } catch (cause) {
    if ((cause as Error).name !== 'EnvelopeBroken') throw cause
    throw new InvalidBackup('The key in the manifest was changed: it does not open.', { cause })
  }
}
