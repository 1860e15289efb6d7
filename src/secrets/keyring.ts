import {
  createHmac, createSecretKey, type KeyObject, randomBytes, timingSafeEqual,
} from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { type Clock, instantOf } from '../clock.js'
import { type Database } from '../database/database.js'
import { TransactionConflict } from '../database/failures.js'
import { bindingOf } from './binding.js'
import { EnvelopeBroken, importedKey, type WrappingKey } from './envelope.js'
import { RootKeyMismatch, SecretKeyExhausted, SecretKeyRetired } from './errors.js'
import { KeyRows } from './key-rows.js'
import { type RootRing } from './root-ring.js'
import { type OrganizationKeyRow, type SecretTables } from './tables.js'

/** A key of an organization, ready for use. */
export interface OrganizationKey extends WrappingKey {
  readonly organizationId: string
  readonly version: number
  /** Makes prints of texts that only holders of the key can make. */
  readonly prints: KeyObject
}

export interface KeyringOptions {
  /** Keys kept ready in this process at most. @default 1000 */
  readonly cachedMax?: number
  /** Uses of one key at most; from half of it on `doctor` warns. @default 2^32 */
  readonly usesMax?: number
  /** Uses that a process takes from the row at once. @default 256 */
  readonly usesBlock?: number
}

/** What NIST SP 800-38D allows one key under random nonces. */
export const usesMaxDefault = 2 ** 32

/** How often a new key is tried to be made while others do the same. */
const attemptsMax = 10

type Keys = Database<SecretTables>

/** A key's name, as it stands in the envelopes under it. */
export const kidOf = (organizationId: string, version: number): string =>
  `${organizationId}:${version}`

/**
 * Which key a row is of. A kid alone comes again with an organization that is deleted and made anew
 * under its id, while the key is another one.
 */
const nameOf = ({ organizationId, version, createdAt, rotationId }: OrganizationKeyRow): string =>
  [organizationId, version, createdAt, rotationId].join(' ')

/** What a wrapped key is bound to: its own row. */
export const keyBinding = (
  { organizationId, version }: Pick<OrganizationKeyRow, 'organizationId' | 'version'>,
): Uint8Array => bindingOf('organization_key', [organizationId, version])

/**
 * The keys of organizations: made on demand, once, and kept ready in this process in a form that
 * its crypto does not hand out again. Methods take the database, or the transaction, to work on;
 * what a transaction saw is kept only once it is committed.
 */
export class Keyring {
  readonly roots: RootRing
  readonly rows: KeyRows
  readonly usesMax: number
  readonly #clock: Clock
  readonly #usesBlock: number
  readonly #ready: LRUCache<string, OrganizationKey>
  /** Uses taken from the row and not used yet, by name. */
  readonly #left = new Map<string, number>()

  constructor(
    database: Database<SecretTables>,
    { roots, clock }: { readonly roots: RootRing; readonly clock: Clock },
    options: KeyringOptions = {},
  ) {
    this.roots = roots
    this.rows = new KeyRows(database.as())
    this.usesMax = options.usesMax ?? usesMaxDefault
    this.#clock = clock
    this.#usesBlock = options.usesBlock ?? 256
    this.#ready = new LRUCache({ max: options.cachedMax ?? 1_000 })
  }

