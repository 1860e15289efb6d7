import { type OrganizationStores } from '../../holdfast.js'
import { type Words } from './estate.js'

/** Two envelopes in a conversation, each given up for an agent; the last of these. */
export async function envelopesIn(
  { openFloor }: OrganizationStores, { mark, secret }: Words, conversationId: string,
) {
  const [speakerUri, guest] = [`${mark}/holder`, `${mark}/guest`]
  const text = { mimeType: 'text/plain', tokens: [{ value: secret }] }
  const said = { eventType: 'utterance', parameters: { dialogEvent: { features: { text } } } }
  // Nobody may call this address, so that nothing of it leaves the machine.
  const to = { speakerUri: guest, serviceUrl: 'http://127.0.0.1:1/' }
  for (const events of [[{ eventType: 'invite', to, reason: secret }, said], [said]]) {
    await openFloor.receive({
      openFloor: {
        schema: { version: '1.1.0' }, conversation: { id: conversationId }, sender: { speakerUri },
        events,
      },
    })
    await openFloor.pass(conversationId)
  }
  const [delivery] = await openFloor.deliveries(conversationId, { recipient: guest, after: 1 })
  return { delivery_id: delivery!.id, guest }
}
