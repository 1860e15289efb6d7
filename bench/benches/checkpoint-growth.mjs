import { checkpointsOnPostgres, pairOf } from '../harness/checkpoint-stage.mjs'
import { holdfastVariants } from '../harness/holdfast-variants.mjs'

const module = 'checkpoint-growth.mjs'
const [short, long] = [20, 2_000]

const setUp = (options) => checkpointsOnPostgres(async (databases) => {
  const ours = (measures, turns) => holdfastVariants(options, {
    name: `${measures}-${turns}`, about: `${measures} at turn ${turns}`, module,
    settings: async (name) => ({
      system: 'holdfast', database: await databases.holdfast(name), measures, turns,
    }),
  })
  return [
    ...await ours('put', short), ...await ours('put', long),
    ...await ours('get', short), ...await ours('get', long),
    ...await pairOf(options, databases, {
      name: 'history', about: '600 checkpoints of a conversation', module,
      measures: 'history', turns: 600,
    }),
  ]
})

/** What a conversation costs when it is long; turns of 1 KB. */
export default {
  name: 'checkpoint-growth',
  base: `put-${short}`,
  callers: [1],
  targets: [
    ...['put', 'get'].map((measures) => ({
      variant: `${measures}-${long}`, base: `${measures}-${short}`, at: 1, most: 1.5,
      quantile: 'p50',
    })),
    { variant: 'history', base: 'history-official', at: 1, most: 0.05, quantile: 'p50' },
  ],
  setUp,
}
