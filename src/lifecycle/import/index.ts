/** @module Imports from other applications. */
export { type OpenHandsImportOptions } from './openhands/import.js'
export { type OrcheoImportOptions } from './orcheo/import.js'
export { Imports } from './imports.js'
export { type ImportParts, type ImportStores } from './parts.js'
export {
  type ImportCount, type ImportOptions, type ImportProgress, type ImportRemark, type ImportReport,
  type ImportUnmapped,
} from './report.js'
