import { createHash } from 'node:crypto'
import { HoldfastError } from '../../errors.js'
import { SecretNameTaken, type SecretStore } from '../../secrets/index.js'
import { type ImportParts } from './parts.js'
import { type Ledger } from './report.js'

/** Characters of the name of a secret at most. */
const nameLengthMax = 255

/** A secret of a source, opened. */
export interface SourceSecret {
  readonly kind: string
  readonly place: string
  readonly name: string
  readonly value: string
  readonly description?: string | null
}

/** Keeps secrets as secrets of the organization, or of a person. */
export class SecretKeeper {
  readonly #parts: ImportParts
  readonly #ledger: Ledger
  readonly #userId: string | undefined
  readonly #isWanted: boolean
  /** What was kept, by name. */
  readonly #kept = new Map<string, { readonly value: string; readonly place: string }>()

  constructor(parts: ImportParts, ledger: Ledger, { userId, isWanted = true }: {
    readonly userId?: string | undefined
    readonly isWanted?: boolean | undefined
  }) {
    this.#parts = parts
    this.#ledger = ledger
    this.#userId = userId
    this.#isWanted = isWanted
  }

  /**
   * Keeps a secret unless there is one of its name; counts it under its kind. Another value of a
   * name that the source had before is kept under a name of its own.
   */
  async keep(given: SourceSecret): Promise<void> {
    // As the store has them: names that look alike are one.
    const secret = { ...given, name: given.name.normalize('NFC') }
    const { kind, place, value } = secret
    const before = this.#kept.get(secret.name)
    if (before === undefined) this.#kept.set(secret.name, { value, place })
    if (before === undefined || before.value === value) return this.#keep(secret)
    const sha256 = createHash('sha256').update(place).digest('hex')
    const name = `${secret.name.slice(0, nameLengthMax - 13)} ${sha256.slice(0, 12)}`
    const reason = `another secret has its name, that of ${before.place}`
    this.#ledger.damaged({ kind, place, reason, kept: `secret ${name}` }, true)
    return this.#keep({ ...secret, name })
  }

  async #keep(secret: SourceSecret): Promise<void> {
    const { kind, place, name, value, description = null } = secret
    if (value === '') {
      return this.#ledger.skipped({ kind, place, reason: 'it is empty: there is nothing to keep' })
    }
    if (!this.#isWanted) {
      return this.#ledger.skipped({ kind, place, reason: 'secrets were not asked for' })
    }
    if (!this.#parts.canSeal) {
      const reason = 'there is no root key here to seal it with'
      return this.#ledger.skipped({ kind, place, reason })
    }
    const store = this.#store
    try {
      if (this.#ledger.isDry) {
        const isThere = await store.get(name).then(() => true, () => false)
        return isThere ? await this.#present(secret) : this.#ledger.imported(kind)
      }
      const text = description?.slice(0, 1_000) ?? null
      await store.create({ name, value, description: text === '' ? null : text })
      this.#ledger.imported(kind)
    } catch (error) {
      if (error instanceof SecretNameTaken) return this.#present(secret)
      if (!HoldfastError.isInstance(error) || error.retryable) throw error
      this.#ledger.damaged({ kind, place, reason: error.message })
    }
  }

  /** One that is there stays as it is, also where it is another one, which is told. */
  async #present({ kind, place, name, value }: SourceSecret): Promise<void> {
    this.#ledger.present(kind)
    if (await this.#isHeld(name, value)) return
    const reason = `there is a secret of its name with another value, which stays: ${name}`
    this.#ledger.damaged({ kind, place, reason }, true)
  }

  /** False for one that cannot be opened here. */
  async #isHeld(name: string, value: string): Promise<boolean> {
    try {
      return await this.#store.holds(name, value)
    } catch (error) {
      if (!HoldfastError.isInstance(error) || error.retryable) throw error
      return false
    }
  }

  get #store(): SecretStore {
    const stores = this.#parts.stores(this.#userId)
    return this.#userId === undefined ? stores.secrets : stores.ownSecrets
  }
}
