export { ProcessRegistry } from './registry.js'
export { processes, type ProcessTables, type ServingProcess } from './tables.js'
export { ProcessWatch, warningOf } from './watch.js'
