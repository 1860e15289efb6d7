import { segmentOf } from './errors.js'
import { followEvents } from './following.js'
import { type CallOptions, type Query, type Request, type WriteOptions } from './operation.js'
import {
  type Floor, type FloorAgent, type FloorEvent, type FloorFarewell, type FloorGranting,
  type FloorHistory, type FloorLeft, type FloorRevocation, type FloorSettings, type FloorStanding,
  type FloorWish, type FloorYield,
} from './schema.js'
import { type StreamTransport } from './streams.js'

/** Something that happened on a floor; `ready` tells where it begins. */
export interface ToldFloorEvent {
  readonly type: 'ready' | FloorEvent['type']
  /** The event's number. */
  readonly id: string
  /** Of `ready` only the conversation. */
  readonly data: Partial<FloorEvent> & { readonly conversation_id: string }
}

/** Where to begin to listen. */
export interface FloorFollowing extends CallOptions {
  /** The number of the last event seen. @default now */
  readonly after?: number
}

/** Who may speak in conversations, and who waits for it. */
export class Floors {
  readonly #request: Request
  readonly #transport: StreamTransport

  constructor(request: Request, transport: StreamTransport) {
    this.#request = request
    this.#transport = transport
  }

  /** Who has the floor, and who waits for it. */
  get(conversationId: string, options: CallOptions = {}): Promise<Floor> {
    return this.#request('getFloor', { path: pathOf(conversationId), ...options })
  }

  /** Sets how the floor works. */
  configure(
    conversationId: string,
    body: FloorSettings,
    options: WriteOptions = {},
  ): Promise<Floor> {
    return this.#request('configureFloor', { path: pathOf(conversationId), body, ...options })
  }

  /** Joins the conversation; a shared floor is granted by it. */
  join(conversationId: string, body: FloorAgent, options: WriteOptions = {}) {
    return this.#do('joinFloor', conversationId, { body, ...options })
  }

  /** Asks for the floor: it is granted, or waited for; fails with `floor_queue_full`. */
  request(conversationId: string, body: FloorWish, options: WriteOptions = {}) {
    return this.#do('requestFloor', conversationId, { body, ...options })
  }

  /** Takes a request back; fails with `floor_request_not_found`. */
  cancel(conversationId: string, body: FloorFarewell, options: WriteOptions = {}) {
    return this.#do('cancelFloorRequest', conversationId, { body, ...options })
  }

  /** Gives the floor up; fails with `floor_not_held`. */
  yield(conversationId: string, body: FloorYield, options: WriteOptions = {}) {
    return this.#do('yieldFloor', conversationId, { body, ...options })
  }

  /** Grants a moderated or shared floor. */
  grant(conversationId: string, body: FloorGranting, options: WriteOptions = {}) {
    return this.#do('grantFloor', conversationId, { body, ...options })
  }

  /** Takes the floor away; fails with `floor_not_held`. */
  revoke(conversationId: string, body: FloorRevocation, options: WriteOptions = {}) {
    return this.#do('revokeFloor', conversationId, { body, ...options })
  }

  /** Leaves the conversation: request and hold end. */
  leave(
    conversationId: string,
    body: FloorFarewell,
    options: WriteOptions = {},
  ): Promise<FloorLeft> {
    return this.#request('leaveFloor', { path: pathOf(conversationId), body, ...options })
  }

  /** Events behind a number, in order; at most 500. */
  events(
    conversationId: string,
    query: Query<'listFloorEvents'> = {},
    options: CallOptions = {},
  ): Promise<FloorHistory> {
    return this.#request('listFloorEvents', { path: pathOf(conversationId), query, ...options })
  }

  /** What happens on the floor, as it happens; goes on over broken connections. */
  follow(
    conversationId: string,
    { after, signal }: FloorFollowing = {},
  ): AsyncGenerator<ToldFloorEvent, void, undefined> {
    const id = segmentOf(conversationId, 'path.conversation_id')
    const path = `/v1/conversations/${id}/floor/events`
    return followEvents(this.#transport, { path, after: after?.toString(), signal })
  }

  #do(
    operation: 'joinFloor' | 'requestFloor' | 'cancelFloorRequest' | 'yieldFloor' | 'grantFloor'
      | 'revokeFloor',
    conversationId: string,
    options: WriteOptions & { readonly body: FloorAgent },
  ): Promise<FloorStanding> {
    return this.#request(operation, { path: pathOf(conversationId), ...options })
  }
}

const pathOf = (conversationId: string) => ({ conversation_id: conversationId })
