/** @module Savers, stores and caches of LangGraph (`@langchain/langgraph`) on Holdfast. */
export { HoldfastCache, type HoldfastCacheOptions } from './cache.js'
export { HoldfastSaver, type HoldfastSaverOptions } from './saver.js'
export { HoldfastStore, type HoldfastStoreOptions } from './store.js'
