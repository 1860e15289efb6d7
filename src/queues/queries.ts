import { sql } from 'kysely'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { largeRowsOf } from '../database/page.js'
import { jobsMax } from './rules.js'
import { jobs, type JobState, jobStates, type QueueTables } from './tables.js'

const { columns } = jobs

type StoredJob = QueueTables['jobs']

const lengthOf = ({ payload, progress, result, error }: StoredJob): number =>
  [payload, progress, result, error].reduce((sum, text) => sum + (text?.length ?? 0), 0)

/** Where a page of jobs begins and how long it is. */
export interface NewestJobs {
  readonly state: JobState | undefined
  readonly limit: number
  /** Older than this one only. */
  readonly last: string | undefined
}

/** Reads of one organization's jobs. */
export class JobQueries {
  readonly #database: Database<QueueTables>
  readonly #organizationId: Stored<'id'>

  constructor(database: Database<QueueTables>, organizationId: Stored<'id'>) {
    this.#database = database
    this.#organizationId = organizationId
  }

  /** One job. */
  one(jobId: string) {
    return this.#jobs()
      .selectAll()
      .where('id', '=', columns.id.encode(jobId, 'job_id'))
  }

  /** A page of them, and whether more follow. */
  page(queue: string, { state, limit, last }: NewestJobs) {
    return largeRowsOf<StoredJob>(limit, {
      fetch: (count, row) => this.#database.all(this.newest(queue, {
        state, limit: count, last: row === undefined ? last : columns.id.decode(row.id),
      })),
      lengthOf,
    })
  }

  /** Jobs of a queue, newest first; without a state, the newest of each state together. */
  newest(queue: string, { state, limit, last }: NewestJobs) {
    const states = state === undefined ? jobStates : [state]
    const [first, ...rest] = states.map((each) => {
      let newest = this.#of(queue, [each]).selectAll().orderBy('id', 'desc').limit(limit)
      if (last !== undefined) newest = newest.where('id', '<', columns.id.encode(last, 'cursor'))
      return this.#database.write.selectFrom(newest.as('newest')).selectAll()
    })
    return rest.reduce((all, each) => all.unionAll(each), first!).orderBy('id', 'desc').limit(limit)
  }

  /** At most 1000 jobs of a queue in these states. */
  refs(queue: string, states: readonly JobState[]) {
    return this.#of(queue, states).select(['organization_id', 'id', 'state']).limit(jobsMax)
  }

  /** The jobs of a queue with these ids. */
  named(queue: string, jobIds: readonly string[]) {
    return this.#jobs()
      .select(['organization_id', 'id'])
      .where('queue', '=', columns.queue.encode(queue, 'queue'))
      .where('id', 'in', jobIds.map((id, index) => columns.id.encode(id, `job_ids[${index}]`)))
  }

  /** At most 1000 keys of a queue behind this one, each with the first job it blocks. */
  heads(queue: string, after: Stored<'text'>) {
    return this.#database.write
      .selectFrom('job_keys')
      .select((expression) => [
        'organization_id', 'key',
        expression.selectFrom('jobs')
          .select('jobs.id')
          .whereRef('jobs.organization_id', '=', 'job_keys.organization_id')
          .whereRef('jobs.queue', '=', 'job_keys.queue')
          .whereRef('jobs.concurrency_key', '=', 'job_keys.key')
          .where(sql<boolean>`jobs.state = 'blocked'`)
          .orderBy('jobs.id').limit(1).as('id'),
      ])
      .where('organization_id', '=', this.#organizationId)
      .where('queue', '=', columns.queue.encode(queue, 'queue'))
      .where('key', '>', after)
      .orderBy('key')
      .limit(jobsMax)
  }

  #jobs() {
    return this.#database.write
      .selectFrom('jobs')
      .where('organization_id', '=', this.#organizationId)
  }

  #of(queue: string, states: readonly JobState[]) {
    return this.#jobs()
      .where('queue', '=', columns.queue.encode(queue, 'queue'))
      .where('state', 'in', states.map((state) => columns.state.encode(state)))
  }
}
