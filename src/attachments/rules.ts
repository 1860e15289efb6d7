import { pageLimitDefault, pageLimitMax, type PageRequest } from '../database/page.js'
import { InvalidInput } from '../errors.js'
import { type NewAttachment } from './store.js'

/** Bytes of an attachment at most, unless configured otherwise. */
export const attachmentBytesMaxDefault = 25 * 1024 * 1024

/** Characters of a name at most. */
export const nameLengthMax = 255

/** Characters of a declared media type at most. */
export const typeLengthMax = 255

/** A media type with or without parameters. */
export const typePattern =
  /^[A-Za-z0-9!#$&^_.+-]{1,127}\/[A-Za-z0-9!#$&^_.+-]{1,127}(?:[ \t]*;[\x20-\x7E]*)?$/

/** A SHA-256 in hexadecimal. */
export const sha256Pattern = /^[0-9a-f]{64}$/i

/** A name of a file: no folder, no control characters. */
export const namePattern = /^[^\0-\x1F\x7F/\\]+$/

function require(condition: boolean, field: string, rule: string): void {
  if (!condition) throw new InvalidInput(`${field} ${rule}`, { field })
}

/** Refuses an attachment that breaks a rule. */
export function checkAttachment({ name, declaredType, size, sha256 }: NewAttachment): void {
  const isName = typeof name === 'string' && name.length <= nameLengthMax && namePattern.test(name)
  require(isName && name !== '.' && name !== '..', 'name',
    `must be 1 to ${nameLengthMax} characters without / and \\ and control characters`)
  const isType = declaredType === undefined || declaredType === null ||
    (typeof declaredType === 'string' && declaredType.length <= typeLengthMax &&
      typePattern.test(declaredType))
  require(isType, 'media_type', 'must be a media type such as image/png')
  checkExpected({ size, sha256 })
}

/** Refuses a size or a hash that no bytes have. */
export function checkExpected({ size, sha256 }: Pick<NewAttachment, 'size' | 'sha256'>): void {
  const isSize = size === undefined || size === null || (Number.isSafeInteger(size) && size >= 0)
  require(isSize, 'size', 'must be a number of bytes')
  const isHash = sha256 === undefined || sha256 === null ||
    (typeof sha256 === 'string' && sha256Pattern.test(sha256))
  require(isHash, 'sha256', 'must be 64 hexadecimal digits')
}

/** The rows of a page a request asks for. */
export function checkLimit({ limit = pageLimitDefault }: PageRequest): number {
  const valid = Number.isInteger(limit) && limit >= 1 && limit <= pageLimitMax
  require(valid, 'limit', `must be an integer from 1 to ${pageLimitMax}`)
  return limit
}
