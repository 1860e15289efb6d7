import { createHash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** What a token opens. */
export type TokenKind = 'session' | 'service_token' | 'invitation'

const marks: Record<TokenKind, string> = {
  session: 'hf_ls_', service_token: 'hf_st_', invitation: 'hf_in_',
}
const kinds = { ls: 'session', st: 'service_token', in: 'invitation' } as const
const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const randomLength = 30
const checksumLength = 6
const pattern = /^hf_(ls|st|in)_([0-9A-Za-z]{30})([0-9A-Za-z]{6})$/

/**
 * A new token: prefix, 30 random base-62 characters (178 bits), and the CRC-32 of what precedes in
 * six base-62 characters, so that a mistyped or invented token costs no query.
 */
export function newToken(kind: TokenKind): string {
  const body = marks[kind] + randomText(randomLength)
  return body + checksum(body)
}

/**
 * Service tokens of other applications that were imported: 256 random bits or more in base64url.
 * They carry no checksum, so that only the database knows whether one is good.
 */
const importedPattern = /^(?!hf_)[A-Za-z0-9_-]{43,128}$/

/** The kind of a credential; undefined for what is malformed, mistyped, or no credential. */
export function kindOfToken(token: string): 'session' | 'service_token' | undefined {
  if (importedPattern.test(token)) return 'service_token'
  const kind = wellFormedKind(token)
  return kind === 'invitation' ? undefined : kind
}

/** Whether this is the token of an invitation, whole and without a slip. */
export function isInvitationToken(token: string): boolean {
  return wellFormedKind(token) === 'invitation'
}

function wellFormedKind(token: string): TokenKind | undefined {
  const match = pattern.exec(token)
  if (match === null) return undefined
  if (checksum(token.slice(0, -checksumLength)) !== match[3]) return undefined
  return kinds[match[1] as keyof typeof kinds]
}

/** What is stored of a token. It has 178 random bits, so a plain fast hash is enough. */
export function hashOfToken(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

/** Uniform over the alphabet: bytes of 248 and above are thrown away. */
function randomText(length: number): string {
  let text = ''
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < 248 && text.length < length) text += alphabet[byte % 62]
    }
  }
  return text
}

function checksum(text: string): string {
  let rest = crc32(text)
  let digits = ''
  for (let index = 0; index < checksumLength; index++) {
    digits = alphabet[rest % 62] + digits
    rest = Math.floor(rest / 62)
  }
  return digits
}
