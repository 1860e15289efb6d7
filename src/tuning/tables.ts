import { id, instant, integer, json, real, text } from '../database/columns.js'
import { type JsonValue } from '../database/json.js'
import { type Row, type StoredRow, table } from '../database/table.js'

/** Any JSON object. */
export type TuningObject = { readonly [key: string]: JsonValue }

/** What one try at tuning a workflow gave: a configuration and how it did. */
export const tuningCheckpoints = table(
  'tuning_checkpoints',
  {
    organizationId: id(),
    workflowId: id(),
    id: id(),
    /** 1, 2, 3, … in its workflow. */
    configVersion: integer(),
    runnableConfig: json<TuningObject>(),
    metrics: json<TuningObject>(),
    metadata: json<TuningObject>(),
    artifactUrl: text().orNull(),
    createdAt: instant(),
  },
  { primaryKey: ['organizationId', 'workflowId', 'id'] },
)

/** The metrics that are numbers, to be compared as such. */
export const tuningMetrics = table(
  'tuning_metrics',
  {
    organizationId: id(),
    workflowId: id(),
    checkpointId: id(),
    name: text(),
    value: real(),
  },
  { primaryKey: ['organizationId', 'workflowId', 'checkpointId', 'name'] },
)

/** Hands out versions, and names the best checkpoint, of which there is thus one at most. */
export const tuningWorkflows = table(
  'tuning_workflows',
  {
    organizationId: id(),
    workflowId: id(),
    /** The last one handed out. */
    configVersion: integer(),
    bestId: id().orNull(),
  },
  { primaryKey: ['organizationId', 'workflowId'] },
)

/** A checkpoint as the store returns it. */
export interface TuningCheckpoint extends Row<typeof tuningCheckpoints> {
  readonly isBest: boolean
}

/** The tables of this domain, for `Database`. */
export interface TuningTables {
  tuning_workflows: StoredRow<typeof tuningWorkflows>
  tuning_checkpoints: StoredRow<typeof tuningCheckpoints>
  tuning_metrics: StoredRow<typeof tuningMetrics>
}
