export { IdempotencyKeyReused } from './errors.js'
export { type Claim, encodeClaim, type IdempotentCall, IdempotencyStore } from './store.js'
export { idempotencyKeys, type IdempotencyTables } from './tables.js'
