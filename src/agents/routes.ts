import { z } from 'zod'
import { InvalidCursor } from '../database/page.js'
import { RevisionConflict } from '../errors.js'
import { presentPage } from '../http/page.js'
import { type Route, route } from '../http/route.js'
import { AgentLimitReached, AgentNotFound } from './errors.js'
import { presentAgent, presentFound, presentHeartbeat } from './presented.js'
import {
  agentListQuery, agentPageSchema, agentSchema, foundPageSchema, heartbeatSchema, registrationOf,
  registrationSchema, searchOf, searchSchema, speakerSchema,
} from './schemas.js'
import { type AgentStore } from './store.js'

/** What these endpoints need. */
export interface AgentContext {
  readonly agents: AgentStore
}

const define = route<AgentContext>()
const common = { tag: 'Agents', scope: 'organization' } as const
const params = z.strictObject({ speaker_uri: speakerSchema })
const path = '/v1/agents/{speaker_uri}'

/** Register agents, keep them online, find and take them out. */
export const agentRoutes: readonly Route<AgentContext>[] = [
  define({
    ...common,
    operationId: 'registerAgent',
    method: 'PUT',
    path,
    summary: 'Make an agent known, or replace what is known of it; a sign of life as well',
    action: 'agents:write',
    input: { params, body: registrationSchema },
    status: 200,
    output: agentSchema,
    etag: true,
    errors: [AgentLimitReached, RevisionConflict],
    idempotency: 'transaction',
    handle: async ({ agents }, { params: { speaker_uri: uri }, body, ifRevision }) =>
      presentAgent(await agents.register(registrationOf(uri, body), ifRevision)),
  }),
  define({
    ...common,
    operationId: 'listAgents',
    method: 'GET',
    path: '/v1/agents',
    summary: 'List agents by their speaker URIs, those that are stale as well',
    action: 'agents:read',
    input: { query: agentListQuery },
    status: 200,
    output: agentPageSchema,
    errors: [InvalidCursor],
    idempotency: 'none',
    handle: async ({ agents }, { query }) =>
      presentPage(await agents.list(query), presentAgent),
  }),
  define({
    ...common,
    operationId: 'discoverAgents',
    method: 'POST',
    path: '/v1/agents/discover',
    summary: 'Find agents that are online by what they can do, the best first',
    action: 'agents:read',
    input: { body: searchSchema },
    status: 200,
    output: foundPageSchema,
    errors: [InvalidCursor],
    idempotency: 'none',
    isRepeatable: true,
    handle: async ({ agents }, { body }) =>
      presentPage(await agents.discover(searchOf(body)), presentFound),
  }),
  define({
    ...common,
    operationId: 'getAgent',
    method: 'GET',
    path,
    summary: 'Get an agent',
    action: 'agents:read',
    input: { params },
    status: 200,
    output: agentSchema,
    etag: true,
    errors: [AgentNotFound],
    idempotency: 'none',
    handle: async ({ agents }, { params: { speaker_uri: uri } }) =>
      presentAgent(await agents.get(uri)),
  }),
  define({
    ...common,
    operationId: 'beatAgent',
    method: 'POST',
    path: `${path}/heartbeat`,
    summary: 'Show a sign of life: the agent is online for its time to live',
    action: 'agents:write',
    input: { params },
    status: 200,
    output: heartbeatSchema,
    errors: [AgentNotFound],
    idempotency: 'none',
    isRepeatable: true,
    handle: async ({ agents }, { params: { speaker_uri: uri } }) =>
      presentHeartbeat(uri, await agents.heartbeat(uri)),
  }),
  define({
    ...common,
    operationId: 'deregisterAgent',
    method: 'DELETE',
    path,
    summary: 'Take an agent out; it leaves all conversations, and its floors go to the next',
    action: 'agents:write',
    input: { params },
    status: 204,
    errors: [AgentNotFound],
    idempotency: 'transaction',
    handle: ({ agents }, { params: { speaker_uri: uri } }) => agents.deregister(uri),
  }),
]
