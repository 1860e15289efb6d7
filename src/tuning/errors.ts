import { defineError } from '../errors.js'

/** No such tuning checkpoint of this workflow. */
export const TuningCheckpointNotFound = defineError('TuningCheckpointNotFound', {
  code: 'tuning_checkpoint_not_found', status: 404,
})
