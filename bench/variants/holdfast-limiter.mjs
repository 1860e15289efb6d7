import { inTurn } from '../harness/workload.mjs'

/** Holdfast's limiter: one rule a call, on Redis, with this process's own when Redis is away. */
export async function open({ dist, redis, subjects, limit }) {
  const { openHoldfast } = await import(`${dist}/index.js`)
  const holdfast = await openHoldfast({ redis })
  const { limiter } = holdfast.coordination
  const rule = inTurn(subjects.map((id) =>
    [{ name: 'user', resource: 'user', id, limit, windowSeconds: 60 }]))
  let degraded = 0
  return {
    async operation() {
      const decision = await limiter.consume(rule())
      if (decision.degraded) degraded += 1
    },
    async close() {
      await holdfast.close()
      if (degraded > 0) throw new Error(`${degraded} decisions were local ones`)
    },
  }
}
