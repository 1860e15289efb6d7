import { randomUUID } from 'node:crypto'
import { type HintLock, type HintLocks } from './coordination.js'
import { durationMs, lastPart, requireName } from './key.js'
import { type ScriptRunner } from './script.js'
import { acquireLock, releaseLock, renewLock } from './scripts/hint-locks.js'

/** Longest time a hint lock may be held without renewal, in seconds. */
const ttlMaxSeconds = 86_400

/** Locks kept in Redis, for all processes. */
export class RedisHintLocks implements HintLocks {
  readonly #redis: ScriptRunner

  constructor(redis: ScriptRunner) {
    this.#redis = redis
  }

  async tryAcquire(resource: string, ttlSeconds: number): Promise<HintLock | undefined> {
    const token = randomUUID()
    const key = `lock:${lastPart('resource', resource)}`
    const ttlMs = durationMs('ttlSeconds', ttlSeconds, ttlMaxSeconds)
    const held = await this.#said(acquireLock, key, [token, ttlMs])
    if (!held) return undefined
    return {
      resource,
      renew: async (seconds) => {
        const longerMs = durationMs('ttlSeconds', seconds, ttlMaxSeconds)
        return this.#said(renewLock, key, [token, longerMs])
      },
      release: async () => {
        await this.#said(releaseLock, key, [token])
      },
    }
  }

  /** False when nobody can be asked. What may have happened all the same ends by its expiry. */
  async #said(
    script: typeof acquireLock,
    key: string,
    args: readonly (string | number)[],
  ): Promise<boolean> {
    return this.#redis.run<number>(script, [key], args).then((said) => said === 1, () => false)
  }
}

/** Locks of this process at most; no further one is granted. */
const heldMax = 100_000
/** Below this many nothing is swept. */
const sweptMin = 1_000

/** Locks within this process; one that has expired is gone. */
export class LocalHintLocks implements HintLocks {
  readonly #held = new Map<string, { readonly token: string; untilMs: number }>()
  #sweepAt = sweptMin

  async tryAcquire(resource: string, ttlSeconds: number): Promise<HintLock | undefined> {
    requireName('resource', resource)
    const ttlMs = durationMs('ttlSeconds', ttlSeconds, ttlMaxSeconds)
    if ((this.#held.get(resource)?.untilMs ?? 0) > performance.now()) return undefined
    if (this.#held.size >= this.#sweepAt) this.#forgetExpired()
    if (this.#held.size >= heldMax) return undefined
    const token = randomUUID()
    this.#held.set(resource, { token, untilMs: performance.now() + ttlMs })
    return {
      resource,
      renew: async (seconds) => this.#renew(resource, token, seconds),
      release: async () => {
        if (this.#held.get(resource)?.token === token) this.#held.delete(resource)
      },
    }
  }

  async #renew(resource: string, token: string, ttlSeconds: number): Promise<boolean> {
    const ttlMs = durationMs('ttlSeconds', ttlSeconds, ttlMaxSeconds)
    const held = this.#held.get(resource)
    if (held?.token !== token || held.untilMs <= performance.now()) return false
    held.untilMs = performance.now() + ttlMs
    return true
  }

  /** Seldom enough to cost nothing, often enough to keep the map small. */
  #forgetExpired(): void {
    const nowMs = performance.now()
    for (const [resource, { untilMs }] of this.#held) {
      if (untilMs <= nowMs) this.#held.delete(resource)
    }
    this.#sweepAt = Math.min(heldMax, Math.max(sweptMin, 2 * this.#held.size))
  }
}
