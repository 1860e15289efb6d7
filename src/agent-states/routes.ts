import { z } from 'zod'
import { InvalidCursor } from '../database/page.js'
import { type JsonValue } from '../database/json.js'
import { ConversationNotFound, RevisionConflict } from '../errors.js'
import { pageQuery, pageSchema, presentPage } from '../http/page.js'
import { type Route, route } from '../http/route.js'
import { idSchema, integerText } from '../http/schema.js'
import { AgentStateExists, AgentStateLimitReached, AgentStateNotFound } from './errors.js'
import {
  nameSchema, newStateSchema, presentEntry, presentRevision, presentRevisionEntry, presentState,
  revisionEntrySchema, revisionSchema, stateEntrySchema, statePatchSchema, stateSchema,
} from './schemas.js'
import { type AgentStateName, type AgentStateStore } from './store.js'

/** What these endpoints need. */
export interface AgentStateContext {
  readonly states: AgentStateStore
}

const define = route<AgentStateContext>()
const tag = 'Agent states'
const scope = 'organization'
const inConversation = z.strictObject({ conversation_id: idSchema('The conversation.') })
const params = z.strictObject({
  conversation_id: idSchema('The conversation.'), state: nameSchema,
})
const all = '/v1/conversations/{conversation_id}/states'
const path = `${all}/{state}`

interface Params {
  readonly conversation_id: string
  readonly state: string
}

const named = ({ conversation_id: conversationId, state: name }: Params): AgentStateName =>
  ({ conversationId, name })

const written = {
  path, tag, scope, action: 'states:write', status: 200, output: stateSchema, etag: true,
  idempotency: 'transaction',
} as const

/** Named JSON documents of a conversation: put, read, patched, deleted; and their revisions. */
export const agentStateRoutes: readonly Route<AgentStateContext>[] = [
  define({
    operationId: 'listAgentStates',
    method: 'GET',
    path: all,
    tag,
    summary: 'List a conversation’s states by name, without their documents',
    action: 'states:read',
    scope,
    input: { params: inConversation, query: z.strictObject(pageQuery) },
    status: 200,
    output: pageSchema('AgentStatePage', stateEntrySchema),
    errors: [ConversationNotFound, InvalidCursor],
    idempotency: 'none',
    handle: async ({ states }, { params: { conversation_id: id }, query }) =>
      presentPage(await states.list(id, query), presentEntry),
  }),
  define({
    operationId: 'getAgentState',
    method: 'GET',
    path,
    tag,
    summary: 'Get a state with its document',
    action: 'states:read',
    scope,
    input: { params },
    status: 200,
    output: stateSchema,
    etag: true,
    errors: [AgentStateNotFound],
    idempotency: 'none',
    handle: async ({ states }, given) => presentState(await states.get(named(given.params))),
  }),
  define({
    ...written,
    operationId: 'putAgentState',
    method: 'PUT',
    summary: 'Create a state or replace its document',
    ifNoneMatch: true,
    input: { params, body: newStateSchema },
    errors: [ConversationNotFound, RevisionConflict, AgentStateExists, AgentStateLimitReached],
    handle: async ({ states }, { params: name, body, ifRevision, ifAbsent }) => presentState(
      await states.put(named(name), body.document as JsonValue, { ifRevision, ifAbsent })),
  }),
  define({
    ...written,
    operationId: 'patchAgentState',
    method: 'PATCH',
    summary: 'Merge a patch into a state’s document; an absent one begins empty',
    input: { params, body: statePatchSchema },
    errors: [ConversationNotFound, RevisionConflict, AgentStateLimitReached],
    handle: async ({ states }, { params: name, body, ifRevision }) =>
      presentState(await states.patch(named(name), body.document, { ifRevision })),
  }),
  define({
    operationId: 'deleteAgentState',
    method: 'DELETE',
    path,
    tag,
    summary: 'Delete a state and its revisions',
    action: 'states:write',
    scope,
    input: { params },
    status: 204,
    ifMatch: true,
    errors: [ConversationNotFound, AgentStateNotFound, RevisionConflict],
    idempotency: 'transaction',
    handle: ({ states }, { params: name, ifRevision }) =>
      states.delete(named(name), { ifRevision }),
  }),
  define({
    operationId: 'listAgentStateRevisions',
    method: 'GET',
    path: `${path}/revisions`,
    tag,
    summary: 'List the revisions of a state that are kept, newest first, without documents',
    action: 'states:read',
    scope,
    input: { params, query: z.strictObject(pageQuery) },
    status: 200,
    output: pageSchema('AgentStateRevisionPage', revisionEntrySchema),
    errors: [AgentStateNotFound, InvalidCursor],
    idempotency: 'none',
    handle: async ({ states }, { params: name, query }) =>
      presentPage(await states.listRevisions(named(name), query), presentRevisionEntry),
  }),
  define({
    operationId: 'getAgentStateRevision',
    method: 'GET',
    path: `${path}/revisions/{revision}`,
    tag,
    summary: 'Get one revision of a state with its document',
    action: 'states:read',
    scope,
    input: {
      params: params.extend({
        revision: integerText({ min: 1, max: Number.MAX_SAFE_INTEGER }, 'Its number.'),
      }),
    },
    status: 200,
    output: revisionSchema,
    errors: [AgentStateNotFound],
    idempotency: 'none',
    handle: async ({ states }, { params: { revision, ...name } }) =>
      presentRevision(await states.getRevision(named(name), revision)),
  }),
]
