export { type UsageGroup, type UsageLatency } from './answers.js'
export { UsageEventConflict } from './errors.js'
export { UsageKeeper, type UsageKeeperEvent, type UsageKeeperOptions } from './keeper.js'
export { type UsageEvent, type UsageListing } from './listing.js'
export {
  type UsageDimension, type UsageMetric, type UsageQuestion, type UsageSummaryQuestion,
  type UsageTopQuestion,
} from './questions.js'
export { type NewUsageEvent } from './rules.js'
export { type RecordedUsage, type RecordOptions, UsageStore } from './store.js'
export {
  type UsageData, usageEvents, usageLatencies, usagePending, usageRollups, type UsageTables,
} from './tables.js'
export { UsageLog } from './usage-log.js'
