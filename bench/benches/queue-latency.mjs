import { QueueStage } from '../harness/queue-stage.mjs'
import { onServers } from '../harness/servers.mjs'

const setUp = (options) => onServers(async (servers) => {
  const stage = new QueueStage(servers, 'queue-latency.mjs')
  return {
    variants: [
      stage.bullmq({ about: 'Redis, AOF every second, ioredis' }),
      await stage.onPostgres('pg-boss', {
        about: 'woken by LISTEN/NOTIFY, its best setting for latency', working: 'notify',
      }),
      await stage.onPostgres('graphile-worker', {
        about: 'woken by LISTEN/NOTIFY, as it comes', working: 'plain',
      }),
      ...await stage.holdfast(options, { about: 'PostgreSQL, woken by Redis' }),
    ],
  }
})

/** From the call that enqueues until the handler of an idle worker in another process starts. */
export default {
  name: 'queue-latency',
  base: 'bullmq',
  callers: [1],
  targets: [{ variant: 'holdfast', base: 'bullmq', at: 1, most: 2, quantile: 'p50' }],
  setUp,
}
