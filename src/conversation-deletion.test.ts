import { expect, it } from 'vitest'
import { ConversationNotFound } from './conversations/index.js'
import { contract, type ContractWorld } from './testing/contract.js'

const twenty = Array.from({ length: 20 }, (_, index) => index)
const message = { role: 'user', content: 'x' } as const

/** What twenty do at once while the conversation is deleted. */
type Work = (world: ContractWorld, conversationId: string) =>
  Promise<(index: number) => Promise<unknown>>

const works: Readonly<Record<string, Work>> = {
  'asks for the floor': async ({ organization: { floors } }, conversationId) => {
    await floors.request({ conversationId, speakerUri: 'first' })
    return (index) => floors.request({ conversationId, speakerUri: `agent ${index}` })
  },
  'proves that it holds the floor, and speaks': async (world, conversationId) => {
    const { holdfast, organization, organizationId } = world
    const agent = { conversationId, speakerUri: 'first' }
    const { grant } = await organization.floors.request(agent)
    return () => holdfast.transaction(async (transaction) => {
      const { floors, messages } = transaction.organization(organizationId)
      await floors.guard({ ...agent, fence: grant!.fence })
      await messages.append(conversationId, message)
    })
  },
  'puts two states in one transaction': async (world, conversationId) => {
    const { holdfast, organization, organizationId } = world
    await organization.states.put({ conversationId, name: 'first' }, 0)
    return (index) => holdfast.transaction(async (transaction) => {
      const { states } = transaction.organization(organizationId)
      await states.put({ conversationId, name: `a${index}` }, index)
      await states.put({ conversationId, name: `b${index}` }, index)
    })
  },
  'puts a state, then a message': async (world, conversationId) => {
    const { holdfast, organization, organizationId } = world
    await organization.states.put({ conversationId, name: 'first' }, 0)
    return (index) => holdfast.transaction(async (transaction) => {
      const { states, messages } = transaction.organization(organizationId)
      await states.put({ conversationId, name: `a${index}` }, index)
      await messages.append(conversationId, message)
    })
  },
}

/** Why a call failed; undefined where it did not. */
const reasonOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(() => undefined, (error: unknown) => error)

contract('the deletion of a conversation', (open) => {
  it.each(Object.keys(works))('and who %s do not wait for each other', async (name) => {
    const world = await open()
    const { conversations } = world.organization
    for (let round = 0; round < 8; round += 1) {
      const { id } = await conversations.create({})
      const work = await works[name]!(world, id)
      const reasons = twenty.map((index) => reasonOf(work(index)))
      await conversations.delete(id)
      for (const reason of await Promise.all(reasons)) {
        if (reason !== undefined) expect(reason).toBeInstanceOf(ConversationNotFound)
      }
      await expect(conversations.get(id)).rejects.toThrow(ConversationNotFound)
    }
  }, 20_000)
})
