import { createHash } from 'node:crypto'
import { nowOf } from '../../clock.js'
import { type Stored } from '../../database/columns.js'
import { encodeRow } from '../../database/table.js'
import { HoldfastError } from '../../errors.js'
import { encodeNamespace, items } from '../../items/index.js'
import { type ExactJson, exactJson } from './exact-json.js'
import { type ImportParts } from './parts.js'
import { Ledger } from './report.js'
import { type ImportRow, RowAdder } from './rows.js'

/** Bytes of an item's value at most; what is longer becomes an attachment. */
const itemBytesMax = 1_000_000

/** Bytes to be kept as they are. */
export interface KeptBytes {
  /** The file they are of, below the path of the import. */
  readonly place: string
  readonly bytes: Uint8Array
  readonly conversationId?: string | null
}

/** What became of bytes to be kept. */
export interface KeptAs {
  readonly kept: string
  readonly isNew: boolean
  /** False for bytes that are more than an attachment may have. */
  readonly isKept: boolean
}

/** A value to be kept under the name of its row. */
export interface KeptValue {
  readonly key: string
  readonly value: ExactJson
  /** Whose it is here: it goes with that person. @default nobody's */
  readonly userId?: string | null | undefined
}

/** Keeps what has no place of its own here, so that nothing of a source is lost. */
export class Keeping {
  readonly #parts: ImportParts
  readonly #ledger: Ledger
  readonly #rows: RowAdder
  readonly #source: string

  constructor(parts: ImportParts, ledger: Ledger, source: string) {
    this.#parts = parts
    this.#ledger = ledger
    this.#source = source
    // What is kept is counted where it was found.
    this.#rows = new RowAdder(parts, new Ledger({ dryRun: ledger.isDry }))
  }

  /** How the report calls the items of a kind. */
  nameOf(kind: string): string {
    return `items imports/${this.#source}/${kind}`
  }

  /** Keeps values as items, once each; the number of those that were not there. */
  async values(kind: string, values: readonly KeptValue[]): Promise<number> {
    const rows: ImportRow[] = []
    for (const value of values) rows.push(await this.#item(kind, value))
    const { added } = await this.#rows.add(kind, items as never, { rows })
    return added.length
  }

  /** Keeps bytes as an attachment, once; how the report is to call it, and whether it was there. */
  async bytes({ place, bytes, conversationId = null }: KeptBytes): Promise<KeptAs> {
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const name = place.replace(/[/\\\0-\x1f\x7f]/g, ':').slice(-200)
    const found = await this.#attached({ name, sha256, conversationId })
    if (found !== undefined) return { kept: `attachment ${found}`, isNew: false, isKept: true }
    const { attachments } = this.#parts.stores()
    if (bytes.length > attachments.bytesMax) {
      const kept = `not kept: ${bytes.length} bytes, of ${attachments.bytesMax} that it may have`
      return { kept, isNew: false, isKept: false }
    }
    if (this.#ledger.isDry) return { kept: 'attachment', isNew: true, isKept: true }
    try {
      const { id } = await attachments.create({
        name, size: bytes.length, sha256, conversationId, declaredType: 'application/octet-stream',
      })
      await attachments.put(id, (async function* () { yield bytes })())
      await attachments.complete(id)
      return { kept: `attachment ${id}`, isNew: true, isKept: true }
    } catch (error) {
      // What may go well the next time would be lost: an import that goes on does not come back.
      if (!HoldfastError.isInstance(error) || error.retryable) throw error
      return { kept: `not kept: ${error.message}`, isNew: false, isKept: false }
    }
  }

  async #item(kind: string, { key, value, userId = null }: KeptValue): Promise<ImportRow> {
    const now = nowOf(this.#parts.clock)
    const row = encodeRow(items, {
      organizationId: this.#parts.organizationId,
      namespace: '', key: shortKey(key), value: null, revision: this.#parts.clock.now(),
      ttlMs: null, createdAt: now, updatedAt: now, expiresAt: null,
      writtenBy: userId === null ? null : `user:${userId}`,
    })
    const namespace = encodeNamespace(['imports', this.#source, kind])
    const stored = await this.#fitting(kind, key, value)
    return { row: { ...row, namespace, value: stored }, place: `${kind}/${key}` }
  }

  async #fitting(kind: string, key: string, value: ExactJson): Promise<Stored<'json'>> {
    if (Buffer.byteLength(value.stored) <= itemBytesMax) return value.stored
    const bytes = Buffer.from(value.stored)
    const { kept } = await this.bytes({ place: `${kind}/${key}.json`, bytes })
    return exactJson(JSON.stringify({ $kept: kept })).stored
  }

  async #attached({ name, sha256, conversationId }: {
    readonly name: string
    readonly sha256: string
    readonly conversationId: string | null
  }): Promise<string | undefined> {
    const { database, tables, organizationId } = this.#parts
    const { columns } = tables.find((table) => table.name === 'attachments')!
    const query = database.write.selectFrom('attachments').select('id')
      .where('organization_id', '=', organizationId)
      .where('sha256', '=', sha256)
      .where('name', '=', columns.name!.encode(name))
      .where('state', '=', 'ready')
    const row = await database.first(conversationId === null
      ? query.where('conversation_id', 'is', null)
      : query.where('conversation_id', '=', conversationId))
    return row === undefined ? undefined : String(row.id)
  }
}

/**
 * Names rows of a table without a key by what stands in them, so that they are found again wherever
 * they stand by then; equal ones are counted.
 */
export function keysByContent(): (value: ExactJson) => string {
  const counts = new Map<string, number>()
  return ({ stored }) => {
    const sha256 = createHash('sha256').update(stored).digest('hex')
    const count = (counts.get(sha256) ?? 0) + 1
    counts.set(sha256, count)
    return count === 1 ? sha256 : `${sha256} ${count}`
  }
}

/** A key of any length, as one that an item may have. */
function shortKey(key: string): string {
  if (Buffer.byteLength(key) <= 500 && key !== '') return key
  return `sha256:${createHash('sha256').update(key).digest('hex')}`
}
