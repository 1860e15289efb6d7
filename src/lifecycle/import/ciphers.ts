import { createDecipheriv, createHash, createHmac, timingSafeEqual } from 'node:crypto'

const jwePattern = /^[A-Za-z0-9_-]+\.\.[A-Za-z0-9_-]{16}\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]{22}$/
const fernetPattern = /^gAAAAA[A-Za-z0-9_-]+={0,2}$/

/** What became of a value that may be encrypted. */
export type Opened =
  /** It was plain, or one of the keys opened it. */
  | { readonly is: 'plain' | 'opened'; readonly value: string }
  | { readonly is: 'sealed' }

/**
 * The value behind a compact JWE, a Fernet token, or one that was written in base64 once more, with
 * any of the keys, whichever it names; a value that is none of them stands for itself.
 */
export function openedWith(value: string, keys: readonly string[]): Opened {
  if (jwePattern.test(value)) {
    const opened = jweOpened(value, keys)
    return opened === undefined ? { is: 'sealed' } : { is: 'opened', value: opened }
  }
  const inner = isBase64(value) ? Buffer.from(value, 'base64').toString('latin1') : ''
  const token = fernetPattern.test(value) ? value : fernetPattern.test(inner) ? inner : undefined
  if (token === undefined) return { is: 'plain', value }
  const opened = fernetOpened(token, keys)
  return opened === undefined ? { is: 'sealed' } : { is: 'opened', value: opened }
}

const isBase64 = (value: string): boolean =>
  value.length % 4 === 0 && /^Z0FBQUFB[A-Za-z0-9+/_-]+={0,2}$/.test(value)

/** Content key: SHA-256 of the text of a key; payload: `{"v": value, "iat": …}`. */
function jweOpened(token: string, keys: readonly string[]): string | undefined {
  const [head = '', , nonce = '', ciphertext = '', tag = ''] = token.split('.')
  for (const key of keys) {
    try {
      const cipher = createDecipheriv(
        'aes-256-gcm', sha256(key), Buffer.from(nonce, 'base64url'))
      cipher.setAAD(Buffer.from(head, 'ascii'))
      cipher.setAuthTag(Buffer.from(tag, 'base64url'))
      const plain = Buffer.concat([
        cipher.update(Buffer.from(ciphertext, 'base64url')), cipher.final(),
      ])
      const payload = JSON.parse(plain.toString('utf8')) as { v?: unknown }
      return typeof payload.v === 'string' ? payload.v : JSON.stringify(payload.v ?? null)
    } catch {
      // Another key, or bytes that were changed.
    }
  }
  return undefined
}

/** The value of a Fernet token with one of the keys, as they are or by their SHA-256. */
export function fernetOpened(token: string, keys: readonly string[]): string | undefined {
  const bytes = Buffer.from(token, 'base64url')
  if (bytes.length < 73 || bytes[0] !== 0x80 || (bytes.length - 57) % 16 !== 0) return undefined
  for (const key of keys.flatMap(fernetKeys)) {
    const mac = createHmac('sha256', key.subarray(0, 16)).update(bytes.subarray(0, -32)).digest()
    if (!timingSafeEqual(mac, bytes.subarray(-32))) continue
    const cipher = createDecipheriv('aes-128-cbc', key.subarray(16), bytes.subarray(9, 25))
    try {
      return Buffer.concat([cipher.update(bytes.subarray(25, -32)), cipher.final()])
        .toString('utf8')
    } catch {
      return undefined
    }
  }
  return undefined
}

function fernetKeys(key: string): Buffer[] {
  const whole = Buffer.from(key, 'base64url')
  return whole.length === 32 ? [sha256(key), whole] : [sha256(key)]
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()
