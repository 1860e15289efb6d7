import { type Migration } from '../migrate.js'

/**
 * The hottest lookups use their key alone, also in a database so young that its planner knows
 * nothing of the rows and other indexes of an organization's rows seem as good.
 */
export const lookups: Migration = {
  name: '0027_lookups',
  async up(schema) {
    await schema.renewKey('jobs', 'jobs_pkey', ['organization_id', 'id'])
    await schema.renewKey('messages', 'messages_key', ['organization_id', 'conversation_id', 'id'])
    await schema.renewKey('message_branches', 'message_branches_pkey', [
      'organization_id', 'conversation_id', 'branch',
    ])
  },
  // A key of the same name stays.
  down: async () => undefined,
}
