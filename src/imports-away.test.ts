import { expect, it } from 'vitest'
import { InvalidInput } from './errors.js'
import { Unavailable } from './database/failures.js'
import { ConversationWriter } from './lifecycle/import/conversation-writer.js'
import { exactJson } from './lifecycle/import/exact-json.js'
import { Keeping } from './lifecycle/import/keeping.js'
import { type ImportParts, type ImportStores } from './lifecycle/import/parts.js'
import { Ledger } from './lifecycle/import/report.js'
import { tables } from './tables.js'
import { contract, type ContractWorld } from './testing/contract.js'

const at = '2026-01-01T00:00:00.000000Z' as never

/** What imports work with; `refuse` says what becomes of what they write through stores. */
function partsOf(
  { holdfast, organizationId, organization }: ContractWorld,
  refuse: () => Error,
): ImportParts {
  const { messages, attachments } = organization
  const stores = {
    messages: {
      positions: (...given: Parameters<typeof messages.positions>) => messages.positions(...given),
      append: async () => { throw refuse() },
    },
    attachments: {
      create: (...given: Parameters<typeof attachments.create>) => attachments.create(...given),
      put: async () => { throw refuse() },
    },
  }
  return {
    clock: holdfast.clock, ids: holdfast.ids, organizationId, actor: { id: 'test' }, tables,
    database: holdfast.database.within([organizationId]).as(), canSeal: false,
    conversationIdOf: (id) => id, stores: () => stores as unknown as ImportStores,
  }
}

const away = () => new Unavailable('the database is away')
const refused = () => new InvalidInput('it is refused')

contract('an import whose database is away for a moment', (open) => {
  it('ends, rather than going on without the bytes that it was to keep', async () => {
    const world = await open()
    const bytes = { place: 'a', bytes: Buffer.from('x') }
    const keeping = (refuse: () => Error) =>
      new Keeping(partsOf(world, refuse), new Ledger({}), 'x')
    await expect(keeping(away).bytes(bytes)).rejects.toThrow('away')
    expect(await keeping(refused).bytes(bytes)).toMatchObject({ isNew: false })
  })

  it('ends, rather than going on without a message', async () => {
    const world = await open()
    const { organization: { conversations, messages } } = world
    const { id } = await conversations.create()
    // Somebody said something since, so that messages go the way of all others.
    await messages.append(id, { role: 'user', content: 'here' })
    const write = (refuse: () => Error) => {
      const ledger = new Ledger({})
      const writer = new ConversationWriter(partsOf(world, refuse), ledger)
      return writer.write({
        id, userId: null, title: null, metadata: exactJson('{}'), createdAt: at, updatedAt: at,
        place: 'c', kind: 'conversations', messageKind: 'messages',
      }, (async function* () {
        yield {
          id: world.holdfast.ids.next(), parentId: null, kind: 'message', role: 'user',
          content: exactJson('"x"'), metadata: {}, createdAt: at, place: 'm',
        }
      })())
    }
    await expect(write(away)).rejects.toThrow('away')
    await write(refused)
  })
})
