import { type PageRequest } from '../database/page.js'
import { type JobState } from './tables.js'

/** Options of `claim`. */
export interface Claim {
  /** Jobs at most, 1 to 100. @default 1 */
  readonly limit?: number
  /** How long the worker may be silent, 1 to 43,200 seconds. @default 30 */
  readonly leaseSeconds?: number
  /** Who claims, for people; 1 to 255 characters. */
  readonly worker: string
  /** How long to wait for a first job, to 30,000 ms; not inside a transaction. @default 0 */
  readonly waitMs?: number
  /** Ends the wait early. */
  readonly signal?: AbortSignal
}

/** Options of `list`. */
export interface JobListing extends PageRequest {
  /** Only jobs in this state. */
  readonly state?: JobState
}
