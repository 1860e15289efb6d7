import { type Stored } from '../database/columns.js'
import { type Database, repeated } from '../database/database.js'
import { type Statement } from '../database/engine.js'
import { type Page } from '../database/page.js'
import { InvalidInput, RevisionConflict } from '../errors.js'
import { type Scope } from '../scope.js'
import {
  type ClearNamespaces, type Item, type ItemChange, type ItemName, type ItemTransport,
  type ListNamespaces, type Namespace, type PutItem, type PutItemOptions, type ReadItems,
  type SearchItems,
} from './contract.js'
import { ItemExists, ItemNotFound } from './errors.js'
import { type ItemWorks } from './item-works.js'
import { decodeNamespace } from './namespace.js'
import { listNamespaces } from './namespaces.js'
import { rangeRows } from './ranges.js'
import {
  answerBytesMax, checkAnswer, checkCount, checkValue, refuse, storedName, ttlMsOf, valueBytesMax,
} from './rules.js'
import { searchItems } from './search.js'
import { type NameRow, type PutRow } from './statements.js'
import { items as table, type ItemTables } from './tables.js'
import { writerOf } from './writer.js'

const { columns } = table

/** Parts that a store takes from outside. */
export interface ItemParts {
  readonly works: ItemWorks
  /** Everything happens inside it. */
  readonly transaction?: Database<ItemTables> | undefined
}

