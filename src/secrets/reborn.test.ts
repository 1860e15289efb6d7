import { expect, it } from 'vitest'
import { contract, type ContractWorld } from '../testing/contract.js'

/** As another process has it, where there can be one. */
async function elsewhere({ another, isLasting, holdfast }: ContractWorld) {
  return isLasting ? another() : holdfast
}

/** Deletes an organization, and makes another one under its id. */
async function madeAnew({ holdfast }: ContractWorld, organizationId: string): Promise<void> {
  const { slug, name } = await holdfast.organizations.get(organizationId)
  await holdfast.organizations.delete(organizationId, slug)
  await holdfast.organizations.create({ id: organizationId, name })
}

contract('secrets of an organization that was deleted and made anew under its id', (open) => {
  it('are read by everybody, whatever a process remembers of the one before', async () => {
    const world = await open()
    const { organizationId, organization: { secrets } } = world
    await secrets.create({ name: 'before', value: 'v' })
    await madeAnew(world, organizationId)
    const other = (await elsewhere(world)).organization(organizationId).secrets
    await other.create({ name: 'theirs', value: 'theirs' })
    await secrets.create({ name: 'ours', value: 'ours' })
    for (const each of [secrets, other]) {
      expect((await each.reveal('theirs')).value).toBe('theirs')
      expect((await each.reveal('ours')).value).toBe('ours')
    }
  })
})
