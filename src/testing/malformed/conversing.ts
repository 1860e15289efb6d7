import { type HttpWorld } from '../serving.js'
import { type Known } from './drafts.js'
import { type Operation } from './operations.js'

/** What hangs on the conversation that an operation is about, as far as it must be there. */
export async function hangingOn(
  { organization: { states } }: HttpWorld,
  { operationId, path }: Operation,
  { conversation_id: conversationId }: Known,
): Promise<Known> {
  if (conversationId === undefined || !path.includes('{state}')) return {}
  const state = { conversationId, name: 'graph_state' }
  if (/^(get|list|delete)/.test(operationId) && (await states.find(state)) === undefined) {
    await states.put(state, { steady: true })
  }
  return { state: state.name, revision: '1' }
}
