import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'
import { type Instant } from '../clock.js'
import { CheckpointUnreadable } from './errors.js'
import { type Hint, packed, unpacked } from './packing.js'
import { type Place, type Wrapping } from './wrapping.js'

/** The first byte of sealed bytes; none of the forms of `packing.ts`. */
const sealedForm = 16

const nonceLength = 12
const tagLength = 16
const headLength = 1 + nonceLength

/**
 * Encrypts with AES-256-GCM. Each place has a key of its own, made of the organization's (HMAC),
 * and is part of what is authenticated: bytes that were moved do not open.
 */
export class SealedWrapping implements Wrapping {
  readonly seals = true
  readonly since: Instant
  readonly #key: Uint8Array

  /** With the 32 bytes of the organization's data key, and when that was made. */
  constructor(key: Uint8Array, since: Instant) {
    this.#key = key
    this.since = since
  }

  async wrap(bytes: Uint8Array, place: Place, hint?: Hint): Promise<Buffer> {
    const binding = bindingOf(place)
    const nonce = randomBytes(nonceLength)
    const cipher = createCipheriv('aes-256-gcm', this.#keyOf(binding), nonce)
    cipher.setAAD(binding)
    const text = [cipher.update(await packed(bytes, hint)), cipher.final()]
    return Buffer.concat([Buffer.of(sealedForm), nonce, ...text, cipher.getAuthTag()])
  }

  open(stored: Uint8Array, place: Place, hint?: Hint): Uint8Array {
    const isSealed = stored[0] === sealedForm && stored.length >= headLength + tagLength
    if (!isSealed) throw unreadable('What is stored is not encrypted, and is not believed.')
    try {
      const binding = bindingOf(place)
      const nonce = stored.subarray(1, headLength)
      const decipher = createDecipheriv('aes-256-gcm', this.#keyOf(binding), nonce, {
        authTagLength: tagLength,
      })
      decipher.setAAD(binding)
      decipher.setAuthTag(stored.subarray(stored.length - tagLength))
      const text = decipher.update(stored.subarray(headLength, stored.length - tagLength))
      return unpacked(Buffer.concat([text, decipher.final()]), hint)
    } catch (cause) {
      throw unreadable('What is stored does not open.', cause)
    }
  }

  #keyOf(binding: Uint8Array): Buffer {
    return createHmac('sha256', this.#key).update(binding).digest()
  }
}

/** Each part with its length before it, so that no two places are written alike. */
function bindingOf(place: Place): Buffer {
  const parts = place.map((part) => `${Buffer.byteLength(String(part))}:${part}`)
  return Buffer.from(`checkpoints v1|${parts.join('|')}`)
}

const unreadable = (message: string, cause?: unknown) =>
  new CheckpointUnreadable(message, cause === undefined ? {} : { cause })
