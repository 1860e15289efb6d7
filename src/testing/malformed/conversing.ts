import { type HttpWorld } from '../serving.js'
import { type Known } from './drafts.js'
import { type Operation } from './operations.js'

/** What hangs on the conversation that an operation is about, as far as it must be there. */
export async function hangingOn(
  { holdfast: { ids }, organization: { states, contexts, participants } }: HttpWorld,
  { operationId, path }: Operation,
  { conversation_id: conversationId, message_id: messageId }: Known,
): Promise<Known> {
  if (conversationId === undefined) return {}
  const isThere = /^(get|list|delete)/.test(operationId)
  if (path.endsWith('/summary')) {
    const summary = { text: 'steady' }
    // The second of two that come at once finds one there, and that will do.
    if (isThere) {
      await contexts.putSummary(conversationId, summary, { ifAbsent: true }).catch(() => undefined)
    }
    return { up_to_message_id: messageId! }
  }
  if (path.includes('{participant}')) {
    // Upper case: an id inside it would otherwise count as one, whose case does not matter.
    const participant = `agent:${ids.next().toUpperCase()}/é`
    await participants.put({ conversationId, participant }, { role: 'member' })
    return { participant }
  }
  if (!path.includes('{state}')) return {}
  const state = { conversationId, name: 'graph_state' }
  if (isThere && (await states.find(state)) === undefined) await states.put(state, { steady: true })
  return { state: state.name, revision: '1' }
}

/** An agent that is registered, of a name that no other operation of now has. */
export async function agentFor(
  { holdfast: { ids }, organization: { agents } }: HttpWorld, { path }: Operation,
): Promise<Known> {
  if (!path.startsWith('/v1/agents')) return {}
  // Upper case: an id inside it would otherwise count as one, whose case does not matter.
  const speakerUri = `tag:agent.test,2026:${ids.next().toUpperCase()}/é`
  const { data } = await agents.list({ limit: 200 })
  // As long as a few are left nobody misses the first.
  if (data.length > 100) await agents.deregister(data[0]!.speakerUri).catch(() => undefined)
  await agents.register({ speakerUri })
  return { speaker_uri: speakerUri }
}

/** A conversation for envelopes, with one that was given up where that is what it is about. */
export async function envelopesFor(
  { organization: { conversations, openFloor } }: HttpWorld, { operationId, path }: Operation,
): Promise<Known> {
  if (!/^\/ofp|\/envelopes/.test(path)) return {}
  const { id } = await conversations.create()
  const known = { conversation_id: id, after: '0' }
  if (operationId !== 'resendEnvelopes') return known
  const to = { speakerUri: 'tag:guest', serviceUrl: 'http://127.0.0.1:1/' }
  await openFloor.receive({
    openFloor: {
      schema: { version: '1.1.0' }, conversation: { id }, sender: { speakerUri: 'tag:host' },
      events: [{ eventType: 'invite', to }],
    },
  })
  await openFloor.pass(id)
  const [delivery] = await openFloor.deliveries(id)
  return { ...known, ids: delivery!.id }
}

/** A floor of its own for the operation, on which an agent may do what it is about. */
export async function floorFor(
  { organization: { conversations, floors } }: HttpWorld,
  { operationId, path }: Operation,
): Promise<Known> {
  if (!path.includes('/floor')) return {}
  const { id: conversationId } = await conversations.create()
  const [speaker, convener] = ['https://agent.test/é', 'tag:convener']
  const agent = { conversationId, speakerUri: speaker }
  const known = {
    conversation_id: conversationId, speaker_uri: speaker, by: convener, convener, after: '0',
    reason: '@override', fence: '1',
  }
  const isOfConvener = /^(grant|revoke)/.test(operationId)
  const policy = operationId === 'grantFloor' ? 'moderated' : 'exclusive'
  if (isOfConvener) await floors.configure(conversationId, { policy, convener })
  if (operationId === 'cancelFloorRequest') {
    await floors.request({ conversationId, speakerUri: convener })
  }
  const isThere = /^(cancel|yield|revoke|leave)/.test(operationId)
  if (isThere) await floors.request(agent)
  return known
}
