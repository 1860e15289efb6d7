import { type Stored } from '../database/columns.js'
import { type Database, repeated } from '../database/database.js'
import { type Statement } from '../database/engine.js'
import { type Scope } from '../scope.js'
import {
  type CachedValue, type CacheTransport, type ClearNamespaces, type ItemName, type Namespace,
  type PutCached,
} from './contract.js'
import { type ItemWorks } from './item-works.js'
import { rangeRows } from './ranges.js'
import {
  answerBytesMax, cachedBytesMax, checkAnswer, checkCount, refuse, storedName, ttlMsOf,
} from './rules.js'
import { type CacheRow } from './statements.js'
import { type ItemParts } from './store.js'
import { cacheEntries as table, type ItemTables } from './tables.js'
import { writerOf } from './writer.js'

const { columns } = table

/** Results of work of one organization, kept for a while. */
export class CacheStore implements CacheTransport {
  readonly #works: ItemWorks
  readonly #database: Database<ItemTables>
  readonly #organizationId: Stored<'id'>
  readonly #writtenBy: Stored<'text'> | null

  constructor({ organizationId, actor }: Scope, { works, transaction }: ItemParts) {
    this.#works = works
    this.#organizationId = columns.organizationId.encode(organizationId, 'organization_id')
    this.#database = (transaction ?? works.database).within([this.#organizationId])
    this.#writtenBy = columns.writtenBy.encode(writerOf(actor))
  }

  /**
   * Values in the order of their names, 1,000 at most; undefined where there is none. Throws
   * AnswerTooLarge.
   */
  async find(names: readonly ItemName[]): Promise<(CachedValue | undefined)[]> {
    checkCount(names, 'names')
    const rows = names.map((name, index) => this.#named(name, `names[${index}].`))
    if (rows.length === 0) return []
    if (rows.length > answerBytesMax / cachedBytesMax) {
      const { rows: [all] } = await this.#database.execute(this.#works.statements.cacheSize(rows))
      checkAnswer(Number(all!.size))
    }
    const distinct = [...new Map(rows.map((row) => [nameOf(row), row])).values()]
    const { rows: found } = await this.#database.execute(this.#works.statements.cacheFind(distinct))
    const byName = new Map(found.map((row) => [nameOf(row), valueOf(row)]))
    return rows.map((row) => byName.get(nameOf(row)))
  }

  /**
   * Keeps values in one transaction, 1,000 at most; of several of one name the last stands. Throws
   * InvalidInput, InvalidValue.
   */
  async put(entries: readonly PutCached[]): Promise<void> {
    checkCount(entries, 'entries')
    const last = new Map(entries.map((entry, index) => {
      const row = this.#row(entry, `entries[${index}].`)
      return [nameOf(row), row]
    }))
    // In one order for all, so that two writers do not wait for each other.
    const rows = [...last].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, row]) => row)
    if (rows.length > 0) await this.#execute(this.#works.statements.cachePut(rows))
  }

  /** Forgets all values of these namespaces, 1,000 at most; how many went. Throws InvalidInput. */
  async clear(
    namespaces: readonly Namespace[], options: ClearNamespaces = {},
  ): Promise<number> {
    const ranges = rangeRows(this.#organizationId, namespaces, options)
    if (ranges.length === 0) return 0
    return (await this.#execute(this.#works.statements.cacheClear(ranges))).changed
  }

  /** Forgets everything; how many went. */
  async clearAll(): Promise<number> {
    const { write } = this.#database
    return this.#database.run(write.deleteFrom('cache_entries')
      .where('organization_id', '=', this.#organizationId))
  }

  #execute(statement: Statement) {
    return repeated(() => this.#database.execute(statement))
  }

  #named(name: ItemName, place: string) {
    return { organization_id: this.#organizationId, ...storedName(name, place) }
  }

  #row({ value, ttlSeconds, ...name }: PutCached, place: string): CacheRow {
    const { type, bytes } = value ?? {}
    if (typeof type !== 'string' || type.length < 1 || type.length > 64) {
      refuse(`${place}value.type`, 'must be 1 to 64 characters')
    }
    const stored = columns.bytes.encode(bytes, `${place}value.bytes`)
    if (stored.length > cachedBytesMax) {
      refuse(`${place}value.bytes`, `must be at most ${cachedBytesMax} bytes`)
    }
    return {
      ...this.#named(name, place),
      type: columns.type.encode(type, `${place}value.type`),
      bytes: stored,
      ttl_ms: ttlMsOf(ttlSeconds, place) as Stored<'integer'> | null,
      written_by: this.#writtenBy,
    }
  }
}

type Named = Readonly<Record<string, unknown>>

/** No stored text holds U+0000, so that no two names are one. */
const nameOf = ({ namespace, key }: Named) => `${String(namespace)}\0${String(key)}`

const valueOf = (stored: Named): CachedValue =>
  ({ type: columns.type.decode(stored.type), bytes: columns.bytes.decode(stored.bytes) })
