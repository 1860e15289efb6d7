/** @module Savers, stores and caches of LangGraph (`@langchain/langgraph`) on Holdfast. */
export { HoldfastSaver, type HoldfastSaverOptions } from './saver.js'
