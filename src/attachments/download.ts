import { type ByteRange } from './storage.js'
import { mayBeShown } from './media.js'

/** What of a representation is asked for: a part, all of it, or a part that is not there. */
export type Wanted = ByteRange | 'all' | 'nothing'

/**
 * The part that `Range` asks for (RFC 9110 §14): a single range of bytes. Several ranges and units
 * that nobody knows are ignored, as the standard allows.
 */
export function wantedIn(header: string | undefined, size: number): Wanted {
  const [, first, last] = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(header ?? '') ?? []
  if (first === undefined || last === undefined || (first === '' && last === '')) return 'all'
  if (first === '') {
    const length = Number(last)
    return length === 0 || size === 0 ? 'nothing' : { start: Math.max(0, size - length), end: size }
  }
  const start = Number(first)
  const end = last === '' ? size : Math.min(size, Number(last) + 1)
  if (last !== '' && Number(last) < start) return 'all'
  return start >= size ? 'nothing' : { start, end }
}

/** Whether `If-None-Match` names the tag, weakly or strongly. */
export function isNamedIn(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  return header.trim() === '*' ||
    header.split(',').some((each) => each.trim().replace(/^W\//, '') === etag)
}

/** Whether a range may be served: `If-Range` is absent or names the very same bytes. */
export function holdsRange(header: string | undefined, etag: string): boolean {
  return header === undefined || header.trim() === etag
}

/** `Content-Disposition` (RFC 6266): the name as any client reads it, without a folder. */
export function dispositionOf(
  name: string,
  { mediaType, inline }: { readonly mediaType: string; readonly inline: boolean },
): string {
  const kind = inline && mayBeShown(mediaType) ? 'inline' : 'attachment'
  const plain = name.replace(/[^\x20-\x7E]|["\\%]/g, '_')
  const encoded = encodeURIComponent(wellFormed(name))
    .replace(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
  return `${kind}; filename="${plain}"; filename*=UTF-8''${encoded}`
}

const wellFormed = (text: string): string =>
  text.replace(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g, '\uFFFD')

/** Headers of every answer with bytes: no browser guesses a type, runs anything, or loads more. */
export const safeHeaders = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; sandbox",
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'private, no-cache',
  'accept-ranges': 'bytes',
}
