import {
  createHash, createPrivateKey, createPublicKey, type KeyObject, randomBytes, sign, verify,
} from 'node:crypto'
import { InvalidConfiguration } from '../errors.js'
import { canonicalJson } from './canonical.js'
import { type AuditHead, type AuditTombstone } from './tables.js'

/** Bytes before the seed of an Ed25519 key in PKCS #8, and before the public key in SPKI. */
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex')
const spkiHead = Buffer.from('302a300506032b6570032100', 'hex')

/** A head before it is signed. */
export type UnsignedHead = Omit<AuditHead, 'keyId' | 'signature'>

/** A tombstone before it is signed. */
export type UnsignedTombstone = Omit<AuditTombstone, 'keyId' | 'signature'>

/** A new secret key as text: 32 random bytes in base64url. */
export const newAuditKey = (): string => randomBytes(32).toString('base64url')

/** Signs heads and tombstones with Ed25519, and checks signatures against the keys it trusts. */
export class AuditKeys {
  readonly #signing: { readonly id: string; readonly key: KeyObject } | undefined
  readonly #trusted: ReadonlyMap<string, KeyObject>

  /**
   * @param secret the key that signs, and after commas older ones that are still trusted; each 32
   *   bytes in base64
   * @param publicKeys further keys to trust, each 32 bytes in base64
   */
  constructor(secret?: string, publicKeys: readonly string[] = []) {
    const secrets = (secret ?? '').split(',').filter((part) => part.trim() !== '').map(privateKey)
    const publics = [...secrets.map((key) => createPublicKey(key)), ...publicKeys.map(publicKey)]
    this.#trusted = new Map(publics.map((key) => [keyIdOf(key), key]))
    const [first] = secrets
    this.#signing = first && { id: keyIdOf(createPublicKey(first)), key: first }
  }

  get canSign(): boolean {
    return this.#signing !== undefined
  }

  /** False when there is no key to check a signature with. */
  get canCheck(): boolean {
    return this.#trusted.size > 0
  }

  /** The public keys that are trusted, the signing one first: 32 bytes in base64url each. */
  get publicKeys(): readonly string[] {
    return [...this.#trusted.values()].map((key) => rawOf(key).toString('base64url'))
  }

  signHead(head: UnsignedHead): AuditHead {
    return { ...head, ...this.#sign((keyId) => headText({ ...head, keyId })) }
  }

  signTombstone(tombstone: UnsignedTombstone): AuditTombstone {
    return { ...tombstone, ...this.#sign((keyId) => tombstoneText({ ...tombstone, keyId })) }
  }

  /** Whether a trusted key signed this. */
  isHeadGenuine(head: AuditHead): boolean {
    return this.#isGenuine(headText(head), head)
  }

  /** Whether a trusted key signed this. */
  isTombstoneGenuine(tombstone: AuditTombstone): boolean {
    return this.#isGenuine(tombstoneText(tombstone), tombstone)
  }

  #sign(text: (keyId: string) => string): { keyId: string; signature: string } {
    if (this.#signing === undefined) {
      throw new InvalidConfiguration('There is no audit key to sign with; set HOLDFAST_AUDIT_KEY.')
    }
    const { id: keyId, key } = this.#signing
    return { keyId, signature: sign(null, Buffer.from(text(keyId)), key).toString('base64url') }
  }

  #isGenuine(text: string, { keyId, signature }: { keyId: string; signature: string }): boolean {
    const key = this.#trusted.get(keyId)
    if (key === undefined) return false
    return verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64url'))
  }
}

function headText(head: UnsignedHead & { readonly keyId: string }): string {
  return canonicalJson({
    format: 'holdfast-audit-head-1',
    organization_id: head.organizationId,
    sequence: head.sequence,
    hash: head.hash,
    signed_at: head.signedAt,
    key_id: head.keyId,
  })
}

function tombstoneText(tombstone: UnsignedTombstone & { readonly keyId: string }): string {
  return canonicalJson({
    format: 'holdfast-audit-tombstone-1',
    organization_id: tombstone.organizationId,
    first_sequence: tombstone.firstSequence,
    last_sequence: tombstone.lastSequence,
    hash: tombstone.hash,
    pruned_at: tombstone.prunedAt,
    pruned_by: tombstone.prunedBy,
    key_id: tombstone.keyId,
  })
}

/** Sixteen hexadecimal digits of the public key's SHA-256. */
function keyIdOf(key: KeyObject): string {
  return createHash('sha256').update(rawOf(key)).digest('hex').slice(0, 16)
}

const rawOf = (key: KeyObject): Buffer =>
  key.export({ type: 'spki', format: 'der' }).subarray(spkiHead.length)

function privateKey(text: string): KeyObject {
  const key = Buffer.concat([pkcs8Head, bytesOf(text, 'The audit key')])
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' })
}

function publicKey(text: string): KeyObject {
  const key = Buffer.concat([spkiHead, bytesOf(text, 'The public audit key')])
  return createPublicKey({ key, format: 'der', type: 'spki' })
}

function bytesOf(text: string, what: string): Buffer {
  const isBase64 = /^[A-Za-z0-9+/_-]{43}=?$/.test(text.trim())
  const bytes = Buffer.from(text.trim(), 'base64')
  if (isBase64 && bytes.length === 32) return bytes
  throw new InvalidConfiguration(`${what} must be 32 bytes in base64: openssl rand -base64 32`)
}
