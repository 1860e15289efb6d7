import { type CallOptions, type Query, type Request, type WriteOptions } from './operation.js'
import { eachOf } from './pages.js'
import {
  type NewTuningCheckpoint, type TuningCheckpoint, type TuningCheckpointPage,
} from './schema.js'

/** Which checkpoint is meant: one itself will do. */
export type TuningCheckpointName = Pick<TuningCheckpoint, 'workflow_id' | 'id'>

/** Filters of lists; those that are given must all hold. */
export interface TuningQuery extends Omit<Query<'listTuningCheckpoints'>, 'metadata'> {
  /** An object that the metadata contains. */
  readonly metadata?: Readonly<Record<string, unknown>>
}

/** What tries at tuning workflows gave. */
export class Tuning {
  readonly #request: Request

  constructor(request: Request) {
    this.#request = request
  }

  /** Records a checkpoint under the next version of its workflow. */
  record(
    workflowId: string,
    checkpoint: NewTuningCheckpoint,
    options: WriteOptions = {},
  ): Promise<TuningCheckpoint> {
    const path = { workflow_id: workflowId }
    return this.#request('recordTuningCheckpoint', { path, body: checkpoint, ...options })
  }

  /** The checkpoint; fails with `tuning_checkpoint_not_found`. */
  get(name: TuningCheckpointName, options: CallOptions = {}): Promise<TuningCheckpoint> {
    return this.#request('getTuningCheckpoint', { path: pathOf(name), ...options })
  }

  /** One page of a workflow's checkpoints, newest first; at most 200. */
  list(
    workflowId: string,
    { metadata, ...query }: TuningQuery = {},
    options: CallOptions = {},
  ): Promise<TuningCheckpointPage> {
    const filter = metadata === undefined ? {} : { metadata: JSON.stringify(metadata) }
    return this.#request('listTuningCheckpoints', {
      path: { workflow_id: workflowId }, query: { ...query, ...filter }, ...options,
    })
  }

  /** Every checkpoint of a workflow, newest first, page by page as it is asked for. */
  each(
    workflowId: string,
    query: TuningQuery = {},
    options: CallOptions = {},
  ): AsyncGenerator<TuningCheckpoint, void, undefined> {
    return eachOf((cursor) => this.list(workflowId, { ...query, ...cursor }, options))
  }

  /** The best checkpoint of a workflow; undefined when none was said to be. */
  async best(workflowId: string, options: CallOptions = {}): Promise<TuningCheckpoint | undefined> {
    return (await this.list(workflowId, { best: true }, options)).data[0]
  }

  /** Makes a checkpoint the best of its workflow, instead of another. */
  setBest(name: TuningCheckpointName, options: WriteOptions = {}): Promise<TuningCheckpoint> {
    return this.#request('setBestTuningCheckpoint', { path: pathOf(name), ...options })
  }

  /** Deletes a checkpoint; its version is not given again. */
  delete(name: TuningCheckpointName, options: WriteOptions = {}): Promise<void> {
    return this.#request('deleteTuningCheckpoint', { path: pathOf(name), ...options })
  }
}

function pathOf({ workflow_id, id }: TuningCheckpointName) {
  return { workflow_id, tuning_checkpoint_id: id }
}
