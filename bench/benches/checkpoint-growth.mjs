import { checkpointsOnPostgres, pairOf } from '../harness/checkpoint-stage.mjs'
import { holdfastVariants } from '../harness/holdfast-variants.mjs'
import { WorkerVariant } from '../harness/worker-variant.mjs'

const module = 'checkpoint-growth.mjs'
const [short, long] = [20, 2_000]

/** Both lengths of everything. */
async function bothLengths(options, databases) {
  const ours = (name, turns, { about, ...more }) => holdfastVariants(options, {
    name: `${name}-${turns}`, about: `${about} at turn ${turns}`, module,
    settings: async (own) => ({
      system: 'holdfast', database: await databases.holdfast(own), turns, ...more,
    }),
  })
  const alone = (measures, turns) => new WorkerVariant({
    name: `${measures}-${turns}`, module, settings: { measures, turns },
    about: `${measures} of LangGraph's serializer at turn ${turns}, nothing stored`,
  })
  const whole = { put: 'put', get: 'getTuple' }
  const delta = { put: 'put and putWrites', tuple: 'getTuple', load: 'getDeltaChannelHistory' }
  const variants = []
  for (const turns of [short, long]) {
    for (const [measures, about] of Object.entries(whole)) {
      variants.push(...await ours(measures, turns, { about, measures }))
    }
    for (const [measures, about] of Object.entries(delta)) {
      variants.push(...await ours(`delta-${measures}`, turns, {
        about: `${about} of a channel of differences`, measures, isDelta: true,
      }))
    }
    variants.push(alone('dumps', turns), alone('loads', turns))
  }
  return variants
}

const setUp = (options) => checkpointsOnPostgres(async (databases) => [
  ...await bothLengths(options, databases),
  ...await pairOf(options, databases, {
    name: 'history', about: '600 checkpoints of a conversation', module,
    measures: 'history', turns: 600,
  }),
])

/** What a conversation costs when it is long; turns of 1 KB. */
export default {
  name: 'checkpoint-growth',
  base: `put-${short}`,
  callers: [1],
  targets: [
    ...['put', 'get', 'delta-put', 'delta-tuple'].map((measures) => ({
      variant: `${measures}-${long}`, base: `${measures}-${short}`, at: 1, most: 1.5,
      quantile: 'p50',
    })),
    { variant: 'history', base: 'history-official', at: 1, most: 0.05, quantile: 'p50' },
  ],
  setUp,
}
