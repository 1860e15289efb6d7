import { z } from 'zod'
import {
  flagText, idSchema, instantSchema, metadataSchema, named, objectText, shownAs,
} from '../http/schema.js'
import { artifactUrlLengthMax, metricNameLengthMax } from './rules.js'
import { type TuningCheckpoint } from './tables.js'

/** Body of `POST …/tuning-checkpoints`. */
export const newTuningCheckpointSchema = named('NewTuningCheckpoint', z.strictObject({
  runnable_config: metadataSchema(),
  metrics: metadataSchema(),
  metadata: metadataSchema().optional(),
  artifact_url: z.string().min(1).max(artifactUrlLengthMax).nullable().optional()
    .describe('Where what it made lies.'),
  best: z.boolean().optional()
    .describe('Makes it the best of its workflow, instead of another.'),
}))

/** A checkpoint as the API shows it. */
export const tuningCheckpointSchema = named('TuningCheckpoint', z.object({
  id: idSchema('Its id.'),
  workflow_id: idSchema('Its workflow.'),
  config_version: z.int().describe('1, 2, 3, … in its workflow.'),
  runnable_config: metadataSchema(),
  metrics: metadataSchema(),
  metadata: metadataSchema(),
  artifact_url: z.string().nullable(),
  is_best: z.boolean().describe('At most one of a workflow is.'),
  created_at: instantSchema('When it was recorded.'),
}))

const numberPattern = /^-?\d{1,40}(?:\.\d{1,40})?(?:[eE][+-]?\d{1,3})?$/

const numberText = (description: string) => shownAs(
  z.string().regex(numberPattern, 'must be a number such as 0.95').transform(Number)
    .refine(Number.isFinite, 'must be a finite number'),
  { type: 'number', description },
)

/** Filters of `GET …/tuning-checkpoints`. */
export const listingQuery = {
  metric: z.string().min(1).max(metricNameLengthMax).optional()
    .describe('A metric that must be there as a number.'),
  min: numberText('That number at least; needs `metric`.').optional(),
  max: numberText('That number at most; needs `metric`.').optional(),
  metadata: objectText('An object that the metadata contains.').optional(),
  best: flagText('Only the best one, or none of it.').optional(),
}

/** A checkpoint in the API's names. */
export function presentCheckpoint(checkpoint: TuningCheckpoint) {
  return {
    id: checkpoint.id,
    workflow_id: checkpoint.workflowId,
    config_version: checkpoint.configVersion,
    runnable_config: checkpoint.runnableConfig,
    metrics: checkpoint.metrics,
    metadata: checkpoint.metadata,
    artifact_url: checkpoint.artifactUrl,
    is_best: checkpoint.isBest,
    created_at: checkpoint.createdAt,
  }
}
