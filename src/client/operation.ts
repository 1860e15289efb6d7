import { type endpoints, type operations } from './schema.js'

/** The name of an operation, as `operationId` in the OpenAPI document. */
export type OperationId = keyof operations & keyof typeof endpoints

type Parameters<Id extends OperationId> = operations[Id]['parameters']

/** The query parameters of an operation. */
export type Query<Id extends OperationId> = NonNullable<Parameters<Id>['query']>

/** The body an operation takes. */
export type Body<Id extends OperationId> = operations[Id] extends {
  requestBody: { content: { 'application/json': infer Content } }
}
  ? Content
  : never

type Responses<Id extends OperationId> = operations[Id]['responses']
type Success<Id extends OperationId> = Responses<Id>[keyof Responses<Id> & (200 | 201 | 204)]

/** What an operation resolves to; nothing when its answer has no body. */
export type Result<Id extends OperationId> = Success<Id> extends {
  content: { 'application/json': infer Content }
}
  ? Content
  : void

/** What any call may say. */
export interface CallOptions {
  /** Ends the call; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

/** What a call that changes something may say. */
export interface WriteOptions extends CallOptions {
  /** Calls of one actor with one key have one effect, for 24 hours. @default a random key */
  readonly idempotencyKey?: string
}

/** What a call that overwrites something may say. */
export interface UpdateOptions extends WriteOptions {
  /** Change only if `revision` is still this one; `revision_conflict` otherwise. */
  readonly ifRevision?: number
}

/** What a call that creates or overwrites something may say. */
export interface PutOptions extends UpdateOptions {
  /** Only while there is nothing yet. @default false */
  readonly ifAbsent?: boolean
}

type PathPart<Id extends OperationId> = Parameters<Id> extends { path: infer Path }
  ? { readonly path: Path }
  : { readonly path?: never }

type QueryPart<Id extends OperationId> = { readonly query?: Parameters<Id>['query'] }

type BodyPart<Id extends OperationId> = [Body<Id>] extends [never]
  ? { readonly body?: never }
  : { readonly body: Body<Id> }

type Takes<Id extends OperationId, Header extends string> =
  [NonNullable<Parameters<Id>['header']>] extends [never]
    ? false
    : Header extends keyof NonNullable<Parameters<Id>['header']> ? true : false

type OptionsPart<Id extends OperationId> = Takes<Id, 'If-None-Match'> extends true
  ? PutOptions
  : Takes<Id, 'If-Match'> extends true ? UpdateOptions
  : Takes<Id, 'Idempotency-Key'> extends true ? WriteOptions : CallOptions

/** Everything `request` takes for an operation: `path`, `query` and `body` as it has them. */
export type RequestOptions<Id extends OperationId> =
  PathPart<Id> & QueryPart<Id> & BodyPart<Id> & OptionsPart<Id>

/** `RequestOptions` as an argument that may be left out when nothing in it is required. */
export type RequestArguments<Id extends OperationId> = object extends RequestOptions<Id>
  ? [options?: RequestOptions<Id>]
  : [options: RequestOptions<Id>]

/** A call of any operation, as the resources make it. */
export type Request = <Id extends OperationId>(
  operationId: Id,
  ...options: RequestArguments<Id>
) => Promise<Result<Id>>
