import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { type PrivateRedis, type RedisSession } from './private-redis.test.harness.js'

/** One way in which Redis fails. */
export interface Fault {
  readonly name: string
  /** Whether Redis can do nothing meanwhile. */
  readonly isAway: boolean
  /** Whether what was in Redis is gone. */
  readonly loses: boolean
  /** How long it lasts. */
  readonly forMs: number
  begin(redis: PrivateRedis, admin: RedisSession): Promise<void>
  end(redis: PrivateRedis, admin: RedisSession): Promise<void>
}

const others = ['CLIENT', 'KILL', 'SKIPME', 'yes'] as const
const nothing = async () => undefined

/** The ways in which Redis fails; each ends. */
export const faults: readonly Fault[] = [
  {
    name: 'FLUSHALL', isAway: false, loses: true, forMs: 500, end: nothing,
    begin: async (_redis, admin) => {
      for (let count = 0; count < 5; count += 1) {
        await admin.command('FLUSHALL')
        await pause(100)
      }
    },
  },
  {
    name: 'kill -9 and a restart', isAway: true, loses: true, forMs: 1_500,
    begin: (redis) => redis.kill(),
    end: (redis) => redis.start(),
  },
  {
    name: 'READONLY, as a replica', isAway: true, loses: false, forMs: 1_500,
    begin: async (_redis, admin) => void await admin.command('REPLICAOF', '127.0.0.1', '1'),
    end: async (_redis, admin) => void await admin.command('REPLICAOF', 'NO', 'ONE'),
  },
  {
    name: 'OOM, with maxmemory filled', isAway: true, loses: false, forMs: 1_500,
    begin: async (_redis, admin) => {
      await admin.command('SET', 'filling', 'x'.repeat(2_000_000))
      await admin.command('CONFIG', 'SET', 'maxmemory', '1mb')
    },
    end: async (_redis, admin) => {
      await admin.command('CONFIG', 'SET', 'maxmemory', '0')
      await admin.command('DEL', 'filling')
    },
  },
  {
    name: 'a wrong password', isAway: true, loses: false, forMs: 1_500,
    begin: async (_redis, admin) => {
      await admin.command('CONFIG', 'SET', 'requirepass', randomUUID())
      await admin.command(...others)
    },
    end: async (_redis, admin) => void await admin.command('CONFIG', 'SET', 'requirepass', ''),
  },
  {
    name: 'a stall of 5 s', isAway: true, loses: false, forMs: 5_000,
    begin: async (redis) => redis.freeze(),
    end: async (redis) => redis.thaw(),
  },
  {
    name: 'a rejected connection', isAway: true, loses: false, forMs: 1_500,
    begin: async (_redis, admin) => {
      await admin.command('CONFIG', 'SET', 'maxclients', '1')
      await admin.command(...others)
    },
    end: async (_redis, admin) => void await admin.command('CONFIG', 'SET', 'maxclients', '1000'),
  },
]
