import { type AuditSource } from '../audit/index.js'
import { type Database } from '../database/database.js'
import { type Actor, programActor } from '../scope.js'
import { bindingOf } from './binding.js'
import { decodedText, EnvelopeBroken, kidOf, opened, sealed } from './envelope.js'
import { type Keyring, kidOf as kidOfKey } from './keyring.js'
import { openedOrRejected } from './rejections.js'
import { type SecretTables } from './tables.js'

/** The row that sealed values belong to; moved to another, they do not open. */
export interface FieldBinding {
  readonly organizationId: string
  readonly ownerKind: 'user' | 'organization'
  readonly userId: string | null
  /** What kind of row. */
  readonly name: string
}

/** For whom values are sealed, and where. */
export interface FieldSource extends AuditSource {
  readonly actor?: Actor
  /** Where keys are looked for, used and made; beside it another writer would wait for it. */
  readonly transaction?: Database<SecretTables> | undefined
}

type Fields = Readonly<Record<string, string>>

/** Encrypts values that stand in rows of other domains, under the organization's key. */
export class SealedFields {
  readonly #database: Database<SecretTables>
  readonly #keys: Database<SecretTables>
  readonly #keyring: Keyring
  readonly #source: AuditSource
  readonly #actor: Actor

  constructor(
    database: Database<SecretTables>,
    keyring: Keyring,
    { actor = programActor, transaction = database, ...source }: FieldSource,
  ) {
    this.#database = database
    this.#keys = transaction
    this.#keyring = keyring
    this.#source = source
    this.#actor = actor
  }

  /** Each value sealed under its own name. Throws what `Keyring.activeKey` throws. */
  async seal(fields: Fields, binding: FieldBinding): Promise<Record<string, string>> {
    const entries = Object.entries(fields)
    if (entries.length === 0) return {}
    const { organizationId } = binding
    const key = await this.#keyring.activeKey(this.#keys, organizationId, entries.length)
    return resolved(entries, (field, value) =>
      sealed(key, Buffer.from(value), bindingOfField(binding, field)))
  }

  /** What was sealed for this row. Throws SecretUnreadable, SecretKeyRetired. */
  async open(fields: Fields, binding: FieldBinding): Promise<Record<string, string>> {
    const { organizationId, ownerKind, userId, name } = binding
    return resolved(Object.entries(fields), (field, text) => openedOrRejected(this.#database, {
      source: this.#source,
      scope: { organizationId, actor: this.#actor },
      opening: {
        resourceKind: 'settings', resourceId: userId, details: { owner: ownerKind, name, field },
      },
    }, async () => {
      const version = versionIn(text, organizationId)
      const key = await this.#keyring.keyOf(this.#keys, organizationId, version)
      const plain = await opened(key, text, bindingOfField(binding, field))
      return decodedText(plain)
    }))
  }
}

/** The key version that a sealed text names. Throws EnvelopeBroken. */
export function versionIn(text: string, organizationId: string): number {
  const kid = kidOf(text) ?? ''
  const version = Number(/:([1-9]\d{0,14})$/.exec(kid)?.[1] ?? 0)
  if (version === 0 || kid !== kidOfKey(organizationId, version)) throw new EnvelopeBroken()
  return version
}

function bindingOfField(
  { organizationId, ownerKind, userId, name }: FieldBinding,
  field: string,
): Uint8Array {
  return bindingOf('field', [organizationId, ownerKind, userId ?? organizationId, name, field])
}

async function resolved(
  entries: readonly (readonly [string, string])[],
  change: (name: string, value: string) => Promise<string>,
): Promise<Record<string, string>> {
  const changed = await Promise.all(
    entries.map(async ([name, value]) => [name, await change(name, value)] as const))
  return Object.fromEntries(changed)
}
