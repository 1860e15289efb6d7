import { type Migration } from '../migrate.js'

/** The next delivery for an agent is found without passing over all that it has had before. */
export const waitingDeliveries: Migration = {
  name: '0045_waiting_deliveries',
  async up(schema) {
    await schema.execute(`create index envelope_deliveries_waiting
      on envelope_deliveries (organization_id, conversation_id, recipient, number)
      where state = 'waiting'`)
  },
  async down(schema) {
    await schema.execute('drop index envelope_deliveries_waiting')
  },
}
