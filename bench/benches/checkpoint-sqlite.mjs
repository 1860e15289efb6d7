import { checkpointsOnSqlite, stepsAndReads } from '../harness/checkpoint-stage.mjs'

/** The same on a file; LangGraph's own saver does not wait for the disk, Holdfast does. */
export default {
  name: 'checkpoint-sqlite',
  base: 'steps-official',
  callers: [1, 16],
  warmUp: 16,
  targets: [{ variant: 'steps', base: 'steps-official', at: 1, least: 1 }],
  setUp: (options) => checkpointsOnSqlite(stepsAndReads(options)),
}
