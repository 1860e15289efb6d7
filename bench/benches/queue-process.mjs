import { QueueStage } from '../harness/queue-stage.mjs'
import { onServers } from '../harness/servers.mjs'

const setUp = (options) => onServers(async (servers) => {
  const stage = new QueueStage(servers, 'queue-process.mjs')
  return {
    variants: [
      stage.bullmq({ about: 'Redis, AOF every second, ioredis: Worker with concurrency' }),
      stage.bullmq({
        name: 'bullmq-remove', about: 'the same with removeOnComplete', removeOnComplete: true,
      }),
      await stage.onPostgres('pg-boss', {
        about: 'fetch 100, four loops, no pause after a full batch, a result a job',
      }),
      await stage.onPostgres('graphile-worker', {
        about: 'its record settings: localQueue 500, completions of a turn together',
      }),
      ...await stage.holdfast(options, { about: 'a worker with concurrency on PostgreSQL' }),
    ],
  }
})

/** No-op jobs that wait already, one worker process; callers: its concurrency. */
export default {
  name: 'queue-process',
  base: 'bullmq',
  callers: [16],
  targets: [
    { variant: 'holdfast', base: 'bullmq', at: 16, least: 1.5 },
    { variant: 'holdfast', base: 'bullmq-remove', at: 16, least: 1.5 },
    { variant: 'holdfast', base: 'pg-boss', at: 16, least: 1.5 },
  ],
  setUp,
}
