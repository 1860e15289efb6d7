export { TuningCheckpointNotFound } from './errors.js'
export { type NewTuningCheckpoint, numbersIn, type TuningListing } from './rules.js'
export { forgetTuning, type TuningCheckpointName, TuningStore } from './store.js'
export {
  type TuningCheckpoint, tuningCheckpoints, tuningMetrics, type TuningObject, type TuningTables,
  tuningWorkflows,
} from './tables.js'
