import { createHash } from 'node:crypto'
import { InvalidInput } from './errors.js'
import { isUuid } from './ids.js'

/** Characters of a name at most. */
export const nameMax = 255

/**
 * The UUID of a name in a space, the same for ever: RFC 9562 version 8 as its appendix B.2 has it,
 * with SHA-256 instead of the SHA-1 of version 5. Names may come from anybody, and two of them that
 * meet in one UUID are within reach where SHA-1 makes it.
 */
export function namedId(space: string, name: string): string {
  const hash = createHash('sha256')
    .update(Buffer.from(space.replaceAll('-', ''), 'hex'))
    .update(name, 'utf8')
    .digest()
  hash[6] = (hash[6]! & 0x0f) | 0x80
  hash[8] = (hash[8]! & 0x3f) | 0x80
  const text = hash.toString('hex', 0, 16)
  return [[0, 8], [8, 12], [12, 16], [16, 20], [20, 32]].map((at) => text.slice(...at)).join('-')
}

/**
 * The UUID behind an id of somewhere else: itself when it is one, else that of its name in the
 * space. Throws InvalidInput, naming `field`, for one that is empty, longer than 255 characters, or
 * holds half a surrogate pair, which has no bytes of its own.
 */
export function uuidOf(space: string, externalId: string, field: string): string {
  const isName = typeof externalId === 'string' && externalId.length >= 1 &&
    externalId.length <= nameMax && !/\p{Surrogate}/u.test(externalId)
  if (!isName) {
    const rule = `must be 1 to ${nameMax} characters, without halves of surrogate pairs`
    throw new InvalidInput(`${field} ${rule}`, { field })
  }
  return isUuid(externalId) ? externalId.toLowerCase() : namedId(space, externalId)
}
