import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { InvalidBackup } from './errors.js'

/** Begins every encrypted file. */
const magic = Buffer.from('HFBACKUP')
const saltBytes = 16
const headerBytes = magic.length + saltBytes
const tagBytes = 16
/** Length of the plain bytes, and whether this is the last piece. */
const frameBytes = 5

/** Plain bytes of one piece; all but the last have as many. */
export const pieceBytes = 1_048_576

export const cipherName = 'AES-256-GCM'

/** A key for one purpose out of another one. */
export function derivedKey(key: Uint8Array, salt: Uint8Array, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, salt, `holdfast backup ${purpose}`, 32))
}

/**
 * Each piece is sealed with its number, its length, whether it is the last, and the head of the
 * file: none can be changed, moved, left out, doubled, or taken from another file, and an end that
 * is cut off is missed. The key is of this file alone, so that numbers may be nonces.
 */
function parametersOf(head: Buffer, number: number, frame: Buffer) {
  const nonce = Buffer.alloc(12)
  nonce.writeBigUInt64BE(BigInt(number), 4)
  return { nonce, binding: Buffer.concat([head, nonce, frame]) }
}

/** Encrypts the bytes of the file of this name. */
export async function* encrypted(
  plain: AsyncIterable<Buffer>, key: Uint8Array, name: string,
): AsyncGenerator<Buffer, void, void> {
  const salt = randomBytes(saltBytes)
  const head = Buffer.concat([magic, salt])
  const fileKey = derivedKey(key, salt, `file ${name}`)
  yield head
  let number = 0
  for await (const { piece, isLast } of pieces(plain)) {
    const frame = Buffer.alloc(frameBytes)
    frame.writeUInt32BE(piece.length)
    frame[4] = isLast ? 1 : 0
    const { nonce, binding } = parametersOf(head, number, frame)
    const cipher = createCipheriv('aes-256-gcm', fileKey, nonce, { authTagLength: tagBytes })
    cipher.setAAD(binding)
    yield Buffer.concat([frame, cipher.update(piece), cipher.final(), cipher.getAuthTag()])
    number += 1
  }
}

/** Decrypts what `encrypted` made. Throws InvalidBackup for anything else. */
export async function* decrypted(
  sealed: AsyncIterable<Buffer>, key: Uint8Array, name: string,
): AsyncGenerator<Buffer, void, void> {
  const reader = new ByteReader(sealed)
  try {
    yield* openedPieces(reader, key, name)
  } finally {
    await reader.end()
  }
}

async function* openedPieces(reader: ByteReader, key: Uint8Array, name: string) {
  const head = await reader.read(headerBytes)
  if (head === undefined || !head.subarray(0, magic.length).equals(magic)) {
    throw new InvalidBackup(`${name} is no encrypted file of a backup.`)
  }
  const fileKey = derivedKey(key, head.subarray(magic.length), `file ${name}`)
  for (let number = 0; ; number++) {
    const frame = await reader.read(frameBytes)
    const length = frame?.readUInt32BE() ?? Infinity
    const body = length > pieceBytes ? undefined : await reader.read(length + tagBytes)
    if (frame === undefined || body === undefined) {
      throw new InvalidBackup(`${name} is cut off, or was changed, in piece ${number}.`)
    }
    const { nonce, binding } = parametersOf(head, number, frame)
    yield openedPiece({ fileKey, nonce, binding, body }, `${name}, piece ${number}`)
    if (frame[4] === 1) break
  }
  if (await reader.read(1) !== undefined) {
    throw new InvalidBackup(`${name} goes on behind its end.`)
  }
}

interface SealedPiece {
  readonly fileKey: Uint8Array
  readonly nonce: Uint8Array
  readonly binding: Uint8Array
  readonly body: Buffer
}

function openedPiece({ fileKey, nonce, binding, body }: SealedPiece, place: string): Buffer {
  const end = body.length - tagBytes
  const cipher = createDecipheriv('aes-256-gcm', fileKey, nonce, { authTagLength: tagBytes })
  cipher.setAAD(binding)
  cipher.setAuthTag(body.subarray(end))
  try {
    return Buffer.concat([cipher.update(body.subarray(0, end)), cipher.final()])
  } catch (cause) {
    throw new InvalidBackup(`${place}, was changed: it does not open.`, { cause })
  }
}

/** The bytes in pieces of one size; the last has what is left, if need be nothing. */
async function* pieces(bytes: AsyncIterable<Buffer>) {
  const reader = new ByteReader(bytes)
  try {
    let piece = await reader.upTo(pieceBytes)
    for (;;) {
      const next = await reader.upTo(pieceBytes)
      yield { piece, isLast: next.length === 0 }
      if (next.length === 0) return
      piece = next
    }
  } finally {
    await reader.end()
  }
}

/** Reads a stream in lengths that are asked for. */
class ByteReader {
  readonly #source: AsyncIterator<Buffer>
  #held: Buffer[] = []
  #length = 0

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  /** So many bytes, or all that are left. */
  async upTo(count: number): Promise<Buffer> {
    while (this.#length < count) {
      const { done, value } = await this.#source.next()
      if (done === true) break
      this.#held.push(value)
      this.#length += value.length
    }
    const all = this.#held.length === 1 ? this.#held[0]! : Buffer.concat(this.#held)
    this.#held = all.length > count ? [all.subarray(count)] : []
    this.#length = Math.max(0, all.length - count)
    return all.subarray(0, count)
  }

  /** Lets go of the stream, read to its end or not. */
  async end(): Promise<void> {
    await this.#source.return?.()
  }

  /** So many bytes; undefined when fewer are left. */
  async read(count: number): Promise<Buffer | undefined> {
    const bytes = await this.upTo(count)
    return bytes.length < count ? undefined : bytes
  }
}
