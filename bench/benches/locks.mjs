import { LockStage } from '../harness/lock-stage.mjs'
import { onServers } from '../harness/servers.mjs'

const setUp = (options) => onServers(async (servers) => {
  const stage = new LockStage(servers, 'lock-pair.mjs')
  return {
    variants: [
      await stage.of('redis-semaphore', { about: 'Mutex through ioredis' }),
      await stage.of('raw-postgres', {
        about: 'node-postgres: upsert and release, a pool of 10', connections: 10,
      }),
      ...await stage.holdfast(options, {
        name: 'hint-lock', system: 'holdfast-hint',
        about: 'coordination.hintLocks on Redis: may be held twice',
      }),
      ...await stage.holdfast(options, {
        name: 'sql-lock', system: 'holdfast-sql',
        about: 'locks.acquire and release on PostgreSQL, pool of 10, hints by Redis',
      }),
    ],
  }
})

/** Acquire and release of a lock that nobody else wants, as one call. */
export default {
  name: 'locks',
  base: 'redis-semaphore',
  callers: [16],
  targets: [
    { variant: 'hint-lock', base: 'redis-semaphore', at: 16, least: 1 },
    { variant: 'sql-lock', base: 'raw-postgres', at: 16, least: 0.7 },
  ],
  setUp,
}
