import fc from 'fast-check'
import { expect, it } from 'vitest'
import { valuesWanted } from '../testing/arbitraries.test.harness.js'
import { contract, type ContractWorld } from '../testing/index.js'
import { commandOf, type Counted, type ModelStep } from '../testing/model-command.test.harness.js'
import {
  type ModelConversation, type ModelMessage, TreeModel,
} from '../testing/tree-model.test.harness.js'
import { MessageNotFound, ParentMessageNotFound } from './index.js'
import { type NewMessage } from './drafts.js'

/** The stores under test, and what the model's names mean there. */
interface World extends Counted {
  readonly stores: ContractWorld['organization']
  readonly conversationIds: string[]
  readonly messageIds: string[]
}

const command = <T>(
  name: string,
  given: fc.Arbitrary<T>,
  step: (given: T) => ModelStep<TreeModel, World>,
) => commandOf(name, given, step)

const pick = <T>(list: readonly T[], number: number): T | undefined => list[number % list.length]
const number = fc.nat({ max: 997 })
const idOf = ({ messageIds }: World, message: ModelMessage | null) =>
  message === null ? null : messageIds[message.name]!
const namesOf = ({ messageIds }: World, page: { data: readonly { id: string }[] }) =>
  page.data.map(({ id }) => messageIds.indexOf(id))

/** What a message of a generated call says of its place. */
type Place = 'next' | 'root' | { readonly parent: number } | { readonly sibling: number }

const place = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Place>('next') },
  { weight: 1, arbitrary: fc.constant<Place>('root') },
  { weight: 3, arbitrary: fc.record({ parent: number }) },
  { weight: 2, arbitrary: fc.record({ sibling: number }) },
)

/** The parent a place means, and how it is said; undefined when it must be refused. */
function resolved(
  model: TreeModel,
  world: World,
  { conversation, where }: { readonly conversation: ModelConversation; readonly where: Place },
) {
  if (where === 'next') return { parent: conversation.active, said: {} }
  if (where === 'root') return { parent: null, said: { parentMessageId: null } }
  // Only what was there before the call has an id that the caller can know.
  const known = model.messages.slice(0, world.messageIds.length)
  const named = pick(known, 'parent' in where ? where.parent : where.sibling)
  if (named === undefined) return { parent: conversation.active, said: {} }
  const id = idOf(world, named)!
  const isKnown = model.knows(conversation, named)
  if ('parent' in where) {
    return { parent: isKnown ? named : undefined, said: { parentMessageId: id } }
  }
  const parent = isKnown ? named.parent : undefined
  const gone = parent != null && !model.knows(conversation, parent)
  return { parent: gone ? undefined : parent, said: { siblingOf: id } }
}

const append = command('append', fc.record({
  conversation: number, places: fc.array(place, { minLength: 1, maxLength: 3 }),
}), (given) => async (model, world) => {
  const conversation = pick(model.conversations, given.conversation)!
  const before = { active: conversation.active, count: model.messages.length }
  const messages: NewMessage[] = []
  let refused = false
  for (const where of given.places) {
    const { parent, said } = resolved(model, world, { conversation, where })
    messages.push({ role: 'user', content: messages.length, ...said })
    if (parent === undefined) refused = true
    else if (!refused) model.append(conversation, parent)
  }
  const call = world.stores.messages
    .appendMany(world.conversationIds[conversation.name]!, messages)
  if (refused) {
    await expect(call).rejects.toThrow(ParentMessageNotFound)
    model.messages.length = before.count
    conversation.active = before.active
  } else {
    for (const [index, message] of (await call).entries()) {
      const expected = model.messages[before.count + index]!
      world.messageIds.push(message.id)
      expect(message.parentMessageId).toBe(idOf(world, expected.parent))
      expect(message.depth).toBe(model.pathOf(expected).length)
    }
  }
})

