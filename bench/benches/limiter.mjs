import { holdfastVariants } from '../harness/holdfast-variants.mjs'
import { onServers } from '../harness/servers.mjs'
import { WorkerVariant } from '../harness/worker-variant.mjs'

const subjects = Array.from({ length: 10_000 }, (_, number) => `user-${number}`)

const setUp = (options) => onServers(async ({ redis }) => {
  const settings = () => ({ redis: redis.createDatabase(), subjects })
  const bare = (name, about, given) => new WorkerVariant({
    name, about, module: 'evalsha.mjs', settings: { ...settings(), dist: options.dist, ...given },
  })
  const holdfast = (name, about, { module = 'holdfast-limiter.mjs', limit } = {}) =>
    holdfastVariants(options, { name, about, module, settings: () => ({ ...settings(), limit }) })
  return {
    variants: [
      bare('evalsha', 'EVALSHA of `return 1` through the client, set as ours', { lean: true }),
      bare('evalsha-as-it-comes', 'the same with the client not set', { lean: false }),
      bare('evalsha-log', 'the script of the exact log, bare', { lean: true, limit: 100 }),
      bare('evalsha-parts', 'the script of a large limit, bare', { lean: true, limit: 1_000 }),
      new WorkerVariant({
        name: 'rate-limiter-flexible', about: 'a fixed window of 100 in 60 s, ioredis',
        module: 'rate-limiter-flexible.mjs', settings: { ...settings(), limit: 100 },
      }),
      ...await holdfast('holdfast-script', 'EVALSHA of `return 1` through our connection', {
        module: 'holdfast-script.mjs',
      }),
      ...await holdfast('holdfast-log', 'limiter.consume, 100 in any 60 s', { limit: 100 }),
      ...await holdfast('holdfast-parts', 'limiter.consume, 1,000 in any 60 s', { limit: 1_000 }),
    ],
  }
})

/** One check of one rate limit, over 10,000 subjects. */
export default {
  name: 'limiter',
  base: 'evalsha',
  callers: [64],
  targets: ['log', 'parts'].flatMap((kind) =>
    ['evalsha', 'evalsha-as-it-comes', `evalsha-${kind}`].map((base) =>
      ({ variant: `holdfast-${kind}`, base, at: 64, least: 0.7 }))),
  setUp,
}