/** The long-term memory of one organization: JSON values by namespace and key. */
export class ItemStore implements ItemTransport {
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
   * Creates or replaces an item. Throws RevisionConflict, ItemExists, InvalidInput, InvalidValue.
   */
  async put(item: PutItem, { ifRevision, ifAbsent = false }: PutItemOptions = {}): Promise<Item> {
    const row = this.#putRow(item)
    if (ifAbsent && ifRevision !== undefined) {
      throw new InvalidInput('ifAbsent must not stand beside ifRevision', { field: 'ifAbsent' })
    }
    const { put, putAbsent, replace } = this.#works.statements
    const statement = ifRevision !== undefined
      ? replace({ ...row, ...this.#named(item), expected: revisionOf(ifRevision) })
      : ifAbsent ? putAbsent([row]) : put([row])
    const { rows: [written] } = await this.#execute(statement)
    if (written !== undefined) return itemOf({ ...written, value: row.value })
    if (ifAbsent) throw new ItemExists('There is an item of this name already.')
    throw conflict()
  }

  /**
   * All changes or none, in one transaction, 1,000 at most; of several of one item the last one
   * stands. Throws InvalidInput, InvalidValue.
   */
  async write(changes: readonly ItemChange[]): Promise<void> {
    checkCount(changes, 'changes')
    const last = new Map<string, PutRow | NameRow>()
    for (const [index, change] of changes.entries()) {
      const row = this.#changeRow(change, `changes[${index}].`)
      last.set(nameOf(row), row)
    }
    // In one order for all, so that two writers do not wait for each other.
    const rows = [...last.entries()].sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([, row]) => row)
    const puts = rows.filter((row): row is PutRow => 'value' in row)
    const deletes = rows.filter((row) => !('value' in row))
    const { put, delete: remove } = this.#works.statements
    const statements = [
      ...(deletes.length > 0 ? [remove(deletes)] : []), ...(puts.length > 0 ? [put(puts)] : []),
    ]
    if (statements.length > 0) await repeated(() => this.#database.atomic(statements))
  }

  /** The item. Throws ItemNotFound. */
  async get(name: ItemName, options: ReadItems = {}): Promise<Item> {
    const item = await this.find(name, options)
    if (item === undefined) throw new ItemNotFound('There is no item of this name.')
    return item
  }

  /** The item; undefined when there is none. */
  async find(name: ItemName, options: ReadItems = {}): Promise<Item | undefined> {
    const [item] = await this.#found([this.#named(name)], options)
    return item
  }

  /**
   * Items in the order of their names, 1,000 at most; undefined where there is none. Throws
   * AnswerTooLarge.
   */
  async findMany(
    names: readonly ItemName[], options: ReadItems = {},
  ): Promise<(Item | undefined)[]> {
    checkCount(names, 'names')
    const rows = names.map((name, index) => this.#named(name, `names[${index}].`))
    return this.#found(rows, options)
  }

  /** Deletes an item; whether there was one. Throws RevisionConflict, InvalidInput. */
  async delete(
    name: ItemName, { ifRevision }: Pick<PutItemOptions, 'ifRevision'> = {},
  ): Promise<boolean> {
    const row = this.#named(name)
    const { delete: remove, deleteAt } = this.#works.statements
    const { changed } = await this.#execute(ifRevision === undefined
      ? remove([row]) : deleteAt({ ...row, expected: revisionOf(ifRevision) }))
    if (changed === 0 && ifRevision !== undefined) throw conflict()
    return changed > 0
  }

  /** One page of items. Throws InvalidCursor, InvalidInput. */
  async search(request: SearchItems = {}): Promise<Page<Item>> {
    const page = await searchItems(this.#database, this.#organizationId, request)
    if (request.refresh !== true) return { ...page, data: page.data.map(itemOf) }
    return { ...page, data: await this.#refreshed(page.data) }
  }

  /** One page of the namespaces that have items. Throws InvalidCursor, InvalidInput. */
  async listNamespaces(request: ListNamespaces = {}): Promise<Page<string[]>> {
    return listNamespaces(this.#database, this.#organizationId, request)
  }

  /** Deletes all items of these namespaces, 1,000 at most; how many went. Throws InvalidInput. */
  async clear(
    namespaces: readonly Namespace[], options: ClearNamespaces = {},
  ): Promise<number> {
    const ranges = rangeRows(this.#organizationId, namespaces, options)
    if (ranges.length === 0) return 0
    return (await this.#execute(this.#works.statements.clear(ranges))).changed
  }

  async #found(
    rows: readonly StoredItemName[], { refresh = false }: ReadItems,
  ): Promise<(Item | undefined)[]> {
    if (rows.length === 0) return []
    if (rows.length > answerBytesMax / valueBytesMax) {
      const { rows: [all] } = await this.#database.execute(this.#works.statements.size(rows))
      checkAnswer(Number(all!.size))
    }
    const distinct = [...new Map(rows.map((row) => [nameOf(row), row])).values()]
    const { rows: stored } = await this.#database.execute(this.#works.statements.find(distinct))
    const found = refresh ? await this.#refreshed(stored) : stored.map(itemOf)
    const byName = new Map(stored.map((row, index) => [nameOf(row), found[index]]))
    return rows.map((row) => byName.get(nameOf(row)))
  }

  /** Items as they were read, the end of each put off that has one. */
  async #refreshed(stored: readonly StoredValues[]): Promise<Item[]> {
    const mortal = stored.filter(({ ttl_ms }) => ttl_ms !== null)
    if (mortal.length === 0) return stored.map(itemOf)
    const names = mortal.map(({ namespace, key }) =>
      ({ organization_id: this.#organizationId, namespace, key }) as NameRow)
    const { rows } = await this.#execute(this.#works.statements.refresh(names))
    const ends = new Map(rows.map((row) => [nameOf(row), row.expires_at]))
    return stored.map((row) =>
      itemOf({ ...row, expires_at: ends.get(nameOf(row)) ?? row.expires_at }))
  }

  #execute(statement: Statement) {
    return repeated(() => this.#database.execute(statement))
  }

  #named(name: ItemName, place?: string): StoredItemName {
    return { organization_id: this.#organizationId, ...storedName(name, place) }
  }

  #changeRow(change: ItemChange, place: string): PutRow | NameRow {
    if ('put' in change) return this.#putRow(change.put, `${place}put.`)
    if ('delete' in change) return this.#named(change.delete, `${place}delete.`)
    return refuse(place.slice(0, -1), 'must have put or delete')
  }

  #putRow(item: PutItem, place = ''): PutRow & StoredItemName {
    const ttlMs = ttlMsOf(item.ttlSeconds, place)
    const field = `${place}value`
    const named = this.#named(item, place)
    return {
      value: checkValue(columns.value.encode(item.value, field), field),
      revision: columns.revision.encode(this.#works.clock.now()),
      ttl_ms: columns.ttlMs.encode(ttlMs),
      written_by: this.#writtenBy,
      ...named,
    }
  }
}

type StoredItemName = {
  readonly organization_id: Stored<'id'>
  readonly namespace: Stored<'text'>
  readonly key: Stored<'text'>
}

type StoredValues = Readonly<Record<string, unknown>>

/** No stored text holds U+0000, so that no two names are one. */
const nameOf = ({ namespace, key }: StoredValues) => `${String(namespace)}\0${String(key)}`

const revisionOf = (ifRevision: number) => columns.revision.encode(ifRevision, 'ifRevision')

const conflict = () =>
  new RevisionConflict('The item is not there at this revision; read it again.')

/** An item from its row. */
function itemOf(stored: StoredValues): Item {
  return {
    namespace: decodeNamespace(stored.namespace),
    key: columns.key.decode(stored.key),
    value: columns.value.decode(stored.value),
    revision: columns.revision.decode(stored.revision),
    createdAt: columns.createdAt.decode(stored.created_at),
    updatedAt: columns.updatedAt.decode(stored.updated_at),
    expiresAt: columns.expiresAt.decode(stored.expires_at),
  }
}
