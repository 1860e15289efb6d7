import { expect, it } from 'vitest'
import { Database } from '../database/database.js'
import { type Statement } from '../database/engine.js'
import { contract, type ContractWorld } from '../testing/index.js'
import { analyze, planOf, watchedBackend } from '../testing/plans.test.harness.js'
import { type ConversationListing, listConversations } from './listing.js'
import { type ConversationTables } from './tables.js'

/** How a list is read. */
async function planned(world: ContractWorld, listing: ConversationListing): Promise<string> {
  const seen: Statement[] = []
  const watched = watchedBackend(world.holdfast.backend, (statement) => seen.push(statement))
  const organizationId = world.organizationId as never
  const database = Database.over<ConversationTables>(watched).within([organizationId])
  await listConversations(database, organizationId, listing)
  return planOf(world, seen.at(-1)!)
}

contract('plans of conversations', (open) => {
  it('read no archived one for the living, and no living one for the archived', async () => {
    const world = await open()
    const { conversations } = world.organization
    for (let count = 0; count < 40; count++) {
      const { id } = await conversations.create({})
      if (count >= 20) await conversations.update(id, { archived: true })
    }
    await analyze(world)
    expect(await planned(world, {})).toMatch(/conversations_recent\b/)
    expect(await planned(world, { archived: true })).toMatch(/conversations_archived\b/)
  })

  it('find a conversation by its key alone, whatever the planner knows', async () => {
    const world = await open()
    const { holdfast: { backend }, organization: { conversations } } = world
    for (let count = 0; count < 40; count++) await conversations.create({})
    const seen: Statement[] = []
    const watched = watchedBackend(backend, (statement) => seen.push(statement))
    const database = Database.over<ConversationTables>(watched)
    await database.first(database.write.selectFrom('conversations').select('id')
      .where('organization_id', '=', world.organizationId as never)
      .where('id', '=', world.organizationId as never))
    expect(await planOf(world, seen.at(-1)!)).toMatch(/conversations_pkey|autoindex|seq scan/i)
    expect(await planOf(world, seen.at(-1)!)).not.toMatch(/conversations_(recent|archived)/)
  })
})
