export { LockLimitReached, LockLost, LockNotAcquired, LockNotFound } from './errors.js'
export { Lock, type LockHold } from './lock.js'
export {
  type AcquireOptions, type LockListing, type LockOptions, type LockState, LockStore,
  type LockWitness,
} from './store.js'
export { locks, type LockTables, lockWaiters } from './tables.js'
export { WaitingRoom } from './waiting-room.js'