  /**
   * The key that encrypts, made if there is none, with so many uses of it. Throws RootKeyMissing,
   * RootKeyMismatch, RootKeyUnavailable, SecretKeyExhausted; ForeignKeyViolation where there is no
   * such organization.
   */
  async activeKey(database: Keys, organizationId: string, uses = 1): Promise<OrganizationKey> {
    // Asked for first: without a root key nothing is looked for.
    void this.roots.provider
    for (let count = 0; count < attemptsMax; count += 1) {
      const row = await this.rows.active(database, organizationId)
      if (row === undefined) {
        const first = { organizationId, version: 1, rotationId: null }
        await this.rows.insert(database, await this.#newRow(database, first))
        continue
      }
      this.#checkKnown(row)
      const key = await this.#readied(database, row)
      if (uses === 0 || await this.#take(database, row, uses)) return key
    }
    throw new TransactionConflict('The keys of the organization change too fast; repeat the call.')
  }

  /** The key of this version. Throws EnvelopeBroken when there is none, SecretKeyRetired. */
  async keyOf(database: Keys, organizationId: string, version: number): Promise<OrganizationKey> {
    const row = await this.rows.find(database, organizationId, version)
    if (row === undefined) throw new EnvelopeBroken()
    if (row.state !== 'retired') return this.#readied(database, row)
    throw new SecretKeyRetired(`Version ${version} of the organization’s key was retired.`)
  }

  /** Puts a new key in the place of the active one; false when another rotation just did. */
  async replace(database: Keys, active: OrganizationKeyRow, rotationId: string): Promise<boolean> {
    const { organizationId } = active
    const next = { organizationId, version: active.version + 1, rotationId }
    const row = await this.#newRow(database, next)
    return database.transaction(async (transaction) => {
      const isReplaced = await this.rows.replace(transaction, active, row.createdAt)
      if (!isReplaced) return false
      if (await this.rows.insert(transaction, row)) return true
      throw new TransactionConflict('The root key was changed at the same time; repeat the call.')
    })
  }

  /** A print of a text that nobody without the organization's key can make, or try out. */
  async print(database: Keys, organizationId: string, text: string): Promise<string> {
    return printOf(await this.activeKey(database, organizationId, 0), text)
  }

  /** Whether a print is of this text, also one that was made under an earlier key. */
  async isPrintOf(
    database: Keys,
    organizationId: string,
    { print, text }: { readonly print: string; readonly text: string },
  ): Promise<boolean> {
    const version = Number(/^v(\d{1,15})\./.exec(print)?.[1] ?? 0)
    const row = version === 0 ? undefined : await this.rows.find(database, organizationId, version)
    if (row === undefined || row.state === 'retired') return false
    const key = await this.#readied(database, row)
    const [ours, theirs] = [Buffer.from(printOf(key, text)), Buffer.from(print)]
    return ours.length === theirs.length && timingSafeEqual(ours, theirs)
  }

  /** Forgets every key. */
  close(): void {
    this.#ready.clear()
    this.#left.clear()
  }

  async #newRow(
    database: Keys,
    given: Pick<OrganizationKeyRow, 'organizationId' | 'version' | 'rotationId'>,
  ) {
    const raw = randomBytes(32)
    const rootKid = await this.roots.active(database)
    const wrappedKey = await this.roots.provider.wrap(rootKid, raw, keyBinding(given))
    raw.fill(0)
    return { ...given, rootKid, wrappedKey, createdAt: instantOf(this.#clock.now()) }
  }

  /** A row that came from elsewhere may be under a root key that was never given here. */
  #checkKnown({ rootKid }: OrganizationKeyRow): void {
    if (this.roots.provider.knows(rootKid)) return
    throw new RootKeyMismatch(`The organization’s key is under the root key ${rootKid}, and that ` +
      'is not among the keys given. Give it as well, behind the newest.')
  }

  async #readied(database: Keys, row: OrganizationKeyRow): Promise<OrganizationKey> {
    const { organizationId, version, rootKid, wrappedKey } = row
    const kid = kidOf(organizationId, version)
    const known = this.#ready.get(nameOf(row))
    if (known !== undefined) return known
    const raw = await this.roots.provider.unwrap(rootKid, wrappedKey, keyBinding(row))
    const derived = createHmac('sha256', raw).update('holdfast prints').digest()
    const prints = createSecretKey(derived)
    const key = { kid, organizationId, version, prints, key: await importedKey(raw) }
    raw.fill(0)
    derived.fill(0)
    database.afterCommit(() => void this.#ready.set(nameOf(row), key))
    return key
  }

  /** False when the key is not the active one any more. */
  async #take(database: Keys, row: OrganizationKeyRow, uses: number): Promise<boolean> {
    const name = nameOf(row)
    const left = this.#left.get(name) ?? 0
    if (left >= uses) {
      this.#left.set(name, left - uses)
      return true
    }
    const { usesMax } = this
    const block = Math.max(uses, this.#usesBlock)
    if (await this.rows.use(database, row, { uses: block, usesMax })) {
      database.afterCommit(() =>
        void this.#left.set(name, (this.#left.get(name) ?? 0) + block - uses))
      return true
    }
    const now = await this.rows.find(database, row.organizationId, row.version)
    if (now?.state !== 'active') return false
    throw new SecretKeyExhausted(
      `The organization’s key has encrypted ${usesMax} times and may not again; run: ` +
        `holdfast secrets rotate --organization ${row.organizationId}`)
  }
}

const printOf = ({ version, prints }: OrganizationKey, text: string): string =>
  `v${version}.${createHmac('sha256', prints).update(text).digest('hex')}`
