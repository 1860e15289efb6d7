import { type Migration } from '../migrate.js'

const ofConversations = [
  'change_count {integer} not null default 0',
  'updated_change {integer}',
  'updated_after {integer}',
  'switched_change {integer}',
  'switched_after {integer}',
  'switched_leaf_id {id}',
]

const ofMessages = ['change {integer}', 'changed_after {integer}']

/** Numbers what happens to a conversation and to its messages after they were appended. */
export const conversationChanges: Migration = {
  name: '0022_conversation_changes',
  async up(schema) {
    for (const column of ofConversations) {
      await schema.execute(`alter table conversations add column ${column}`)
    }
    for (const column of ofMessages) {
      await schema.execute(`alter table messages add column ${column}`)
    }
    await schema.execute(`
      create index messages_changes on messages (organization_id, conversation_id, change)
      where change is not null`)
  },
  async down(schema) {
    await schema.execute('drop index messages_changes')
    for (const column of ofMessages.toReversed()) {
      await schema.execute(`alter table messages drop column ${column.split(' ')[0]}`)
    }
    for (const column of ofConversations.toReversed()) {
      await schema.execute(`alter table conversations drop column ${column.split(' ')[0]}`)
    }
  },
}
