import { QueueStage } from '../harness/queue-stage.mjs'
import { onServers } from '../harness/servers.mjs'

const setUp = (options) => onServers(async (servers) => {
  const stage = new QueueStage(servers, 'queue-enqueue.mjs')
  return {
    variants: [
      stage.bullmq({ about: 'Redis, AOF every second, ioredis: queue.add' }),
      await stage.driver({
        about: 'one prepared insert of all waiting calls at a time, no foreign keys',
        dist: options.dist,
      }),
      await stage.onPostgres('pg-boss', { about: 'boss.send, its own pool of 10' }),
      await stage.onPostgres('graphile-worker', { about: 'addJob, its own pool of 16' }),
      ...await stage.holdfast(options, {
        about: 'queues.enqueue on PostgreSQL, pool of 10, wake-ups by Redis',
      }),
    ],
  }
})

/** One durable job a call. */
export default {
  name: 'queue-enqueue',
  base: 'bullmq',
  callers: [16],
  targets: [
    { variant: 'holdfast', base: 'bullmq', at: 16, least: 1 },
    { variant: 'holdfast', base: 'pg-boss', at: 16, least: 5 },
    { variant: 'holdfast', base: 'graphile-worker', at: 16, least: 5 },
  ],
  setUp,
}
