import { setTimeout as pause } from 'node:timers/promises'
import { type RawBuilder, sql } from 'kysely'
import { type Database, type Placeholder, prepareRaw } from '../database/database.js'
import { type Statement } from '../database/engine.js'
import { batchMax, few } from './claim.js'
import { type JobRef } from './keys.js'
import { type QueueTables } from './tables.js'
import { type Transitions } from './transitions.js'
import { type Rings } from './wake-ups.js'

/** What one sweep did. */
export interface Swept {
  /** Jobs whose lease had run out. */
  readonly expired: number
  /** Scheduled jobs whose time had come. */
  readonly promoted: number
  /** Finished jobs deleted after their retention. */
  readonly deleted: number
}

type Limit = { limit: number }

/** How often, and in how many milliseconds, a sweep comes back to jobs whose key was taken. */
const busyTriesMax = 5
const busyMs = 20

/**
 * Whether no transaction has the key at this moment. Who waited for one would wait for as long as
 * it is open, be its process paused, and all other jobs with them: these come when it is over.
 */
const isKeyFree = (skipLocked: RawBuilder<unknown>) => sql`(
  exists (select 1 from job_keys k where ${isKeyOf} ${skipLocked})
  or not exists (select 1 from job_keys k where ${isKeyOf}))`

const isKeyOf = sql`k.organization_id = j.organization_id and k.queue = j.queue
  and k.key = j.concurrency_key`

/** Finds what time has changed; every process may do so at once. */
export class Sweep {
  readonly #database: Database<QueueTables>
  readonly #transitions: Transitions
  readonly #expired: (given: Limit) => Statement
  readonly #left: (given: object) => Statement
  readonly #due: (given: Limit) => Statement
  readonly #delete: (given: Limit) => Statement

  constructor(database: Database<QueueTables>, transitions: Transitions) {
    this.#database = database
    this.#transitions = transitions
    const now = database.engine.now()
    const { rowLocks, skipLocked } = database.engine
    const found = (name: string, state: RawBuilder<unknown>, at: RawBuilder<unknown>) =>
      prepareRaw<Limit>(database, {
        name, readOnly: !rowLocks,
        build: (parameter: Placeholder<Limit>) => sql`
          select j.organization_id, j.id from jobs j
          where j.state = ${state} and ${at} <= ${now}
            and (j.concurrency_key is null or ${isKeyFree(skipLocked)})
          order by ${at} limit ${parameter('limit')} ${skipLocked}`,
      })
    this.#expired = found('jobs_expired', sql`'active'`, sql`j.lease_expires_at`)
    this.#left = prepareRaw<object>(database, {
      name: 'jobs_expired_left', readOnly: true,
      build: () => sql`
        select 1 as one from jobs where state = 'active' and lease_expires_at <= ${now} limit 1`,
    })
    this.#due = found('jobs_due', sql`'scheduled'`, sql`j.run_at`)
    this.#delete = prepareRaw<Limit>(database, {
      name: 'jobs_forget',
      build: (parameter) => sql`
        with gone as materialized (${few(parameter('limit'), sql`
          select j.organization_id, j.id from jobs j
          where j.expires_at is not null and j.expires_at <= ${now}
          order by j.expires_at limit ${sql.lit(batchMax)} ${database.engine.skipLocked}`)}
        )
        delete from jobs
        where (organization_id, id) in (select g.organization_id, g.id from gone g)`,
    })
  }

  /**
   * Gives jobs of lost workers back, or ends them; at most `limit`. A key that is merely busy is
   * free a moment later.
   */
  async expire(limit: number, rings: Rings): Promise<number> {
    let expired = await this.#expireFree(limit, rings)
    for (let tries = 0; tries < busyTriesMax && expired < limit; tries++) {
      if (!await this.#isAnyLeft()) break
      await pause(busyMs * (0.5 + Math.random()))
      expired += await this.#expireFree(limit - expired, rings)
    }
    return expired
  }

  async #isAnyLeft(): Promise<boolean> {
    return (await this.#database.execute(this.#left({}))).rows.length > 0
  }

  async #expireFree(limit: number, rings: Rings): Promise<number> {
    const refs = await this.#refs(this.#database, this.#expired({ limit }))
    return (await this.#transitions.run('expire', refs, { rings })).length
  }

  /** Makes scheduled jobs ready whose time has come; at most `limit`. */
  async promote(
    limit: number,
    rings: Rings,
    database: Database<QueueTables> = this.#database,
  ): Promise<number> {
    const refs = await this.#refs(database, this.#due({ limit }))
    return (await this.#transitions.run('promote', refs, { rings, database })).length
  }

  /** Deletes finished jobs that were kept long enough; at most `limit`. */
  async delete(limit: number): Promise<number> {
    return (await this.#database.execute(this.#delete({ limit }))).changed
  }

  async #refs(database: Database<QueueTables>, statement: Statement): Promise<JobRef[]> {
    return (await database.execute(statement)).rows as JobRef[]
  }
}
