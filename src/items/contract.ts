import { type JsonInput, type JsonValue } from '../database/json.js'
import { type Page, type PageRequest } from '../database/page.js'

/**
 * Labels from the outermost to the innermost: `['users', '1', 'memories']`. A label is any text:
 * no character means anything, and labels are compared whole.
 */
export type Namespace = readonly string[]

/** Which item. */
export interface ItemName {
  /** 1 to 32 labels of 1,024 bytes together. */
  readonly namespace: Namespace
  /** Any text of 1,024 bytes at most. */
  readonly key: string
}

/** A value that is kept under a name. */
export interface Item extends ItemName {
  readonly value: JsonValue
  /** Rises with each put, and does not come back after a deletion; it counts nothing. */
  readonly revision: number
  /** RFC 3339, UTC, microseconds, as all moments. */
  readonly createdAt: string
  /** The last put. */
  readonly updatedAt: string
  /** When it ends, by the clock of the database; null for never. */
  readonly expiresAt: string | null
}

/** An item to keep. */
export interface PutItem extends ItemName {
  /** Any JSON value of 1 MiB at most. */
  readonly value: JsonInput
  /** How long from now it is there: 0.001 to 315,360,000 (ten years). @default for ever */
  readonly ttlSeconds?: number | null | undefined
}

/** When to put an item. */
export interface PutItemOptions {
  /** Only while the item is there at this revision. */
  readonly ifRevision?: number | undefined
  /** Only while there is no such item. @default false */
  readonly ifAbsent?: boolean | undefined
}

/** One change among several. */
export type ItemChange = { readonly put: PutItem } | { readonly delete: ItemName }

/** How to read items. */
export interface ReadItems {
  /** Whether what is read and has a time to live has all of it before it again. @default false */
  readonly refresh?: boolean | undefined
}

/**
 * A comparison. `eq`: the value at the path is there and equal as JSON: members in any order, 1
 * and 1.0 alike. `ne`: it is not so, also because nothing is there. `gt gte lt lte`: both are
 * numbers, or both are text, which is compared by code point; other pairs never fulfil them. `in`:
 * `eq` one of the array `value`; `nin`: `eq` none of them.
 */
export type ItemOperator = 'eq' | 'ne' | 'gt' | 'gte' | 'lt' | 'lte' | 'in' | 'nin'

/** What must hold of an item's value. */
export interface ItemCondition {
  /** Keys of objects, outermost first; through arrays no path leads. 1 to 16, none special. */
  readonly path: readonly string[]
  /** @default 'eq' */
  readonly operator?: ItemOperator | undefined
  readonly value: JsonValue
}

/** Which items to search. */
export interface SearchItems extends PageRequest, ReadItems {
  /** Items of this namespace and of all below it. @default every namespace */
  readonly prefix?: Namespace | undefined
  /** All must hold; 32 at most. @default none */
  readonly filter?: readonly ItemCondition[] | undefined
  /**
   * `name`: by namespace, label by label, then by key. `updated`: the last put first, then by
   * name; an item that is put while pages are read moves to the front. @default 'name'
   */
  readonly order?: 'name' | 'updated' | undefined
  /** How many to leave out first, 0 to 100,000; not beside a cursor. @default 0 */
  readonly offset?: number | undefined
}

/** Which namespaces to list. In a pattern, null stands for any one label. */
export interface ListNamespaces extends PageRequest {
  /** How they begin. */
  readonly prefix?: readonly (string | null)[] | undefined
  /** How they end, before `maxDepth` cuts them. */
  readonly suffix?: readonly (string | null)[] | undefined
  /** Only so many labels of each; those that are then the same stand once. */
  readonly maxDepth?: number | undefined
  /** How many to leave out first, 0 to 100,000; not beside a cursor. @default 0 */
  readonly offset?: number | undefined
}

/** What of the namespaces to clear. */
export interface ClearNamespaces {
  /** Whether all namespaces below them are cleared as well. @default false */
  readonly below?: boolean | undefined
}

/**
 * Long-term memory. `organization.items` of the library is one, and so is `items` of the client
 * over HTTP. All of it throws InvalidInput and InvalidValue for what breaks a rule.
 */
export interface ItemTransport {
  /** Creates or replaces an item. Throws RevisionConflict, ItemExists. */
  put(item: PutItem, options?: PutItemOptions): Promise<Item>
  /**
   * All changes or none, in one transaction, 1,000 at most; of several of one item the last one
   * stands.
   */
  write(changes: readonly ItemChange[]): Promise<void>
  /** An item; undefined when there is none. */
  find(name: ItemName, options?: ReadItems): Promise<Item | undefined>
  /**
   * Items in the order of their names, 1,000 at most; undefined where there is none. Throws
   * AnswerTooLarge where all of them have more than 64 MiB.
   */
  findMany(names: readonly ItemName[], options?: ReadItems): Promise<(Item | undefined)[]>
  /** Deletes an item; whether there was one. Throws RevisionConflict. */
  delete(
    name: ItemName, options?: { readonly ifRevision?: number | undefined },
  ): Promise<boolean>
  /** One page of items. Throws InvalidCursor. */
  search(request?: SearchItems): Promise<Page<Item>>
  /** One page of the namespaces that have items, in their order. Throws InvalidCursor. */
  listNamespaces(request?: ListNamespaces): Promise<Page<string[]>>
  /** Deletes all items of these namespaces, 1,000 at most; how many went. */
  clear(namespaces: readonly Namespace[], options?: ClearNamespaces): Promise<number>
}

/** A value as its framework wrote it: how, and what. */
export interface CachedValue {
  /** The serializer's own word: `json`, `bytes`, `msgpack`, …; 1 to 64 characters. */
  readonly type: string
  /** 8 MiB at most. */
  readonly bytes: Uint8Array
}

/** A result to keep for a while. */
export interface PutCached extends ItemName {
  readonly value: CachedValue
  /** As `PutItem.ttlSeconds`. @default for ever */
  readonly ttlSeconds?: number | null | undefined
}

/**
 * Results of work that need not be done again. `organization.cache` of the library is one, and so
 * is `cache` of the client over HTTP. Names are those of items, and apart from them.
 */
export interface CacheTransport {
  /**
   * Values in the order of their names, 1,000 at most; undefined where there is none. Throws
   * AnswerTooLarge where all of them have more than 64 MiB.
   */
  find(names: readonly ItemName[]): Promise<(CachedValue | undefined)[]>
  /** Keeps values in one transaction, 1,000 at most; of several of one name the last stands. */
  put(entries: readonly PutCached[]): Promise<void>
  /** Forgets all values of these namespaces, 1,000 at most; how many went. */
  clear(namespaces: readonly Namespace[], options?: ClearNamespaces): Promise<number>
  /** Forgets everything; how many went. */
  clearAll(): Promise<number>
}
