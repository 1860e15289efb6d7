import { defineError } from '../errors.js'

/** No such state in this conversation, or no such revision of it. */
export const AgentStateNotFound = defineError('AgentStateNotFound', {
  code: 'agent_state_not_found', status: 404,
})

/** The state was to be made, and is there already. */
export const AgentStateExists = defineError('AgentStateExists', {
  code: 'agent_state_exists', status: 412,
})

/** The conversation has had as many names of states as it may have. */
export const AgentStateLimitReached = defineError('AgentStateLimitReached', {
  code: 'agent_state_limit_reached', status: 409,
})
