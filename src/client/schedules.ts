import {
  type CallOptions, type Query, type Request, type UpdateOptions, type WriteOptions,
} from './operation.js'
import { eachOf } from './pages.js'
import {
  type NewSchedule, type Schedule, type ScheduleChanges, type SchedulePage,
} from './schema.js'

/** Jobs that recur, by the names of their schedules. */
export class Schedules {
  readonly #request: Request

  constructor(request: Request) {
    this.#request = request
  }

  /** Makes a job recur; fails with `schedule_name_taken`. */
  create(schedule: NewSchedule, options: WriteOptions = {}): Promise<Schedule> {
    return this.#request('createSchedule', { body: schedule, ...options })
  }

  /** The schedule of this name; fails with `schedule_not_found`. */
  get(name: string, options: CallOptions = {}): Promise<Schedule> {
    return this.#request('getSchedule', { path: pathOf(name), ...options })
  }

  /** One page by name; at most 200 rows. */
  list(query: Query<'listSchedules'> = {}, options: CallOptions = {}): Promise<SchedulePage> {
    return this.#request('listSchedules', { query, ...options })
  }

  /** Every schedule by name, page by page as it is asked for. */
  each(
    query: Query<'listSchedules'> = {},
    options: CallOptions = {},
  ): AsyncGenerator<Schedule, void, undefined> {
    return eachOf((cursor) => this.list({ ...query, ...cursor }, options))
  }

  /** Changes, stops or starts it. */
  update(
    name: string,
    changes: ScheduleChanges,
    options: UpdateOptions = {},
  ): Promise<Schedule> {
    return this.#request('updateSchedule', { path: pathOf(name), body: changes, ...options })
  }

  /** Deletes it; its jobs stay. */
  delete(name: string, options: WriteOptions = {}): Promise<void> {
    return this.#request('deleteSchedule', { path: pathOf(name), ...options })
  }
}

const pathOf = (schedule: string) => ({ schedule })
