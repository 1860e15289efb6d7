import { holdfastVariants } from '../harness/holdfast-variants.mjs'
import { onServers } from '../harness/servers.mjs'
import { WorkerVariant } from '../harness/worker-variant.mjs'

const subjects = Array.from({ length: 10_000 }, (_, number) => `user-${number}`)

const setUp = (options) => onServers(async ({ redis }) => {
  const settings = () => ({ redis: redis.createDatabase(), subjects })
  const holdfast = (name, limit, about) => holdfastVariants(options, {
    name, about, module: 'holdfast-limiter.mjs', settings: () => ({ ...settings(), limit }),
  })
  return {
    variants: [
      new WorkerVariant({
        name: 'evalsha', about: 'the same client, set as ours: EVALSHA of `return 1`, one key',
        module: 'evalsha.mjs', settings: { ...settings(), lean: true },
      }),
      new WorkerVariant({
        name: 'evalsha-as-it-comes', about: 'the client without our settings',
        module: 'evalsha.mjs', settings: { ...settings(), lean: false },
      }),
      ...await holdfastVariants(options, {
        name: 'holdfast-script', about: "the same script through Holdfast's connection",
        module: 'holdfast-script.mjs', settings,
      }),
      new WorkerVariant({
        name: 'rate-limiter-flexible', about: 'a fixed window of 100 in 60 s, ioredis',
        module: 'rate-limiter-flexible.mjs', settings: { ...settings(), limit: 100 },
      }),
      ...await holdfast('holdfast-log', 100, 'limiter.consume, 100 in any 60 s: an exact log'),
      ...await holdfast('holdfast-buckets', 1_000, 'limiter.consume, 1,000 in any 60 s'),
    ],
  }
})

/** One check of one rate limit, over 10,000 subjects. */
export default {
  name: 'limiter',
  base: 'evalsha',
  callers: [64],
  targets: [
    { variant: 'holdfast-log', base: 'evalsha', at: 64, least: 0.7 },
    { variant: 'holdfast-buckets', base: 'evalsha', at: 64, least: 0.7 },
  ],
  setUp,
}
