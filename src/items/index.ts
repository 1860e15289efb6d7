export { CacheStore } from './cache-store.js'
export {
  type CachedValue, type CacheTransport, type ClearNamespaces, type Item, type ItemChange,
  type ItemCondition, type ItemName, type ItemOperator, type ItemTransport, type ListNamespaces,
  type Namespace, type PutCached, type PutItem, type PutItemOptions, type ReadItems,
  type SearchItems,
} from './contract.js'
export { AnswerTooLarge, ItemExists, ItemNotFound } from './errors.js'
export { ItemWorks } from './item-works.js'
export { encodeNamespace } from './namespace.js'
export { type ItemParts, ItemStore } from './store.js'
export { cacheEntries, items, type ItemTables } from './tables.js'
