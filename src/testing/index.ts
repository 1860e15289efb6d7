/** @module The contract harness: one suite, every engine; for vitest. */
export { contract, type ContractOptions, type ContractWorld, type OpenWorld } from './contract.js'
export { type DatabaseLease, type TestEngine, testEngines } from './engines.js'
export { ManualClock, sequentialIds } from './sources.js'
export {
  type Checkpointer, checkpointerCapabilities, type CheckpointerCapability, checkpointerCases,
  type CheckpointerResult, type CheckpointerSubject, checkpointerSuite, type CheckpointerTry,
  tryCheckpointer,
} from './checkpointers/index.js'
