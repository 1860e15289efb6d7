import { type KeyObject, webcrypto } from 'node:crypto'
import { type FlattenedJWE } from 'jose'

/** A key that wraps content keys (RFC 3394), and its name. */
export interface WrappingKey {
  readonly kid: string
  readonly key: CryptoKey | KeyObject
}

type CryptoKey = webcrypto.CryptoKey
const { subtle } = webcrypto

let loading: Promise<typeof import('jose')> | undefined

/** Loaded with the first secret: it is a sixth of what a command loads that touches none. */
const jose = () => (loading ??= import('jose'))

/** What was read is not what was written there. Says nothing more: every tampering looks alike. */
export class EnvelopeBroken extends Error {
  override readonly name = 'EnvelopeBroken'

  constructor() {
    super('The ciphertext does not open.')
  }
}

const header = { alg: 'A256KW', enc: 'A256GCM' } as const

const accepted = {
  keyManagementAlgorithms: [header.alg],
  contentEncryptionAlgorithms: [header.enc],
  /** Nothing compressed is opened. */
  maxDecompressedLength: 0,
}

/**
 * Encrypts under a fresh content key, wrapped by `key`. The text is a JWE (RFC 7516, flattened
 * JSON) without its `aad`. The name of the key stands outside what the content's tag covers, so
 * that another key can take over the content key without the content being opened.
 */
export async function sealed(
  { key, kid }: WrappingKey,
  plain: Uint8Array,
  binding: Uint8Array,
): Promise<string> {
  const { FlattenedEncrypt } = await jose()
  const jwe = await new FlattenedEncrypt(plain)
    .setProtectedHeader(header)
    .setUnprotectedHeader({ kid })
    .setAdditionalAuthenticatedData(binding)
    .encrypt(key)
  const { protected: head, encrypted_key, iv, ciphertext, tag } = jwe
  return JSON.stringify({ protected: head, header: { kid }, encrypted_key, iv, ciphertext, tag })
}

/** Decrypts what was sealed with this key and this binding. Throws EnvelopeBroken, always alike. */
export async function opened(
  { key, kid }: WrappingKey,
  text: string,
  binding: Uint8Array,
): Promise<Uint8Array> {
  const { flattenedDecrypt } = await jose()
  try {
    const envelope = parsed(text, kid)
    const aad = Buffer.from(binding).toString('base64url')
    return (await flattenedDecrypt({ ...envelope, aad }, key, accepted)).plaintext
  } catch {
    throw new EnvelopeBroken()
  }
}

/** The same ciphertext with its content key under another key; the content stays closed. */
export async function rewrapped(
  text: string,
  from: WrappingKey,
  to: WrappingKey,
): Promise<string> {
  try {
    const envelope = parsed(text, from.kid)
    const wrapped = Buffer.from(envelope.encrypted_key!, 'base64url')
    const content = await subtle.unwrapKey('raw', wrapped, from.key as CryptoKey, 'AES-KW',
      { name: 'AES-GCM' }, true, ['encrypt'])
    const again = await subtle.wrapKey('raw', content, to.key as CryptoKey, 'AES-KW')
    const encrypted_key = Buffer.from(again).toString('base64url')
    return JSON.stringify({ ...envelope, header: { kid: to.kid }, encrypted_key })
  } catch {
    throw new EnvelopeBroken()
  }
}

/** The name of the key a text says it is under; undefined for what is no envelope. */
export function kidOf(text: string): string | undefined {
  try {
    const { header: named } = JSON.parse(text) as { header?: { kid?: unknown } }
    return typeof named?.kid === 'string' ? named.kid : undefined
  } catch {
    return undefined
  }
}

// A mark at the beginning is part of the text.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true })

/** The text behind opened bytes. */
export function decodedText(plain: Uint8Array): string {
  return decoder.decode(plain)
}

/** A key for wrapping and unwrapping that cannot be taken out of the process's crypto again. */
export async function importedKey(raw: Uint8Array): Promise<CryptoKey> {
  return subtle.importKey('raw', raw, 'AES-KW', false, ['wrapKey', 'unwrapKey'])
}

const members = 'ciphertext,encrypted_key,header,iv,protected,tag'

/** Exactly the members that `sealed` writes, under the key that is expected. */
function parsed(text: string, kid: string): FlattenedJWE {
  const envelope = JSON.parse(text) as FlattenedJWE
  const isExpected = Object.keys(envelope).sort().join() === members &&
    Object.keys(envelope.header!).join() === 'kid' && envelope.header!.kid === kid
  if (!isExpected) throw new EnvelopeBroken()
  return envelope
}
