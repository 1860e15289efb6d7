import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { type Place, redisAddressOf, type RedisAddress, written } from './address.js'
import { askOnce } from './client.js'
import { CoordinationUnavailable } from './errors.js'
import { reasonOf } from './reason.js'
import { RedisCoordinator } from './redis.js'
import { Sentinels } from './sentinels.js'

/** What a Redis says of itself. */
export interface RedisFacts {
  readonly place: string
  readonly version: string
  /** What it does when its memory is full: `noeviction`, `allkeys-lru`, … */
  readonly maxmemoryPolicy: string
  /** 0 for no limit of its own. */
  readonly maxmemoryBytes: number
}

const timeoutMs = 2_000
/** How long an answer that the user may not wait is waited for, in milliseconds. */
const waitMs = 300

/**
 * Asks the Redis of a URL about itself, writes one key that expires at once, listens and waits for
 * a moment. Throws CoordinationUnavailable with the reason; InvalidConfiguration for a URL of
 * another form.
 */
export async function inspectRedis(url: string, prefix: string): Promise<RedisFacts> {
  const address = redisAddressOf(url)
  const place = await told(address, () => leaderOf(address))
  const words = ['INFO']
  const info = await told(address, () => askOnce<string>(place, address, { words, timeoutMs }))
  const coordinator = await RedisCoordinator.open(url, { prefix, commandTimeoutMs: timeoutMs })
  try {
    await coordinator.ping()
    // A user who may do that may still be kept from channels, and from commands that wait.
    const waiting = coordinator.wakeUps.wait([randomUUID()], 2 * waitMs)
    await pause(waitMs)
    const { reason } = coordinator.health()
    await waiting
    if (reason !== undefined) throw new CoordinationUnavailable(reason)
  } finally {
    await coordinator.close()
  }
  const fact = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? ''
  return {
    place: written(place),
    version: fact('redis_version'),
    maxmemoryPolicy: fact('maxmemory_policy'),
    maxmemoryBytes: Number(fact('maxmemory')),
  }
}

/** The server that leads; of a Cluster the first node that is named. */
async function leaderOf(address: RedisAddress): Promise<Place> {
  if (address.kind === 'sentinel') return new Sentinels(address, timeoutMs).locate()
  return address.places[0]!
}

async function told<R>({ places }: RedisAddress, work: () => Promise<R>): Promise<R> {
  try {
    return await work()
  } catch (error) {
    const names = places.map(written).join(', ')
    throw new CoordinationUnavailable(`Redis at ${names} ${reasonOf(error)}.`, { cause: error })
  }
}
