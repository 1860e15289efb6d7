import { defineError } from '../errors.js'

/** The agent does not hold the floor: it never did, its time is over, or it was taken away. */
export const FloorNotHeld = defineError('FloorNotHeld', { code: 'floor_not_held', status: 409 })

/** As many wait for the floor as may. */
export const FloorQueueFull = defineError('FloorQueueFull', {
  code: 'floor_queue_full', status: 409, retryable: true,
})

/** The agent has no open request. */
export const FloorRequestNotFound = defineError('FloorRequestNotFound', {
  code: 'floor_request_not_found', status: 404,
})

/** As many agents are in the conversation as may be. */
export const FloorAgentLimitReached = defineError('FloorAgentLimitReached', {
  code: 'floor_agent_limit_reached', status: 409,
})

/** Granted or revoked in the name of an agent that is not the convener. */
export const FloorNotConvener = defineError('FloorNotConvener', {
  code: 'floor_not_convener', status: 403,
})

/** An exclusive floor goes by the queue alone. */
export const FloorNotGrantable = defineError('FloorNotGrantable', {
  code: 'floor_not_grantable', status: 409,
})
