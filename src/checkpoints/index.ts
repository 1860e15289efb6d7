export { CheckpointLog } from './checkpoint-log.js'
export { type ChannelChange, type PathChange, type ValueSketch } from './compare.js'
export {
  type CheckpointName, type CheckpointTransport, type GetCheckpoint, type JsonObject,
  type ListCheckpoints, type PendingWrite, type PruneCheckpoints, type PutCheckpoint,
  type PutWrites, type StoredCheckpoint, type Typed,
} from './contract.js'
export {
  CheckpointConflict, CheckpointNotFound, CheckpointUnreadable, EncryptionUnavailable, type Heads,
  StaleFence, ThreadExists,
} from './errors.js'
export { type AncestorPage, type CheckpointPage } from './page.js'
export { type CheckpointOptions, type CheckpointPolicy } from './rules.js'
export { CheckpointStore } from './store.js'
export {
  checkpointChunks, checkpointHeads, checkpointKeys, checkpointPolicies, checkpoints,
  type CheckpointTables, checkpointThreads, checkpointWrites,
} from './tables.js'
export { type CheckpointNamespace, type CheckpointThread } from './threads.js'
