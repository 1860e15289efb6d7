import { createHash, randomBytes } from 'node:crypto'
import { hash, verify } from '@node-rs/argon2'
import { Busy } from '../database/failures.js'
import { InvalidInput } from '../errors.js'
import { frequentPasswordMarks } from './frequent-passwords.js'
import { nameKeyOf } from './names.js'

/** OWASP's least parameters for Argon2id (the library's default variant): 19 MiB, 2 passes. */
const parameters = { memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 }

/** Characters of a password (ASVS 5, 6.2.1 and 6.2.9). */
export const passwordLengthMin = 8
export const passwordLengthMax = 256

/** Hashes at work at once: each takes 19 MiB. */
const parallelMax = 2

/** Logins waiting for their turn at most; at 30 ms each the last waits some two seconds. */
const waitingMax = 128

const mostCommon = new Set(marksOf(frequentPasswordMarks))

/** In the place of a missing hash: as costly to check as a new one, and of no password at all. */
const nobodysHash = phcOf({ salt: randomBytes(16), digest: randomBytes(32) })

/** Who works and who waits for a turn. */
class Turns {
  #working = 0
  readonly #waiting: (() => void)[] = []

  async take<R>(work: () => Promise<R>): Promise<R> {
    if (this.#waiting.length >= waitingMax) {
      throw new Busy('Too many logins at once; try again in a moment.', { retryAfterSeconds: 2 })
    }
    if (this.#working >= parallelMax) await new Promise<void>((go) => this.#waiting.push(go))
    this.#working += 1
    try {
      return await work()
    } finally {
      this.#working -= 1
      this.#waiting.shift()?.()
    }
  }
}

const logins = new Turns()
/**
 * Of their own, since whoever sets a password may do so in a transaction, and a login that has its
 * turn may wait for that transaction's end.
 */
const changes = new Turns()

/** What a password must not be. */
export interface PasswordOwner {
  readonly email: string
  readonly username?: string | null
}

/**
 * Refuses a password that is too short, too long, one of the 5,000 most common, or the owner's own
 * name. Any other is taken exactly as it is. Throws InvalidInput.
 */
export function checkPassword(
  password: string,
  { email, username }: PasswordOwner,
  field = 'password',
): void {
  const refuse = (rule: string) => new InvalidInput(`${field} ${rule}`, { field })
  const isLongEnough = [...password].length >= passwordLengthMin
  if (!isLongEnough || password.length > passwordLengthMax) {
    throw refuse(`must be ${passwordLengthMin} to ${passwordLengthMax} characters`)
  }
  if (mostCommon.has(markOf(password))) {
    throw refuse('is one of the most common passwords; choose another')
  }
  const [local = ''] = email.split('@', 1)
  const names = [email, local, username ?? ''].map(nameKeyOf)
  if (names.includes(nameKeyOf(password))) {
    throw refuse('must not be the e-mail address or the user name')
  }
}

/** The Argon2id hash of a password, exactly as typed, in PHC form. */
export function hashPassword(password: string): Promise<string> {
  return changes.take(() => turn.hash(password))
}

/** Tells one input that holds a password from others; as costly to try as the password's hash. */
export function passwordPrintOf(input: string): Promise<string> {
  return changes.take(() => turn.hash(input))
}

/** Whether a print is of this input. */
export async function isPasswordPrintOf(print: string, input: string): Promise<boolean> {
  return print.startsWith('$argon2id$') && changes.take(() => turn.verify(print, input))
}

/** What costs 19 MiB, for whoever has a turn. */
export interface PasswordTurn {
  /** As `hashPassword`. */
  hash(password: string): Promise<string>
  /**
   * True when the password belongs to the hash. Without a hash it does the same work and answers
   * false, so that time does not tell whether the user exists.
   */
  verify(storedHash: string | null, password: string): Promise<boolean>
}

const turn: PasswordTurn = {
  hash: (password) => hash(password, parameters),
  async verify(storedHash, password) {
    const matches = await verify(storedHash ?? nobodysHash, password)
    return matches && storedHash !== null
  },
}

/** Whether a hash was made with other parameters than a new one would be. */
export function isOutdated(storedHash: string): boolean {
  const { memoryCost, timeCost, parallelism } = parameters
  return !storedHash.startsWith(
    `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$`)
}

/** Runs `work` when fewer than two others hash. Throws Busy when too many wait. */
export async function inTurn<R>(work: (turn: PasswordTurn) => Promise<R>): Promise<R> {
  return logins.take(() => work(turn))
}

function phcOf({ salt, digest }: { readonly salt: Buffer; readonly digest: Buffer }): string {
  const { memoryCost, timeCost, parallelism } = parameters
  const costs = `m=${memoryCost},t=${timeCost},p=${parallelism}`
  const text = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')
  return `$argon2id$v=19$${costs}$${text(salt)}$${text(digest)}`
}

function markOf(password: string): number {
  return createHash('sha256').update(password.toLowerCase()).digest().readUInt32BE(0)
}

function marksOf(text: string): number[] {
  const bytes = Buffer.from(text, 'base64')
  return Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readUInt32BE(index * 4))
}
