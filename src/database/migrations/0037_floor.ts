import { type Migration } from '../migrate.js'

/** The floor of each conversation: who is there, who waits, who holds it, and what happened. */
export const floor: Migration = {
  name: '0037_floor',
  async up(schema) {
    await schema.createTable('floors', `
      organization_id {id} not null,
      conversation_id {id} not null,
      policy {text} not null,
      hold_ms {integer},
      queue_max {integer} not null,
      convener {text},
      event_count {integer} not null,
      ticket_count {integer} not null,
      fence {integer} not null,
      agent_count {integer} not null,
      waiting_count {integer} not null,
      holder_count {integer} not null,
      due_at {instant},
      updated_at {instant} not null,
      primary key (organization_id, conversation_id),
      foreign key (organization_id, conversation_id)
        references conversations (organization_id, id) on delete cascade`)
    await schema.execute('create index floors_due on floors (due_at) where due_at is not null')
    await schema.createTable('floor_agents', `
      organization_id {id} not null,
      conversation_id {id} not null,
      speaker_uri {text} not null,
      joined_at {instant} not null,
      ticket {integer},
      priority {integer},
      reason {text},
      requested_at {instant},
      fence {integer},
      granted_at {instant},
      expires_at {instant},
      primary key (organization_id, conversation_id, speaker_uri),
      foreign key (organization_id, conversation_id)
        references floors (organization_id, conversation_id) on delete cascade`)
    await schema.execute(`
      create index floor_agents_of on floor_agents (organization_id, speaker_uri, conversation_id)`)
    await schema.createTable('floor_events', `
      organization_id {id} not null,
      conversation_id {id} not null,
      number {integer} not null,
      type {text} not null,
      speaker_uri {text},
      at {instant} not null,
      given_by {text},
      ticket {integer},
      priority {integer},
      reason {text},
      fence {integer},
      expires_at {instant},
      policy {text},
      hold_ms {integer},
      queue_max {integer},
      convener {text},
      primary key (organization_id, conversation_id, number),
      foreign key (organization_id, conversation_id)
        references floors (organization_id, conversation_id) on delete cascade`)
    await schema.renewKey('floor_agents', 'floor_agents_pkey', [
      'organization_id', 'conversation_id', 'speaker_uri',
    ])
    for (const table of ['floors', 'floor_agents', 'floor_events']) await schema.secureTable(table)
  },
  async down(schema) {
    for (const table of ['floor_events', 'floor_agents', 'floors']) {
      await schema.execute(`drop table ${table}`)
    }
  },
}
