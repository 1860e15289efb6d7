import { type Problem } from './schema.js'

/**
 * What went wrong when it was not the server that said so: no answer came (`network_error`,
 * `timeout`), the answer was not Holdfast's (`unexpected_answer`), or the call could not be sent as
 * it was given (`invalid_value`, `invalid_configuration`).
 */
export type ClientErrorCode =
  | 'network_error'
  | 'timeout'
  | 'unexpected_answer'
  | 'invalid_value'
  | 'invalid_configuration'

/** One input at fault: where it stands, such as `body.messages[0].role`, and the rule it breaks. */
export type FieldFault = NonNullable<Problem['errors']>[number]

/** What is known of a failed call. */
export interface ClientErrorContext {
  /** A code of the server's problems or of `ClientErrorCode`. */
  readonly code: string
  /** @default false */
  readonly retryable?: boolean
  readonly status?: number
  readonly problem?: Problem
  readonly requestId?: string
  readonly faults?: readonly FieldFault[]
  readonly retryAfterMs?: number
  readonly cause?: unknown
}

const marker = Symbol.for('holdfast.client.error')

/** The error of every call that fails; an aborted call throws the signal's own reason instead. */
export class HoldfastClientError extends Error {
  /** Stable snake_case name: the problem's, or one of `ClientErrorCode`. */
  readonly code: string
  /** Whether the same call may succeed later without a change. */
  readonly retryable: boolean
  /** The HTTP status; undefined when there was no answer. */
  readonly status: number | undefined
  /** The whole problem, when the answer was one. */
  readonly problem: Problem | undefined
  /** What to quote when reporting the failure. */
  readonly requestId: string | undefined
  /** Every input at fault; empty when none is. */
  readonly faults: readonly FieldFault[]
  /** How long the server asked to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined

  constructor(message: string, context: ClientErrorContext) {
    super(message, context.cause === undefined ? undefined : { cause: context.cause })
    this.name = 'HoldfastClientError'
    this.code = context.code
    this.retryable = context.retryable ?? false
    this.status = context.status
    this.problem = context.problem
    this.requestId = context.requestId
    this.faults = context.faults ?? []
    this.retryAfterMs = context.retryAfterMs
    Object.defineProperty(this, marker, { value: true })
  }

  /** True for such an error of any installed copy of the package. */
  static isInstance(value: unknown): value is HoldfastClientError {
    return typeof value === 'object' && value !== null && marker in value
  }
}

/** A call that cannot be sent as it was given. */
export function invalidValue(field: string, message: string): HoldfastClientError {
  const faults = [{ field, message }]
  return new HoldfastClientError(`${field} ${message}`, { code: 'invalid_value', faults })
}

/** A name as a part of a path. Refuses what would lead to another path, or has no bytes. */
export function segmentOf(name: unknown, field: string): string {
  // The two dot names would climb.
  const isName = typeof name === 'string' && !['', '.', '..'].includes(name) &&
    !/\p{Surrogate}/u.test(name)
  if (!isName) throw invalidValue(field, 'must be an id')
  return encodeURIComponent(name)
}

/** A client that cannot work as it was asked for. */
export function invalidConfiguration(message: string, cause?: unknown): HoldfastClientError {
  return new HoldfastClientError(message, { code: 'invalid_configuration', cause })
}
