import { type HoldfastError } from '../errors.js'
import { type EndpointDefinition, type ParsedInput, type RouteInput } from './route.js'

/** What a handler of bytes gets: path and query as they were checked, headers and body as sent. */
export interface RawInput<I extends RouteInput> extends Omit<ParsedInput<I>, 'body'> {
  /** By lower-case name; one that stands several times is joined by commas. */
  header(name: string): string | undefined
  /** All of them, likewise. */
  readonly headers: Readonly<Record<string, string>>
  /** The whole body; empty when there is none. */
  readonly body: Uint8Array
  /** The body in pieces as they come, where the endpoint takes it so. */
  readonly pieces: AsyncIterable<Uint8Array>
  /** The URL that was asked for, without its query. */
  readonly url: string
}

/** What a handler of bytes answers. */
export interface RawAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Nothing, all of it, or pieces as they come; whoever goes away ends the iteration. */
  readonly body?: Uint8Array | AsyncIterable<Uint8Array | string>
}

/** One possible answer, for the OpenAPI document. */
export interface RawAnswerDefinition {
  readonly description: string
  /** Names of its headers and what they tell. */
  readonly headers?: Readonly<Record<string, string>>
  /** Media type of its body; none when absent. */
  readonly content?: string
}

/** Everything about one endpoint that speaks bytes. `Context` is what its handler needs. */
export interface RawRouteDefinition<Context, I extends RouteInput, A extends string = string>
  extends EndpointDefinition<I, A> {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'
  /** Whether the last parameter of the path takes slashes, too. */
  readonly isDeep?: boolean
  /** Bytes of a body at most; none is taken when absent. */
  readonly bodyBytesMax?: number
  /** Whether the handler takes the body in pieces as they come, instead of whole. */
  readonly takesPieces?: boolean
  /** Media type of the body. @default any */
  readonly bodyType?: string
  /** Request headers it understands, and what they mean. */
  readonly headers?: Readonly<Record<string, string>>
  /** Answers but problems, by status. */
  readonly answers: Readonly<Record<number, RawAnswerDefinition>>
  /** Whether pages of other origins may call it, with a token that they have themselves. */
  readonly isOpenToOrigins?: boolean
  /** Headers that go with a refusal. */
  refusalHeaders?(error: HoldfastError): Readonly<Record<string, string>>
  handle(context: Context, input: RawInput<I>): Promise<RawAnswer>
}

/** An endpoint whose input types no longer matter. */
export type RawRoute<Context = never> = RawRouteDefinition<Context, RouteInput>

/** Declares an endpoint that speaks bytes. */
export function rawRoute<Context>() {
  return <I extends RouteInput>(definition: RawRouteDefinition<Context, I>): RawRoute<Context> =>
    definition as unknown as RawRoute<Context>
}
