import {
  BaseStore, type GetOperation, type Item, type ListNamespacesOperation, type Operation,
  type OperationResults, type PutOperation, type SearchItem, type SearchOperation,
} from '@langchain/langgraph-checkpoint'
import { type ItemTransport } from '../../items/index.js'
import {
  changeOf, itemOf, namespacesOf, searchOf, sorted, type Sorted, taken,
} from './operations.js'
import { inParts } from './parts.js'

/** Options of `HoldfastStore`. */
export interface HoldfastStoreOptions {
  /** How long what is put is there. @default for ever */
  readonly ttlSeconds?: number | undefined
  /** Whether reading an item begins its time anew. @default true */
  readonly refreshOnRead?: boolean | undefined
}

/** Items of one call of the transport at most. */
const callMax = 1_000

const searchLimitDefault = 10
const namespacesLimitDefault = 100

/**
 * Long-term memory of LangGraph, in a Holdfast or on a server of one.
 *
 * Namespaces are compared label by label, and a label may be any text; only in `listNamespaces`
 * does `*` stand for any one label, as LangGraph has it. A `query` is not looked at: there is no
 * search by meaning.
 */
export class HoldfastStore extends BaseStore {
  readonly #transport: ItemTransport
  readonly #options: HoldfastStoreOptions

  constructor(transport: ItemTransport, options: HoldfastStoreOptions = {}) {
    super()
    this.#transport = transport
    this.#options = options
  }

  /**
   * Does several operations: all gets in one call, all puts and deletions in one transaction, each
   * search in one call. What is read is as it was before the batch, whatever the batch changes.
   */
  override async batch<Op extends Operation[]>(operations: Op): Promise<OperationResults<Op>> {
    const all = operations.map(sorted)
    // Before anything is read, so that a bad one leaves the others undone.
    const changes = of(all, 'put').map(({ operation }) => (
      changeOf(operation, this.#options.ttlSeconds)))
    const [items, ...others] = await Promise.all([
      this.#found(of(all, 'get').map(({ operation }) => operation)),
      ...all.map(async (each) => await this.#read(each)),
    ])
    for (let start = 0; start < changes.length; start += callMax) {
      await this.#transport.write(changes.slice(start, start + callMax))
    }
    const gets = items.values()
    return all.map((each, place) => (
      each.kind === 'get' ? gets.next().value : others[place])) as OperationResults<Op>
  }

  /** An item; null when there is none. */
  override async get(namespace: string[], key: string): Promise<Item | null> {
    const [item] = await this.batch<[GetOperation]>([{ namespace, key }])
    return item
  }

  /** Items of a namespace and of all below it, the last put first. */
  override async search(
    namespacePrefix: string[], options: Omit<SearchOperation, 'namespacePrefix'> = {},
  ): Promise<SearchItem[]> {
    const [items] = await this.batch<[SearchOperation]>([{ namespacePrefix, ...options }])
    return items
  }

  /** Keeps an item. */
  override async put(
    namespace: string[], key: string, value: Record<string, unknown>,
  ): Promise<void> {
    await this.batch<[PutOperation]>([{ namespace, key, value }])
  }

  /** Deletes an item, if there is one. */
  override async delete(namespace: string[], key: string): Promise<void> {
    await this.batch<[PutOperation]>([{ namespace, key, value: null }])
  }

  /** Namespaces that have items. */
  override async listNamespaces(
    options: {
      prefix?: string[]; suffix?: string[]; maxDepth?: number; limit?: number; offset?: number
    } = {},
  ): Promise<string[][]> {
    const { prefix, suffix, maxDepth } = options
    const { limit = namespacesLimitDefault, offset = 0 } = options
    const matchConditions = [
      ...prefix === undefined ? [] : [{ matchType: 'prefix' as const, path: prefix }],
      ...suffix === undefined ? [] : [{ matchType: 'suffix' as const, path: suffix }],
    ]
    const [found] = await this.batch<[ListNamespacesOperation]>([
      { matchConditions, limit, offset, ...(maxDepth === undefined ? {} : { maxDepth }) },
    ])
    return found
  }

  async #found(names: readonly GetOperation[]): Promise<(Item | null)[]> {
    const refresh = this.#refreshes
    const found: (Item | null)[] = []
    for (let start = 0; start < names.length; start += callMax) {
      const some = names.slice(start, start + callMax)
        .map(({ namespace, key }) => ({ namespace, key }))
      const items = await inParts(
        some, (parts) => this.#transport.findMany(parts, { refresh }))
      found.push(...items.map((item) => (item === undefined ? null : itemOf(item))))
    }
    return found
  }

  async #read({ kind, operation }: Sorted): Promise<SearchItem[] | string[][] | undefined> {
    switch (kind) {
      case 'search':
        return await this.#searched(operation)
      case 'namespaces':
        return await this.#namespaces(operation)
      default:
        return undefined
    }
  }

  async #searched(operation: SearchOperation): Promise<SearchItem[]> {
    const request = { ...searchOf(operation), refresh: this.#refreshes }
    const items = await taken(
      (page) => this.#transport.search({ ...request, ...page }),
      { limit: operation.limit ?? searchLimitDefault, offset: operation.offset ?? 0 })
    return items.map(itemOf)
  }

  async #namespaces(operation: ListNamespacesOperation): Promise<string[][]> {
    const { request, isMore, matches } = namespacesOf(operation)
    // As LangGraph's own store has it, although its types ask for both.
    const { limit = Infinity, offset = 0, maxDepth } = operation as Partial<ListNamespacesOperation>
    const page = (place: object) => this.#transport.listNamespaces({ ...request, ...place })
    if (!isMore) return await taken(page, { limit, offset })
    const all = await taken(page, { limit: Infinity, offset: 0 })
    const cut = new Map(all.filter(matches).map((namespace) => {
      const labels = namespace.slice(0, maxDepth)
      return [JSON.stringify(labels), labels]
    }))
    return [...cut.values()].slice(offset, offset + limit)
  }

  get #refreshes(): boolean {
    return this.#options.ttlSeconds !== undefined && this.#options.refreshOnRead !== false
  }
}

function of<Kind extends Sorted['kind']>(
  all: readonly Sorted[], kind: Kind,
): Extract<Sorted, { kind: Kind }>[] {
  return all.filter((each): each is Extract<Sorted, { kind: Kind }> => each.kind === kind)
}
