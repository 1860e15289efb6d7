import { z } from 'zod'
import { ConversationNotFound } from '../errors.js'
import { type Route, route } from '../http/route.js'
import { idSchema, integerText } from '../http/schema.js'
import {
  FloorAgentLimitReached, FloorNotConvener, FloorNotGrantable, FloorNotHeld, FloorQueueFull,
  FloorRequestNotFound,
} from './errors.js'
import { eventLimitMax } from './rules.js'
import { presentEvent, presentFloor, presentStanding } from './presented.js'
import {
  farewellSchema, floorSchema, grantSchema, historySchema, joinSchema, leftSchema, revokeSchema,
  settingsSchema, standingSchema, wishSchema, yieldSchema,
} from './schemas.js'
import { type FloorAgent, type FloorStore } from './store.js'

/** What these endpoints need. */
export interface FloorContext {
  readonly floors: FloorStore
  /** Told of each deed, once it is done; it must not throw. */
  readonly floorChanged?: (conversationId: string) => void
}

const define = route<FloorContext>()
const params = z.strictObject({ conversation_id: idSchema('The conversation.') })
const path = '/v1/conversations/{conversation_id}/floor'
const common = { tag: 'Floor', scope: 'organization' } as const
const deed = {
  ...common, method: 'POST', status: 200, output: standingSchema, idempotency: 'transaction',
} as const

interface Asked<Body extends { readonly speaker_uri: string }> {
  readonly params: { readonly conversation_id: string }
  readonly body: Body
}

/** Which agent is meant, and the rest of what was said. */
function agentIn<Body extends { readonly speaker_uri: string }>(
  { params: where, body }: Asked<Body>,
) {
  const { speaker_uri: speakerUri, ...rest } = body
  const agent: FloorAgent = { conversationId: where.conversation_id, speakerUri }
  return { agent, rest }
}

const looking: readonly Route<FloorContext>[] = [
  define({
    ...common,
    operationId: 'getFloor',
    method: 'GET',
    path,
    summary: 'See who has the floor, and who waits for it',
    action: 'floor:read',
    input: { params },
    status: 200,
    output: floorSchema,
    errors: [ConversationNotFound],
    idempotency: 'none',
    handle: async ({ floors }, { params: { conversation_id: id } }) =>
      presentFloor(await floors.get(id)),
  }),
  define({
    ...common,
    operationId: 'listFloorEvents',
    method: 'GET',
    path: `${path}/history`,
    summary: 'List what happened on the floor, from the first event on',
    action: 'floor:read',
    input: {
      params,
      query: z.strictObject({
        after: integerText({ min: 0, max: Number.MAX_SAFE_INTEGER },
          'The number of the last event seen. Default 0.').optional(),
        limit: integerText({ min: 1, max: eventLimitMax }, 'Events at most. Default 100.')
          .optional(),
      }),
    },
    status: 200,
    output: historySchema,
    errors: [ConversationNotFound],
    idempotency: 'none',
    handle: async ({ floors }, { params: { conversation_id: id }, query }) =>
      ({ data: (await floors.events(id, query)).map(presentEvent) }),
  }),
]

const speaking: readonly Route<FloorContext>[] = [
  define({
    ...deed,
    operationId: 'joinFloor',
    path: `${path}/join`,
    summary: 'Join the conversation; a shared floor is granted by it',
    action: 'floor:write',
    input: { params, body: joinSchema },
    errors: [ConversationNotFound, FloorAgentLimitReached],
    handle: async ({ floors }, given) => presentStanding(await floors.join(agentIn(given).agent)),
  }),
  define({
    ...deed,
    operationId: 'requestFloor',
    path: `${path}/request`,
    summary: 'Ask for the floor: it is granted, or waited for in the queue',
    action: 'floor:write',
    input: { params, body: wishSchema },
    errors: [ConversationNotFound, FloorQueueFull, FloorAgentLimitReached],
    async handle({ floors }, given) {
      const { agent, rest } = agentIn(given)
      return presentStanding(await floors.request(agent, rest))
    },
  }),
  define({
    ...deed,
    operationId: 'cancelFloorRequest',
    path: `${path}/cancel`,
    summary: 'Take a request back',
    action: 'floor:write',
    input: { params, body: farewellSchema },
    errors: [ConversationNotFound, FloorRequestNotFound],
    async handle({ floors }, given) {
      const { agent, rest } = agentIn(given)
      return presentStanding(await floors.cancel(agent, rest))
    },
  }),
  define({
    ...deed,
    operationId: 'yieldFloor',
    path: `${path}/yield`,
    summary: 'Give the floor up; an exclusive one goes to who is next',
    action: 'floor:write',
    input: { params, body: yieldSchema },
    errors: [ConversationNotFound, FloorNotHeld],
    async handle({ floors }, given) {
      const { agent, rest } = agentIn(given)
      return presentStanding(await floors.yield(agent, rest))
    },
  }),
  define({
    ...deed,
    operationId: 'leaveFloor',
    path: `${path}/leave`,
    summary: 'Leave the conversation: request and hold end',
    action: 'floor:write',
    input: { params, body: farewellSchema },
    output: leftSchema,
    errors: [ConversationNotFound],
    async handle({ floors }, given) {
      const { agent, rest } = agentIn(given)
      return { left: await floors.leave(agent, rest) }
    },
  }),
]

const managing: readonly Route<FloorContext>[] = [
  define({
    ...common,
    operationId: 'configureFloor',
    method: 'PUT',
    path,
    summary: 'Set how the floor works',
    action: 'floor:manage',
    input: { params, body: settingsSchema },
    status: 200,
    output: floorSchema,
    errors: [ConversationNotFound],
    idempotency: 'transaction',
    async handle({ floors }, { params: { conversation_id: id }, body }) {
      const { policy, convener, hold_seconds: holdSeconds, queue_max: queueMax } = body
      return presentFloor(
        await floors.configure(id, { policy, convener, holdSeconds, queueMax }))
    },
  }),
  define({
    ...deed,
    operationId: 'grantFloor',
    path: `${path}/grant`,
    summary: 'Grant a moderated or shared floor',
    action: 'floor:manage',
    input: { params, body: grantSchema },
    errors: [ConversationNotFound, FloorNotConvener, FloorNotGrantable, FloorAgentLimitReached],
    async handle({ floors }, given) {
      const { agent, rest } = agentIn(given)
      return presentStanding(await floors.grant(agent, rest))
    },
  }),
  define({
    ...deed,
    operationId: 'revokeFloor',
    path: `${path}/revoke`,
    summary: 'Take the floor away; an exclusive one goes to who is next',
    action: 'floor:manage',
    input: { params, body: revokeSchema },
    errors: [ConversationNotFound, FloorNotConvener, FloorNotHeld],
    async handle({ floors }, given) {
      const { agent, rest } = agentIn(given)
      return presentStanding(await floors.revoke(agent, rest))
    },
  }),
]

/** The same, and whoever has to hear of it does. */
const telling = (deedOf: Route<FloorContext>): Route<FloorContext> => ({
  ...deedOf,
  async handle(context, input) {
    const answer = await deedOf.handle(context, input)
    const { conversation_id: id } = input.params as unknown as Asked<never>['params']
    context.floorChanged?.(id)
    return answer
  },
})

/** Who may speak in a conversation: look, speak, and say who speaks. */
export const floorRoutes: readonly Route<FloorContext>[] =
  [...looking, ...[...speaking, ...managing].map(telling)]