const switchTo = command('switch', fc.record({
  conversation: number, message: fc.option(number), newest: fc.boolean(),
}), ({ message, newest, ...given }) => async (model, world) => {
  const conversation = pick(model.conversations, given.conversation)!
  const named = message === null ? null : pick(model.messages, message) ?? null
  const id = world.conversationIds[conversation.name]!
  const call = world.stores.conversations.setActiveLeaf(id, idOf(world, named), { newest })
  if (named !== null && !model.knows(conversation, named)) {
    await expect(call).rejects.toThrow(MessageNotFound)
    return
  }
  // Beneath a message of another conversation only what leaves it directly is looked for.
  const own = named === null || named.conversation === conversation.name
  const { activeLeafId } = await call
  const wanted = newest ? model.newestBeneath(conversation, named) : named
  if (own || !newest) {
    conversation.active = wanted
  } else {
    conversation.active = model.messages[world.messageIds.indexOf(activeLeafId!)]!
    expect(model.pathOf(conversation.active)).toContain(named)
  }
})

const erase = command('delete', fc.record({ message: number }), (given) =>
  async (model, world) => {
    const message = pick(model.messages, given.message)
    if (message === undefined) return
    const conversation = world.conversationIds[message.conversation]!
    const call = world.stores.messages.delete(conversation, idOf(world, message)!)
    if (message.deleted) await expect(call).rejects.toThrow(MessageNotFound)
    else await call
    if (!message.deleted) model.delete(message)
  })

const fork = command('fork', fc.record({ conversation: number, message: number }), (given) =>
  async (model, world) => {
    const conversation = pick(model.conversations, given.conversation)!
    const message = pick(model.messages, given.message)
    if (message === undefined || model.conversations.length >= 6) return
    const id = world.conversationIds[conversation.name]!
    const call = world.stores.conversations.fork(id, idOf(world, message)!)
    if (!model.knows(conversation, message)) {
      await expect(call).rejects.toThrow(MessageNotFound)
      return
    }
    model.begin(message)
    world.conversationIds.push((await call).id)
  })

/** Compares every way of reading a conversation with the model. */
const look = command('look', fc.record({
  conversation: number, message: number, limit: fc.integer({ min: 1, max: 5 }),
}), (given) => async (model, world) => {
  const conversation = pick(model.conversations, given.conversation)!
  const id = world.conversationIds[conversation.name]!
  const { conversations, messages } = world.stores
  expect((await conversations.get(id)).activeLeafId).toBe(idOf(world, conversation.active))
  const listed = await messages.list(id, { limit: 200 })
  expect(namesOf(world, listed)).toEqual(model.ownOf(conversation)
    .filter(({ deleted }) => !deleted).map(({ name }) => name))
  const living = (leaf: ModelMessage | null) =>
    model.pathOf(leaf).filter(({ deleted }) => !deleted).map(({ name }) => name)
  const leaf = pick(model.messages, given.message)
  const leaves = [conversation.active, ...(leaf === undefined ? [] : [leaf])]
  for (const each of leaves) {
    if (each !== null && !model.knows(conversation, each)) continue
    const named = each === conversation.active ? {} : { leaf: idOf(world, each)! }
    for (const order of ['asc', 'desc'] as const) {
      const found: number[] = []
      for (let cursor: string | null | undefined; cursor !== null;) {
        const request = { ...named, order, limit: given.limit, ...(cursor ? { cursor } : {}) }
        const page = await messages.path(id, request)
        found.push(...namesOf(world, page))
        cursor = page.nextCursor
      }
      expect(found).toEqual(order === 'desc' ? living(each) : living(each).toReversed())
    }
    const children = await messages.children(id, idOf(world, each), { limit: 200 })
    expect(namesOf(world, children))
      .toEqual(model.childrenOf(conversation, each).map(({ name }) => name))
  }
})

contract('the tree of messages beside a model', (open) => {
  it('answers alike after any commands', async () => {
    const { organization: stores } = await open()
    const wanted = valuesWanted(150)
    const counted = { commands: 0 }
    const commands = fc.commands([append, append, switchTo, erase, fork, look, look], {
      maxCommands: 120, size: 'max',
    })
    const property = fc.asyncProperty(commands, async (cmds) => {
      const { id } = await stores.conversations.create()
      const world = { stores, conversationIds: [id], messageIds: [], counted }
      await fc.asyncModelRun(() => {
        const model = new TreeModel()
        model.begin(null)
        return { model, real: world }
      }, cmds)
    })
    while (counted.commands < wanted) await fc.assert(property, { numRuns: 10 })
    expect(counted.commands).toBeGreaterThanOrEqual(wanted)
  }, 1_800_000)
})
