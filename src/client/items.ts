import { fromBase64, toBase64 } from './bytes.js'
import { type JsonInput, type JsonValue } from './json.js'
import {
  type CallOptions, type Request, type UpdateOptions, type WriteOptions,
} from './operation.js'
import { type components } from './schema.js'

/** Labels from the outermost to the innermost; any text is one. */
export type Namespace = readonly string[]

/** Which item, or which result. */
export interface ItemName {
  readonly namespace: Namespace
  readonly key: string
}

/** A value that is kept under a name. */
export interface MemoryItem extends ItemName {
  readonly value: JsonValue
  /** Rises with each put, and does not come back after a deletion. */
  readonly revision: number
  readonly createdAt: string
  readonly updatedAt: string
  /** Null for never. */
  readonly expiresAt: string | null
}

/** An item to keep. */
export interface ItemDraft extends ItemName {
  readonly value: JsonInput
  /** How long from now it is there. @default for ever */
  readonly ttlSeconds?: number | null | undefined
}

/** When to put an item. */
export interface ItemPutOptions extends WriteOptions {
  /** Only while the item is there at this revision. */
  readonly ifRevision?: number | undefined
  /** Only while there is no such item. @default false */
  readonly ifAbsent?: boolean | undefined
}

/** One change among several. */
export type ItemChange = { readonly put: ItemDraft } | { readonly delete: ItemName }

/** How to read items. */
export interface ItemReading extends CallOptions {
  /** Whether what is read has all of its time to live before it again. @default false */
  readonly refresh?: boolean | undefined
}

/** What must hold of an item's value. */
export interface ItemCondition {
  /** Keys of objects, outermost first. */
  readonly path: readonly string[]
  /** @default 'eq' */
  readonly operator?: 'eq' | 'ne' | 'gt' | 'gte' | 'lt' | 'lte' | 'in' | 'nin' | undefined
  readonly value: JsonValue
}

/** Which part of a list. */
export interface PageQuery {
  /** @default 50 */
  readonly limit?: number
  readonly cursor?: string
  /** How many to leave out first; not beside a cursor. @default 0 */
  readonly offset?: number | undefined
}

/** Which items to search. */
export interface ItemSearch extends PageQuery {
  /** This namespace and all below it. @default every namespace */
  readonly prefix?: Namespace | undefined
  readonly filter?: readonly ItemCondition[] | undefined
  /** @default 'name' */
  readonly order?: 'name' | 'updated' | undefined
  readonly refresh?: boolean | undefined
}

/** Which namespaces to list. In a pattern, null stands for any one label. */
export interface NamespaceQuery extends PageQuery {
  readonly prefix?: readonly (string | null)[] | undefined
  readonly suffix?: readonly (string | null)[] | undefined
  readonly maxDepth?: number | undefined
}

/** One page of a list. */
export interface ListPage<T> {
  readonly data: T[]
  /** Null at the end. */
  readonly nextCursor: string | null
}

/** What of namespaces to clear. */
export interface Clearing extends WriteOptions {
  /** Whether all namespaces below them are cleared as well. @default false */
  readonly below?: boolean | undefined
}

/** Long-term memory of the organization, as the library has it: names are those of the library. */
export class Items {
  readonly #request: Request

  constructor(request: Request) {
    this.#request = request
  }

  /** Creates or replaces an item. */
  async put(item: ItemDraft, options: ItemPutOptions = {}): Promise<MemoryItem> {
    const body = draftOf(item)
    const entry = await this.#request('putItem', { ...updateOf(options), body })
    return itemOf({ ...entry, value: item.value })
  }

  /** All changes or none; of several of one item the last one stands. */
  write(changes: readonly ItemChange[], options: WriteOptions = {}): Promise<void> {
    const body = {
      changes: changes.map((change) => ('put' in change
        ? { put: draftOf(change.put) } : { delete: nameOf(change.delete) })),
    }
    return this.#request('writeItems', { ...options, body })
  }

  /** An item; undefined when there is none. */
  async find(name: ItemName, options: ItemReading = {}): Promise<MemoryItem | undefined> {
    return (await this.findMany([name], options))[0]
  }

  /** Items in the order of their names; undefined where there is none. */
  async findMany(
    names: readonly ItemName[], { refresh, ...options }: ItemReading = {},
  ): Promise<(MemoryItem | undefined)[]> {
    const body = { names: names.map(nameOf), refresh }
    const { data } = await this.#request('findItems', { ...options, body })
    return data.map((item) => (item === null ? undefined : itemOf(item)))
  }

