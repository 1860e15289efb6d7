import { LockStage } from '../harness/lock-stage.mjs'
import { onServers } from '../harness/servers.mjs'

const setUp = (options) => onServers(async (servers) => {
  const stage = new LockStage(servers, 'lock-contention.mjs')
  const ours = (name, processes) => stage.holdfast(options, {
    name, system: 'holdfast-sql', processes,
    about: `locks.acquire on PostgreSQL, hints by Redis, ${processes} process(es)`,
  })
  return {
    variants: [
      await stage.of('redis-semaphore', { about: 'Mutex through ioredis', processes: 1 }),
      ...await ours('holdfast', 1),
      ...await ours('holdfast-processes', 4),
    ],
  }
})

const ideal = { figure: 'share of the ideal', least: 0.85 }
const fair = { figure: 'longest wait / mean wait of a fair queue', most: 3 }
const exclusive = { figure: 'overlapping holds', most: 0 }

/** Sixteen contenders for one lock, each holding it for 5 ms. */
export default {
  name: 'lock-contention',
  base: 'redis-semaphore',
  callers: [16],
  targets: ['holdfast', 'holdfast-processes'].flatMap((variant) =>
    [ideal, fair, exclusive].map((target) => ({ variant, at: 16, ...target }))),
  setUp,
}
