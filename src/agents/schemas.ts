import { z } from 'zod'
import { pageQuery, pageSchema } from '../http/page.js'
import { instantSchema, metadataSchema, named, shownAs } from '../http/schema.js'
import { pageLimitMax } from '../database/page.js'
import { type AgentSearch, criterionLengthMax, criterionMax } from './discovery.js'
import { type AssistantManifest, manifestFaults } from './manifest.js'
import {
  type AgentRegistration, capabilitiesMax, capabilityLengthMax, serviceUrlLengthMax,
  speakerUriLengthMax, ttlSecondsMax, ttlSecondsMin,
} from './rules.js'
import { agentStatuses } from './tables.js'

const nullable = { type: ['object', 'null'], additionalProperties: true }

/** A manifest, passed on untouched; every fault of one is named. */
const manifestSchema = shownAs(
  z.custom<AssistantManifest | null>().superRefine((manifest, context) => {
    if (manifest === null) return
    for (const { path, message } of manifestFaults(manifest)) {
      context.addIssue({ code: 'custom', path: [...path], message })
    }
  }),
  { ...nullable, description: 'An Assistant Manifest 1.0.1, kept as given. Default null.' },
)

/** The name of an agent in a path. */
export const speakerSchema = z.string().min(1).max(speakerUriLengthMax)
  .describe('The agent’s speaker URI, percent-encoded: any text of 1 to 255 characters.')

/** Body of `PUT /v1/agents/{speaker_uri}`. */
export const registrationSchema = named('AgentRegistration', z.strictObject({
  service_url: z.string().max(serviceUrlLengthMax).nullable().optional()
    .describe('Where its envelopes go, http or https. Default the manifest’s.'),
  manifest: manifestSchema.optional(),
  capabilities: z.array(z.string().min(1).max(capabilityLengthMax)).max(capabilitiesMax).optional()
    .describe('Names of what it can do that no manifest tells, as `web_search`.'),
  metadata: metadataSchema().optional(),
  ttl_seconds: z.number().min(ttlSecondsMin).max(ttlSecondsMax).nullable().optional()
    .describe('How long it counts as online after a sign of life; null for ever. Default 120.'),
}))

/** The registration in a body. */
export function registrationOf(
  speakerUri: string, body: z.output<typeof registrationSchema>,
): AgentRegistration {
  const { service_url: serviceUrl, ttl_seconds: ttlSeconds, ...rest } = body
  return { speakerUri, serviceUrl, ttlSeconds, ...rest }
}

const agentOutput = {
  speaker_uri: z.string(),
  service_url: z.string().nullable(),
  manifest: shownAs(z.unknown(), { ...nullable, description: 'As it was given.' }),
  capabilities: z.array(z.string()),
  metadata: metadataSchema(),
  ttl_seconds: z.number().nullable(),
  status: z.enum(agentStatuses)
    .describe('`stale` once no sign of life came within its time.'),
  revision: z.int().describe('Rises with each change of what is registered.'),
  registered_at: instantSchema('When it was registered first.'),
  updated_at: instantSchema('When what is registered changed last.'),
  heartbeat_at: instantSchema('The last sign of life that was written.'),
  expires_at: instantSchema('From then on it is stale; null for never.').nullable(),
}

/** An agent. */
export const agentSchema = named('Agent', z.object(agentOutput))

/** A page of agents. */
export const agentPageSchema = pageSchema('AgentPage', agentSchema)

/** A page of agents that were found. */
export const foundPageSchema = pageSchema('FoundAgentPage', named('FoundAgent', z.object({
  ...agentOutput,
  score: z.int().describe('10 for each keyphrase that it has as asked for, 1 for each word.'),
})))

/** Query of `GET /v1/agents`. */
export const agentListQuery = z.strictObject({
  status: z.enum(agentStatuses).optional().describe('Only those. Default all.'),
  ...pageQuery,
})

const criterion = (description: string) =>
  z.array(z.string().max(criterionLengthMax)).max(criterionMax).optional().describe(description)

/** Body of `POST /v1/agents/discover`. */
export const searchSchema = named('AgentSearch', z.strictObject({
  keyphrases: criterion('At least one of these, or a word of one, in a capability.'),
  languages: criterion('The same capability in at least one of these; `en` finds `en-us`.'),
  input_layers: criterion('The same capability takes all of these, as `text`.'),
  output_layers: criterion('The same capability gives all of these.'),
  capabilities: criterion('The agent has all of these beside its manifest.'),
  roles: criterion('The agent fulfils all of these roles, as `convener`.'),
  organization: z.string().max(criterionLengthMax).optional()
    .describe('The organization that the agent’s manifest names.'),
  limit: z.int().min(1).max(pageLimitMax).optional().describe('Rows at most. Default 50.'),
  cursor: z.string().max(1_000).optional().describe('`next_cursor` of the page before.'),
}))

/** The search in a body. */
export function searchOf(body: z.output<typeof searchSchema>): AgentSearch {
  const { input_layers: inputLayers, output_layers: outputLayers, ...rest } = body
  const { limit, cursor, ...criteria } = rest
  return {
    ...criteria, inputLayers, outputLayers,
    ...(limit === undefined ? {} : { limit }), ...(cursor === undefined ? {} : { cursor }),
  }
}

/** What became of a sign of life. */
export const heartbeatSchema = named('AgentHeartbeat', z.object({
  speaker_uri: z.string(),
  heartbeat_at: instantSchema('The last sign of life that was written: this one, or one before.'),
  expires_at: instantSchema('When the agent is stale unless it shows another; null for never.')
    .nullable(),
}))
