import { checkpointsOnPostgres, stepsAndReads } from '../harness/checkpoint-stage.mjs'

/** Steps of graphs, and reading where a thread stands, beside LangGraph's saver on PostgreSQL. */
export default {
  name: 'checkpoint-postgres',
  base: 'steps-official',
  callers: [1, 16],
  warmUp: 16,
  targets: [
    { variant: 'steps', base: 'steps-official', at: 1, least: 2 },
    { variant: 'steps', base: 'steps-official', at: 16, least: 5 },
    { variant: 'reads', base: 'reads-official', at: 1, most: 0.7, quantile: 'p50' },
    { variant: 'reads', base: 'reads-official', at: 16, most: 0.7, quantile: 'p50' },
  ],
  setUp: (options) => checkpointsOnPostgres(stepsAndReads(options)),
}
