/** What every kind of Holdfast error promises; the table in docs/reference/errors.md lists all. */
export interface ErrorDefinition {
  /** Stable machine-readable name, snake_case; never changes once released. */
  readonly code: string
  /** The HTTP status it becomes at the border. */
  readonly status: number
  /** Whether the same call may succeed later without a change by the caller. Default false. */
  readonly retryable?: boolean
}

/** Optional parts of one error instance. */
export interface ErrorContext {
  /** The error that led to this one; always kept. */
  readonly cause?: unknown
  /** The input field at fault, as a path such as `metadata.tags[3]`. */
  readonly field?: string
  /** Seconds after which a retry makes sense, for retryable errors. */
  readonly retryAfterSeconds?: number
}

const marker = Symbol.for('holdfast.error')

/** The base of every error Holdfast throws on purpose. The message says what to do next. */
export class HoldfastError extends Error {
  readonly code: string = 'internal_error'
  readonly status: number = 500
  readonly retryable: boolean = false
  readonly field: string | undefined
  readonly retryAfterSeconds: number | undefined

  constructor(message: string, context: ErrorContext = {}) {
    super(message, context.cause === undefined ? undefined : { cause: context.cause })
    this.name = new.target.name
    this.field = context.field
    this.retryAfterSeconds = context.retryAfterSeconds
    Object.defineProperty(this, marker, { value: true })
  }

  /** What else a program should know; members of the problem over HTTP. */
  get details(): Readonly<Record<string, string | null>> {
    return {}
  }

  /** True for a Holdfast error of any installed copy of the package. */
  static isInstance(value: unknown): value is HoldfastError {
    return typeof value === 'object' && value !== null && marker in value
  }
}

/** A class of errors as `defineError` makes it. */
export type ErrorClass = (new (message: string, context?: ErrorContext) => HoldfastError) & {
  readonly definition: ErrorDefinition
}

/** Makes one kind of error: a class whose instances carry the code, status and retryability. */
export function defineError(name: string, definition: ErrorDefinition): ErrorClass {
  const defined = class extends HoldfastError {
    static readonly definition = definition
    override readonly code = definition.code
    override readonly status = definition.status
    override readonly retryable = definition.retryable ?? false
  }
  Object.defineProperty(defined, 'name', { value: name })
  return defined
}

/** Input that breaks a rule; `field` names the place and the message names the rule. */
export const InvalidInput = defineError('InvalidInput', { code: 'invalid_input', status: 400 })

/** A value that cannot be kept unchanged on every engine, refused before anything is written. */
export const InvalidValue = defineError('InvalidValue', { code: 'invalid_value', status: 400 })

/** A configuration that cannot work; the message says which setting and how to mend it. */
export const InvalidConfiguration = defineError('InvalidConfiguration', {
  code: 'invalid_configuration',
  status: 500,
})

/** The object was changed by somebody else since it was read. */
export const RevisionConflict = defineError('RevisionConflict', {
  code: 'revision_conflict',
  status: 412,
})

/** No such conversation in this organization. Here, since what belongs to one says so as well. */
export const ConversationNotFound = defineError('ConversationNotFound', {
  code: 'conversation_not_found',
  status: 404,
})
