import { createDecipheriv, createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { InvalidInput } from '../../../errors.js'
import { fernetOpened } from '../ciphers.js'
import { exactJson } from '../exact-json.js'
import { isObject } from '../json-object.js'
import { type SecretKeeper } from '../secret-keeper.js'
import { OrcheoReading, type OrcheoWork, type SourceRow } from './reading.js'
import { whileReadable } from './source.js'

/** The key that was given, or the one that Orcheo keeps beside its vault. */
export function vaultKeyOf(path: string, given: string | undefined): string | undefined {
  if (given !== undefined) return given
  const folder = statSync(path).isDirectory() ? path : dirname(path)
  const file = join(folder, 'vault.key')
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined
}

/** Imports entries of the vault as secrets, when its key is there. */
export class OrcheoVault {
  readonly #work: OrcheoWork
  readonly #reading: OrcheoReading
  readonly #secrets: SecretKeeper
  readonly #key: string | undefined

  constructor(work: OrcheoWork, secrets: SecretKeeper, key: string | undefined) {
    this.#work = work
    this.#reading = new OrcheoReading(work)
    this.#secrets = secrets
    this.#key = key
  }

  async run(): Promise<void> {
    const names = new Map<string, number>()
    const rows = this.#work.source.tables.get('credentials')?.rows() ?? []
    for (const { name } of whileReadable(rows)) {
      names.set(String(name), (names.get(String(name)) ?? 0) + 1)
    }
    await this.#reading.each('credentials', (row) => this.#credential(row, names))
  }

  async #credential(row: SourceRow, names: ReadonlyMap<string, number>): Promise<void> {
    const { keeping, ledger } = this.#work
    const payload = row.json('payload')
    if (!isObject(payload?.value)) throw new InvalidInput('payload is empty')
    // Sealed under the vault's own key, so that it can be kept as it is.
    const value = exactJson(JSON.stringify({
      ...payload.value, scope_hint: row.text('workflow_id'), provider: row.text('provider'),
    }))
    await keeping.values('credentials', [{ key: row.key, value }])
    const kind = 'credentials'
    if (this.#key === undefined) {
      const reason = 'the key of the vault was not given: the sealed entry is kept as an item'
      return ledger.skipped({ kind, place: row.place, reason })
    }
    const opened = openedOf(payload.value.encryption, this.#key)
    if (opened === undefined) {
      const reason = 'the key of the vault does not open it: the sealed entry is kept as an item'
      return ledger.damaged({ kind, place: row.place, reason, kept: keeping.nameOf(kind) })
    }
    const name = row.needed('name')
    const isAlone = (names.get(name) ?? 0) <= 1
    await this.#secrets.keep({
      kind, place: row.place, value: opened,
      name: `orcheo/${isAlone ? name : `${name}/${row.needed('id')}`}`,
      description: `${row.text('provider') ?? ''} (${row.text('workflow_id') ?? ''})`,
    })
  }
}

/** What an entry holds; undefined when the key is another or the bytes were changed. */
function openedOf(encryption: unknown, key: string): string | undefined {
  if (!isObject(encryption) || typeof encryption.ciphertext !== 'string') return undefined
  const { algorithm, ciphertext } = encryption
  if (algorithm === 'fernet.v1') return fernetOpened(ciphertext, [key])
  if (algorithm !== 'aes256-gcm.v1') return undefined
  const bytes = Buffer.from(ciphertext, 'base64')
  if (bytes.length < 28) return undefined
  try {
    const cipher = createDecipheriv(
      'aes-256-gcm', createHash('sha256').update(key).digest(), bytes.subarray(0, 12))
    cipher.setAuthTag(bytes.subarray(-16))
    return Buffer.concat([cipher.update(bytes.subarray(12, -16)), cipher.final()]).toString('utf8')
  } catch {
    return undefined
  }
}
