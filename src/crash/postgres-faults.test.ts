import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Load, pause, until } from './load.js'
import { PrivatePostgres, type StopMode } from './private-postgres.js'
import { crowd } from './crowd.js'
import { onScene, type Scene } from './scene.js'

vi.setConfig({ testTimeout: 60_000 })

const acquireTimeoutMs = 500
const statementTimeoutMs = 1_500
const environment = {
  HOLDFAST_POOL_MAX: '5',
  HOLDFAST_ACQUIRE_TIMEOUT_MS: String(acquireTimeoutMs),
  HOLDFAST_STATEMENT_TIMEOUT_MS: String(statementTimeoutMs),
}
/** What a machine under full load may add to a limit. */
const slackMs = 3_000
/** How long the table stays locked. */
const lockedMs = 4_000

/** How callers may be answered while the database is lost, late or crowded. */
const allowed = ['503 database_unavailable', '503 statement_timeout', '503 busy']

const missing = PrivatePostgres.missing()
const reason = missing === undefined ? '' : `: did not run: ${missing}`

describe.skipIf(missing !== undefined)(`a failing PostgreSQL under load${reason}`, () => {
  let postgres: PrivatePostgres
  let scenes = 0

  beforeAll(async () => {
    postgres = await PrivatePostgres.create()
  })

  afterAll(() => postgres?.remove())

  async function play(fault: (scene: Scene, url: string) => Promise<void>): Promise<void> {
    const database = await postgres.createDatabase(`scene_${(scenes += 1)}`)
    await onScene({ database, environment, allowed }, (scene) => fault(scene, database))
  }

  it('is survived when every connection is terminated again and again', async () => {
    await play(async ({ load }) => {
      const admin = await postgres.connect()
      let terminated = 0
      for (let count = 0; count < 12; count += 1) {
        await pause(150)
        const { rowCount } = await admin.query(`
          select pg_terminate_backend(pid) from pg_stat_activity
          where pid <> pg_backend_pid() and application_name = 'holdfast'`)
        terminated += rowCount ?? 0
      }
      await admin.end()
      expect(terminated).toBeGreaterThanOrEqual(12)
      expect(unavailableOf(load)).toBeGreaterThan(0)
    })
  })

  it.each<StopMode>(['immediate', 'fast'])('is survived when it stops (%s)', async (mode) => {
    await play(async ({ watch, load }) => {
      await postgres.stop(mode)
      await until('readyz says no', () => !watch.isReady)
      await pause(1_000)
      expect(watch.isReady).toBe(false)
      expect(unavailableOf(load)).toBeGreaterThan(0)
      await postgres.start()
    })
  })

  it('answers 200 callers within the time-outs when the pool is used up', async () => {
    await play(async ({ server, arena, watch, load }, database) => {
      const locker = await postgres.connect(database)
      await locker.query('begin; lock table messages in access exclusive mode')
      const answers = await crowd({ server, arena, allowed, clients: 200, forMs: lockedMs })
      await locker.end()
      expect(watch.readiness).toContain(503)
      expect(answers.wrong).toEqual([])
      // A call may wait for the batch in flight before it goes with its own.
      const limitMs = 2 * (acquireTimeoutMs + statementTimeoutMs) + slackMs
      expect(Math.max(answers.slowestMs, load.slowestMs)).toBeLessThan(limitMs)
    })
  })
})

function unavailableOf({ counts }: Load): number {
  return counts.get('503 database_unavailable') ?? 0
}
