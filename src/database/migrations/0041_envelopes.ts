import { type Migration } from '../migrate.js'

const tables = [
  'envelope_deliveries', 'envelopes', 'envelope_conversants', 'envelope_conversations',
]

const ofConversation = `foreign key (organization_id, conversation_id)
  references envelope_conversations (organization_id, conversation_id) on delete cascade`

/** Envelopes of conversations, the agents they named, and what is to be brought to whom. */
export const envelopes: Migration = {
  name: '0041_envelopes',
  async up(schema) {
    await schema.createTable('envelope_conversations', `
      organization_id {id} not null,
      conversation_id {id} not null,
      external_id {text} not null,
      envelope_count {integer} not null,
      delivery_count {integer} not null,
      floor_number {integer} not null,
      created_at {instant} not null,
      primary key (organization_id, conversation_id),
      foreign key (organization_id, conversation_id)
        references conversations (organization_id, id) on delete cascade`)
    await schema.createTable('envelope_conversants', `
      organization_id {id} not null,
      conversation_id {id} not null,
      speaker_uri {text} not null,
      service_url {text},
      identification {json} not null,
      updated_at {instant} not null,
      primary key (organization_id, conversation_id, speaker_uri),
      ${ofConversation}`)
    await schema.createTable('envelopes', `
      organization_id {id} not null,
      conversation_id {id} not null,
      number {integer} not null,
      id {id} not null,
      repetition_key {text},
      sender {text} not null,
      reply_to {integer},
      body {json} not null,
      pending {json},
      received_at {instant} not null,
      routed_at {instant},
      primary key (organization_id, conversation_id, number),
      ${ofConversation}`)
    await schema.execute(`create unique index envelopes_repetition
      on envelopes (organization_id, conversation_id, repetition_key)
      where repetition_key is not null`)
    await schema.execute(`create index envelopes_unrouted
      on envelopes (organization_id, conversation_id, number) where routed_at is null`)
    await schema.createTable('envelope_deliveries', `
      organization_id {id} not null,
      conversation_id {id} not null,
      number {integer} not null,
      id {id} not null,
      recipient {text} not null,
      service_url {text},
      envelope_number {integer} not null,
      body {json} not null,
      state {text} not null,
      attempts {integer} not null,
      note {text},
      created_at {instant} not null,
      settled_at {instant},
      primary key (organization_id, conversation_id, number),
      ${ofConversation}`)
    await schema.execute(`create index envelope_deliveries_of
      on envelope_deliveries (organization_id, conversation_id, recipient, number)`)
    await schema.execute(`create index envelope_deliveries_dead
      on envelope_deliveries (organization_id, id) where state = 'dead'`)
    for (const table of tables) await schema.secureTable(table)
  },
  async down(schema) {
    for (const table of tables) await schema.execute(`drop table ${table}`)
  },
}
