import { bytes, flag, id, instant, integer, json, text } from '../database/columns.js'
import { type StoredRow, table } from '../database/table.js'

/** Threads; whoever writes to one holds its row until the commit. */
export const checkpointThreads = table(
  'checkpoint_threads',
  {
    organizationId: id(),
    /** What rows of the thread name it by; drawn at random. */
    number: integer(),
    threadId: text(),
    /** The greatest fencing token seen; null for none. */
    fence: integer().orNull(),
    /** Writes so far, deleted ones included; the number of the last one. */
    entryCount: integer(),
    /** The actor who made it. */
    createdBy: text().orNull(),
    createdAt: instant(),
    updatedAt: instant(),
  },
  { primaryKey: ['organizationId', 'number'] },
)

/** The checkpoint of each namespace that the next one is to have as its parent. */
export const checkpointHeads = table(
  'checkpoint_heads',
  {
    organizationId: id(),
    thread: integer(),
    namespace: text(),
    /** Null while the namespace has none. */
    headId: text().orNull(),
    /** That of the head's row; another one where the head came back after a deletion. */
    token: integer().orNull(),
  },
  { primaryKey: ['organizationId', 'thread', 'namespace'] },
)

/** Checkpoints with everything but the bytes of large values. */
export const checkpoints = table(
  'checkpoints',
  {
    organizationId: id(),
    thread: integer(),
    /** Drawn at random by the put that wrote the row: who knows it knows the row. */
    token: integer(),
    createdAt: instant(),
    isPinned: flag(),
    checkpointId: text(),
    namespace: text(),
    parentId: text().orNull(),
    runId: text().orNull(),
    /** How many of its nearest ancestors its channels are made of; null for none. */
    ancestorCount: integer().orNull(),
    /** Which logs it needs, and how much of each: `[[log, end], …]`. */
    refs: json<[number, number][]>(),
    /** State, versions and values, packed. */
    body: bytes(),
    /** What lists filter by; `{}` where it is sealed with the body. */
    metadata: json(),
  },
  { primaryKey: ['organizationId', 'thread', 'checkpointId', 'namespace'] },
)

/** Pending writes, one row a call. */
export const checkpointWrites = table(
  'checkpoint_writes',
  {
    organizationId: id(),
    thread: integer(),
    /** Its place among the calls of the thread. */
    number: integer(),
    checkpointId: text(),
    namespace: text(),
    /** Task, rule and writes, packed. */
    body: bytes(),
    /** True where the checkpoint is gone, and bytes of logs are read with what is here. */
    isDetached: flag().orNull(),
  },
  { primaryKey: ['organizationId', 'thread', 'checkpointId', 'namespace', 'number'] },
)

/** Bytes of values. A log only grows; values are named ranges that begin where it begins. */
export const checkpointChunks = table(
  'checkpoint_chunks',
  {
    organizationId: id(),
    thread: integer(),
    /** Drawn at random; no other one of the thread has it. */
    log: integer(),
    startOffset: integer(),
    data: bytes(),
    /** The writes that `data` is compressed against, by checkpoint and number; null for none. */
    sourceId: text().orNull(),
    sourceNumber: integer().orNull(),
  },
  { primaryKey: ['organizationId', 'thread', 'log', 'startOffset'] },
)

/** What an organization wants of its checkpoints. */
export const checkpointPolicies = table(
  'checkpoint_policies',
  {
    organizationId: id(),
    keepLast: integer().orNull(),
    keepDays: integer().orNull(),
    /** Whether everything is encrypted, and plaintext refused. */
    encrypts: flag(),
    sweptAt: instant().orNull(),
    updatedAt: instant(),
  },
  { primaryKey: ['organizationId'] },
)

/** Data keys, under the organization's key. */
export const checkpointKeys = table(
  'checkpoint_keys',
  {
    organizationId: id(),
    id: id(),
    sealed: json(),
    createdAt: instant(),
  },
  { primaryKey: ['organizationId', 'id'] },
)

/** The tables of this domain, for `Database`. */
export interface CheckpointTables {
  checkpoint_threads: StoredRow<typeof checkpointThreads>
  checkpoint_heads: StoredRow<typeof checkpointHeads>
  checkpoints: StoredRow<typeof checkpoints>
  checkpoint_writes: StoredRow<typeof checkpointWrites>
  checkpoint_chunks: StoredRow<typeof checkpointChunks>
  checkpoint_policies: StoredRow<typeof checkpointPolicies>
  checkpoint_keys: StoredRow<typeof checkpointKeys>
}
