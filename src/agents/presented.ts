import { type FoundAgent } from './discovery.js'
import { type Heartbeat } from './heartbeats.js'
import { type Agent } from './tables.js'

/** An agent as the API writes it. */
export function presentAgent(agent: Agent) {
  return {
    speaker_uri: agent.speakerUri,
    service_url: agent.serviceUrl,
    manifest: agent.manifest,
    capabilities: agent.capabilities,
    metadata: agent.metadata,
    ttl_seconds: agent.ttlSeconds,
    status: agent.status,
    revision: agent.revision,
    registered_at: agent.registeredAt,
    updated_at: agent.updatedAt,
    heartbeat_at: agent.heartbeatAt,
    expires_at: agent.expiresAt,
  }
}

/** An agent that was found as the API writes it. */
export const presentFound = (agent: FoundAgent) => ({ ...presentAgent(agent), score: agent.score })

/** A sign of life as the API writes it. */
export const presentHeartbeat = (speakerUri: string, { heartbeatAt, expiresAt }: Heartbeat) =>
  ({ speaker_uri: speakerUri, heartbeat_at: heartbeatAt, expires_at: expiresAt })
