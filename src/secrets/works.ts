import { type AuditSource } from '../audit/index.js'
import { type Clock } from '../clock.js'
import { type RateLimiter } from '../coordination/coordination.js'
import { type Database } from '../database/database.js'
import { InvalidConfiguration } from '../errors.js'
import { type Actor, programActor, type Scope } from '../scope.js'
import { Keyring, type KeyringOptions } from './keyring.js'
import { KeyRetirement } from './retirement.js'
import { RevealLimit, type RevealRate } from './reveal-limit.js'
import { givenRootKeys, type RootKeyProvider } from './root-key.js'
import { type RootKeyFile, RootKeysInFile } from './root-key-file.js'
import { RootRing } from './root-ring.js'
import { KeyRotation } from './rotation.js'
import { historyDefault, historyMax } from './rules.js'
import { type SealedColumn } from './sealed-columns.js'
import { SealedFields } from './sealed-fields.js'
import { SecretRows } from './secret-rows.js'
import { type SecretOwner, type SecretParts, SecretStore } from './store.js'
import { type SecretTables } from './tables.js'

/** How secrets are kept. */
export interface SecretOptions extends KeyringOptions {
  /** How often one actor may reveal; null for without limit. @default 60 in 60 s */
  readonly revealRate?: RevealRate | null
  /** Versions of one secret that are kept, 1 to 100. @default 10 */
  readonly historyMax?: number
}

/**
 * The root key: text of 32 bytes in base64 (several, the newest first, while a new one takes over),
 * a file of such texts, or whatever else keeps it.
 */
export type RootKeyOption = string | readonly string[] | RootKeyFile | RootKeyProvider

/** What this domain takes from outside. */
export interface SecretSource extends AuditSource {
  readonly clock: Clock
  readonly limiter: RateLimiter
  /** Where other domains keep what `fields` sealed. */
  readonly columns: readonly SealedColumn[]
}

/** The secrets of a whole database: one set of keys, and everything that works with it. */
export class SecretWorks {
  readonly roots: RootRing
  readonly keyring: Keyring
  readonly rotation: KeyRotation
  readonly retirement: KeyRetirement
  readonly #database: Database<SecretTables>
  readonly #source: SecretSource
  readonly #parts: SecretParts

  constructor(
    database: Database<SecretTables>,
    source: SecretSource,
    { rootKey, ...options }: SecretOptions & { readonly rootKey?: RootKeyOption | undefined },
  ) {
    const { clock, ids, limiter, columns } = source
    this.#database = database
    this.#source = source
    this.roots = new RootRing(
      database, rootKey === undefined ? undefined : providerOf(rootKey), clock)
    this.keyring = new Keyring(database, { roots: this.roots, clock }, options)
    this.rotation = new KeyRotation(database, this.keyring, { clock, ids, columns })
    this.retirement = new KeyRetirement(database, { clock, ids, columns })
    this.#parts = {
      keyring: this.keyring,
      rows: new SecretRows(database.as()),
      source: { clock, ids },
      limit: new RevealLimit(limiter, options.revealRate),
      historyMax: checkedHistory(options.historyMax),
    }
  }

  /** Whether a root key is configured; without one secrets cannot be used. */
  get isReady(): boolean {
    return this.roots.isGiven
  }

  /** The secrets of an owner, on the database or on a transaction. */
  store(
    scope: Scope,
    owner: SecretOwner,
    transaction?: Database<SecretTables>,
  ): SecretStore {
    return new SecretStore(transaction ?? this.#database, scope, {
      parts: this.#parts, owner, inTransaction: transaction !== undefined,
    })
  }

  /**
   * What seals values in rows of other domains, on the database or on a transaction; undefined
   * without a root key.
   */
  fields(
    actor: Actor = programActor,
    transaction?: Database<SecretTables>,
  ): SealedFields | undefined {
    if (!this.isReady) return undefined
    const { clock, ids } = this.#source
    return new SealedFields(this.#database, this.keyring, { clock, ids, actor, transaction })
  }
}

/** What keeps the root key that an option names. Throws InvalidConfiguration. */
export function providerOf(option: RootKeyOption): RootKeyProvider {
  if (typeof option === 'string' || Array.isArray(option)) return givenRootKeys(option)
  if ('file' in option) return new RootKeysInFile(option)
  return option as RootKeyProvider
}

function checkedHistory(count = historyDefault): number {
  if (Number.isInteger(count) && count >= 1 && count <= historyMax) return count
  throw new InvalidConfiguration(`historyMax must be an integer from 1 to ${historyMax}.`)
}
