import { type Migration } from '../migrate.js'

/** Named documents of conversations, their former revisions, and the numbers of their changes. */
export const agentStates: Migration = {
  name: '0018_agent_states',
  async up(schema) {
    await schema.createTable('agent_state_counters', `
      organization_id {id} not null,
      conversation_id {id} not null,
      change_count {integer} not null,
      name_count {integer} not null,
      last_write {id} not null,
      primary key (organization_id, conversation_id),
      foreign key (organization_id, conversation_id)
        references conversations (organization_id, id) on delete cascade`)
    // Through the counter, whose row a writer holds: were they to point to the conversation, a
    // writer and a deletion of the conversation could wait for each other.
    await schema.createTable('agent_states', `
      organization_id {id} not null,
      conversation_id {id} not null,
      name {text} not null,
      revision {integer} not null,
      change {integer} not null,
      created_at {instant} not null,
      updated_at {instant} not null,
      last_accessed_at {instant} not null,
      deleted_at {instant},
      document {json} not null,
      primary key (organization_id, conversation_id, name),
      unique (organization_id, conversation_id, change),
      foreign key (organization_id, conversation_id)
        references agent_state_counters (organization_id, conversation_id) on delete cascade`)
    await schema.createTable('agent_state_revisions', `
      organization_id {id} not null,
      conversation_id {id} not null,
      name {text} not null,
      revision {integer} not null,
      change {integer} not null,
      created_at {instant} not null,
      document {json} not null,
      primary key (organization_id, conversation_id, name, revision),
      foreign key (organization_id, conversation_id, name)
        references agent_states (organization_id, conversation_id, name) on delete cascade`)
    await schema.secureTable('agent_state_counters')
    await schema.secureTable('agent_states')
    await schema.secureTable('agent_state_revisions')
  },
  async down(schema) {
    await schema.execute('drop table agent_state_revisions')
    await schema.execute('drop table agent_states')
    await schema.execute('drop table agent_state_counters')
  },
}
