import { createHash } from 'node:crypto'
import { HoldfastError } from '../../errors.js'
import { SecretNameTaken } from '../../secrets/index.js'
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
  async keep(secret: SourceSecret): Promise<void> {
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

  async #keep({ kind, place, name, value, description = null }: SourceSecret): Promise<void> {
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
    const stores = this.#parts.stores(this.#userId)
    const store = this.#userId === undefined ? stores.secrets : stores.ownSecrets
    try {
      if (this.#ledger.isDry) {
        const isThere = await store.get(name).then(() => true, () => false)
        this.#ledger[isThere ? 'present' : 'imported'](kind)
        return
      }
      const text = description?.slice(0, 1_000) ?? null
      await store.create({ name, value, description: text === '' ? null : text })
      this.#ledger.imported(kind)
    } catch (error) {
      if (error instanceof SecretNameTaken) return this.#ledger.present(kind)
      if (!HoldfastError.isInstance(error) || error.retryable) throw error
      this.#ledger.damaged({ kind, place, reason: error.message })
    }
  }
}
