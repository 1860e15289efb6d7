import {
  chmodSync, existsSync, linkSync, readFileSync, rmSync, statSync, writeFileSync,
} from 'node:fs'
import { InvalidConfiguration } from '../errors.js'
import { EnvelopeBroken } from './envelope.js'
import { givenRootKeys, newRootKey, type RootKeyProvider } from './root-key.js'

/** A file of root keys: one a line, the newest first. */
export interface RootKeyFile {
  readonly file: string
  /**
   * Make it with a new key, readable by this user alone, when it does not exist and the database is
   * under no root key yet. @default false
   */
  readonly create?: boolean
}

/**
 * Root keys in a file. Throws InvalidConfiguration for one that is missing, that others may read,
 * or that holds something else.
 */
export class RootKeysInFile implements RootKeyProvider {
  readonly #file: string
  #keys: RootKeyProvider | undefined

  constructor({ file, create = false }: RootKeyFile) {
    this.#file = file
    if (existsSync(file) || !create) this.#keys = readKeys(file)
  }

  async newest(): Promise<string> {
    if (this.#keys === undefined) makeUnlessThere(this.#file)
    return this.#found()!.newest()
  }

  knows(kid: string): boolean {
    return this.#found()?.knows(kid) ?? false
  }

  async wrap(kid: string, plain: Uint8Array, binding: Uint8Array): Promise<string> {
    return this.#usable().wrap(kid, plain, binding)
  }

  async unwrap(kid: string, wrapped: string, binding: Uint8Array): Promise<Uint8Array> {
    return this.#usable().unwrap(kid, wrapped, binding)
  }

  /** Also what another process has made since. */
  #found(): RootKeyProvider | undefined {
    if (existsSync(this.#file)) this.#keys ??= readKeys(this.#file)
    return this.#keys
  }

  #usable(): RootKeyProvider {
    const keys = this.#found()
    if (keys === undefined) throw new EnvelopeBroken()
    return keys
  }
}

/** Of any number of processes one makes the file; it is never there half-written. */
function makeUnlessThere(file: string): void {
  const draft = `${file}.${process.pid}-${Math.random().toString(36).slice(2)}.new`
  try {
    writeFileSync(draft, `${newRootKey()}\n`, { mode: 0o600, flag: 'wx', flush: true })
    chmodSync(draft, 0o600)
    linkSync(draft, file)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return
    const { message } = cause as Error
    throw new InvalidConfiguration(
      `The root key file ${file} cannot be made (${message}).`, { cause })
  } finally {
    rmSync(draft, { force: true })
  }
}

function readKeys(file: string): RootKeyProvider {
  const text = readPrivately(file)
  try {
    return givenRootKeys(text)
  } catch (cause) {
    const message = `The root key file ${file} must hold keys of 32 bytes in base64, one a line.`
    throw new InvalidConfiguration(message, { cause })
  }
}

function readPrivately(file: string): string {
  let text: string
  let mode: number
  try {
    mode = statSync(file).mode
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    const message = `The root key file ${file} cannot be read; name the right one.`
    throw new InvalidConfiguration(message, { cause })
  }
  // Windows knows no such bits.
  if (process.platform === 'win32' || (mode & 0o077) === 0) return text
  const message = `The root key file ${file} may be read by others; run: chmod 600 ${file}`
  throw new InvalidConfiguration(message)
}
