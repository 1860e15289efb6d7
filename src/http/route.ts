import { type z } from 'zod'
import { type ErrorClass } from '../errors.js'
import { type TraceContext } from './trace-context.js'

/** What is told of an error that an endpoint may answer. */
export type AnswerableError = Pick<ErrorClass, 'definition'>

/** Where in a request an input stands, and the schema that checks it. */
export interface RouteInput {
  readonly params?: z.ZodObject
  readonly query?: z.ZodObject
  readonly body?: z.ZodType | BodyChoice
}

/** A body of one of several forms; `choose` looks at the raw body. */
export interface BodyChoice {
  readonly options: readonly z.ZodType[]
  choose(raw: unknown): z.ZodType
}

/** The parsed inputs a handler gets. */
export interface ParsedInput<I extends RouteInput> {
  readonly params: I['params'] extends z.ZodType ? z.output<I['params']> : undefined
  readonly query: I['query'] extends z.ZodType ? z.output<I['query']> : undefined
  readonly body: I['body'] extends z.ZodType ? z.output<I['body']> : unknown
  /** The revision named by `If-Match`, when the request carries one. */
  readonly ifRevision: number | undefined
  /** Whether the request carries `If-None-Match: *`: only where nothing is there yet. */
  readonly ifAbsent: boolean
  /** `Idempotency-Key`, for routes whose idempotency is `own`. */
  readonly idempotencyKey: string | undefined
  readonly origin: RequestOrigin
  /** Aborted once nobody waits for the answer: the client has gone, or the server is closing. */
  readonly signal: AbortSignal
}

/** Where a request comes from. */
export interface RequestOrigin {
  readonly ipAddress: string
  readonly userAgent: string | null
  /** The bearer token sent along, which nobody has checked; null without one. */
  readonly token: string | null
  /** What `traceparent` and `tracestate` say; null where they say nothing valid. */
  readonly trace: TraceContext | null
}

/**
 * How a repeated call with one key has one effect: `transaction` runs the handler and stores its
 * answer in one transaction; `own` leaves it to the store; `none` is for reads and logins.
 */
export type RouteIdempotency = 'none' | 'transaction' | 'own'

/** What holds of every endpoint, whatever it speaks. */
export interface EndpointDefinition<I extends RouteInput, A extends string = string> {
  readonly operationId: string
  /** OpenAPI form, `/v1/conversations/{conversation_id}`. */
  readonly path: string
  readonly tag: string
  readonly summary: string
  /** What the caller must be allowed to do; `public` needs no token. */
  readonly action: A | 'public'
  /**
   * Whether the call happens inside an organization; `installation`: inside `default`, whose
   * administrators are those of all users.
   */
  readonly scope: 'organization' | 'installation' | 'person' | 'none'
  readonly input: I
  readonly errors: readonly AnswerableError[]
  readonly idempotency: RouteIdempotency
  /**
   * Whether it may be repeated without a key though it is no GET: it changes nothing, and is a POST
   * because what it names is free text; or it changes the same again.
   */
  readonly isRepeatable?: boolean
  /** A stricter limit by address for this kind of call, beside the one for all. */
  readonly limitedAs?: 'login'
  /**
   * Its input may hold secrets: what is kept to tell a repeated call from another one is made with
   * the organization's key, so that nobody who reads the database can try values out. `password`:
   * with or without such a key it costs as much to try as the password's own hash.
   */
  readonly sensitive?: boolean | 'password'
  /** Answers carry `ETag` from `revision`, and `If-Match` is understood. */
  readonly etag?: boolean
  /** `If-Match` is understood, though the answer has no ETag. */
  readonly ifMatch?: boolean
  /** `If-None-Match: *` is understood. */
  readonly ifNoneMatch?: boolean
}

/** What the server asks of an endpoint before it is known what it speaks. */
export interface Endpoint extends EndpointDefinition<RouteInput> {
  readonly method: string
}

/** Everything about one endpoint that speaks JSON. `Context` is what its handler needs. */
export interface RouteDefinition<Context, I extends RouteInput, A extends string = string>
  extends EndpointDefinition<I, A> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly status: 200 | 201 | 204
  readonly output?: z.ZodType
  /** Output fields shown once only; a repeated call gets null there. */
  readonly secretFields?: readonly string[]
  handle(context: Context, input: ParsedInput<I>): Promise<unknown>
}

/** An endpoint whose input types no longer matter. */
export type Route<Context = never> = RouteDefinition<Context, RouteInput>

/** Declares an endpoint; the handler's input follows from the schemas. */
export function route<Context>() {
  return <I extends RouteInput>(definition: RouteDefinition<Context, I>): Route<Context> =>
    definition as unknown as Route<Context>
}
