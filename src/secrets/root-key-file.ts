import { chmodSync, linkSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { InvalidConfiguration } from '../errors.js'
import { givenRootKeys, newRootKey, type RootKeyProvider } from './root-key.js'

/** A file of root keys: one a line, the newest first. */
export interface RootKeyFile {
  readonly file: string
  /** Make it with a new key, readable by this user alone, when it does not exist. @default false */
  readonly create?: boolean
}

/**
 * The root keys of a file. Throws InvalidConfiguration for one that is missing, that others may
 * read, or that holds something else.
 */
export function rootKeysIn({ file, create = false }: RootKeyFile): RootKeyProvider {
  if (create) makeUnlessThere(file)
  const text = readPrivately(file)
  try {
    return givenRootKeys(text)
  } catch (cause) {
    const message = `The root key file ${file} must hold keys of 32 bytes in base64, one a line.`
    throw new InvalidConfiguration(message, { cause })
  }
}

/** Of any number of processes one makes the file; it is never there half-written. */
function makeUnlessThere(file: string): void {
  const draft = `${file}.${process.pid}.new`
  try {
    if (statSync(file, { throwIfNoEntry: false }) !== undefined) return
    writeFileSync(draft, `${newRootKey()}\n`, { mode: 0o600, flag: 'wx', flush: true })
    chmodSync(draft, 0o600)
    linkSync(draft, file)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return
    throw new InvalidConfiguration(`The root key file ${file} cannot be made.`, { cause })
  } finally {
    rmSync(draft, { force: true })
  }
}

function readPrivately(file: string): string {
  let mode: number
  try {
    mode = statSync(file).mode
  } catch (cause) {
    const message = `The root key file ${file} cannot be read; name the right one.`
    throw new InvalidConfiguration(message, { cause })
  }
  // Windows knows no such bits.
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    const message = `The root key file ${file} may be read by others; run: chmod 600 ${file}`
    throw new InvalidConfiguration(message)
  }
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new InvalidConfiguration(`The root key file ${file} cannot be read.`, { cause })
  }
}