  /** Deletes an item; whether there was one. */
  async delete(
    name: ItemName, options: Omit<ItemPutOptions, 'ifAbsent'> = {},
  ): Promise<boolean> {
    const { deleted } =
      await this.#request('deleteItem', { ...updateOf(options), body: nameOf(name) })
    return deleted
  }

  /** One page of items. */
  async search(query: ItemSearch = {}, options: CallOptions = {}): Promise<ListPage<MemoryItem>> {
    const { data, next_cursor: nextCursor } = await this.#request('searchItems', {
      ...options, body: query as Body<'ItemSearch'>,
    })
    return { data: data.map(itemOf), nextCursor }
  }

  /** One page of the namespaces that have items. */
  async listNamespaces(
    { maxDepth, prefix, suffix, ...page }: NamespaceQuery = {}, options: CallOptions = {},
  ): Promise<ListPage<string[]>> {
    const body = {
      ...page, max_depth: maxDepth, prefix: prefix && [...prefix], suffix: suffix && [...suffix],
    }
    const { data, next_cursor: nextCursor } =
      await this.#request('listNamespaces', { ...options, body })
    return { data, nextCursor }
  }

  /** Deletes all items of these namespaces; how many went. */
  async clear(
    namespaces: readonly Namespace[], { below, ...options }: Clearing = {},
  ): Promise<number> {
    const body = { namespaces: namespaces.map((labels) => [...labels]), below }
    return (await this.#request('clearItems', { ...options, body })).cleared
  }
}

/** A result of work as its framework wrote it: how, and what. */
export interface CachedValue {
  readonly type: string
  readonly bytes: Uint8Array
}

/** A result to keep. */
export interface CachedDraft extends ItemName {
  readonly value: CachedValue
  /** How long from now it is there. @default for ever */
  readonly ttlSeconds?: number | null | undefined
}

/** Results of work that need not be done again, of the organization. */
export class Cache {
  readonly #request: Request

  constructor(request: Request) {
    this.#request = request
  }

  /** Values in the order of their names; undefined where there is none. */
  async find(
    names: readonly ItemName[], options: CallOptions = {},
  ): Promise<(CachedValue | undefined)[]> {
    const body = { names: names.map(nameOf) }
    const { data } = await this.#request('findCached', { ...options, body })
    return data.map((value) => (value === null
      ? undefined : { type: value.type, bytes: fromBase64(value.bytes) }))
  }

  /** Keeps values, all or none; of several of one name the last stands. */
  put(entries: readonly CachedDraft[], options: CallOptions = {}): Promise<void> {
    const body = {
      entries: entries.map(({ value, ttlSeconds, ...name }) => ({
        ...nameOf(name), type: value.type, bytes: toBase64(value.bytes), ttl_seconds: ttlSeconds,
      })),
    }
    return this.#request('putCached', { ...options, body })
  }

  /** Forgets all values of these namespaces; how many went. */
  async clear(
    namespaces: readonly Namespace[], { below, ...options }: Clearing = {},
  ): Promise<number> {
    const body = { namespaces: namespaces.map((labels) => [...labels]), below }
    return (await this.#request('clearCache', { ...options, body })).cleared
  }

  /** Forgets everything; how many went. */
  async clearAll(options: WriteOptions = {}): Promise<number> {
    return (await this.#request('clearWholeCache', options)).cleared
  }
}

type Body<Name extends keyof components['schemas']> = components['schemas'][Name]

const nameOf = ({ namespace, key }: ItemName) => ({ namespace: [...namespace], key })

const draftOf = ({ value, ttlSeconds, ...name }: ItemDraft) =>
  ({ ...nameOf(name), value, ttl_seconds: ttlSeconds })

/** The options of a call without those that are undefined. */
function updateOf({ ifRevision, ifAbsent, ...options }: ItemPutOptions): UpdateOptions & {
  readonly ifAbsent?: boolean
} {
  return {
    ...options, ...(ifRevision !== undefined && { ifRevision }),
    ...(ifAbsent !== undefined && { ifAbsent }),
  }
}

function itemOf(item: Body<'ItemEntry'> & { readonly value?: unknown }): MemoryItem {
  return {
    namespace: item.namespace,
    key: item.key,
    value: item.value as JsonValue,
    revision: item.revision,
    createdAt: item.created_at,
    updatedAt: item.updated_at,
    expiresAt: item.expires_at,
  }
}
