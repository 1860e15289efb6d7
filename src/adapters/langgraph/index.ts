/** @module Savers, stores and caches of LangGraph (`@langchain/langgraph`) on Holdfast. */
export {
  type CheckpointTransport, type JsonObject, type PutCheckpoint, type PutWrites,
  type StoredCheckpoint,
} from '../../checkpoints/index.js'
export { HoldfastCache, type HoldfastCacheOptions } from './cache.js'
export { HoldfastSaver, type HoldfastSaverOptions } from './saver.js'
export { HoldfastStore, type HoldfastStoreOptions } from './store.js'
