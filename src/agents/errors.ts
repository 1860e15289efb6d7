import { defineError } from '../errors.js'

/** No agent of this speaker URI is registered here. */
export const AgentNotFound = defineError('AgentNotFound', { code: 'agent_not_found', status: 404 })

/** As many agents are registered as an organization may have. */
export const AgentLimitReached = defineError('AgentLimitReached', {
  code: 'agent_limit_reached', status: 409,
})
