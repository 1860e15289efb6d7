import { type Migration } from '../migrate.js'

/** Agents that are known to an organization, and the terms by which they are found. */
export const agents: Migration = {
  name: '0040_agents',
  async up(schema) {
    await schema.createTable('agent_registries', `
      organization_id {id} not null,
      agent_count {integer} not null,
      primary key (organization_id),
      foreign key (organization_id) references organizations (id) on delete cascade`)
    await schema.createTable('agents', `
      organization_id {id} not null,
      speaker_uri {text} not null,
      service_url {text},
      manifest {json} not null,
      capabilities {json} not null,
      metadata {json} not null,
      ttl_ms {integer},
      revision {integer} not null,
      registered_at {instant} not null,
      updated_at {instant} not null,
      heartbeat_at {instant} not null,
      expires_at {instant},
      stale_at {instant},
      primary key (organization_id, speaker_uri),
      foreign key (organization_id)
        references agent_registries (organization_id) on delete cascade`)
    await schema.execute(`
      create index agents_due on agents (expires_at)
      where expires_at is not null and stale_at is null`)
    await schema.createTable('agent_terms', `
      organization_id {id} not null,
      speaker_uri {text} not null,
      capability {integer} not null,
      kind {text} not null,
      term {text} not null,
      primary key (organization_id, speaker_uri, capability, kind, term),
      foreign key (organization_id, speaker_uri)
        references agents (organization_id, speaker_uri) on delete cascade`)
    await schema.execute(`
      create index agent_terms_found on agent_terms
        (organization_id, kind, term, speaker_uri, capability)`)
    for (const table of ['agent_registries', 'agents', 'agent_terms']) {
      await schema.secureTable(table)
    }
  },
  async down(schema) {
    for (const table of ['agent_terms', 'agents', 'agent_registries']) {
      await schema.execute(`drop table ${table}`)
    }
  },
}
