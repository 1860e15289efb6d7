import { expect, it } from 'vitest'
import { InvalidInput } from '../errors.js'
import { contract, type ContractWorld } from '../testing/index.js'
import { OrganizationNotFound, SlugTaken, UserNotFound } from './index.js'

const unknownId = '00000000-0000-7000-8000-00000000dead'

async function person({ holdfast: { identity, ids } }: ContractWorld) {
  return identity.createUser({ email: `${ids.next()}@example.test` })
}

/** A slug nobody has yet. */
const freshSlug = ({ holdfast }: ContractWorld) => `s-${holdfast.ids.next().slice(9)}`

contract('organizations', (open) => {
  it('come back by id in any case and by slug', async () => {
    const world = await open()
    const { organizations } = world.holdfast
    const slug = freshSlug(world)
    const created = await organizations.create({ name: 'N \u0000 \ud800 é', slug })
    expect(created).toMatchObject({ name: 'N \u0000 \ud800 é', slug })
    for (const name of [created.id, created.id.toUpperCase(), slug]) {
      expect(await organizations.find(name)).toStrictEqual(created)
      expect(await organizations.get(name)).toStrictEqual(created)
    }
  })

  it('that are not there are not found', async () => {
    const { holdfast: { organizations } } = await open()
    for (const name of [unknownId, 'no-such-slug', 'UPPER', '']) {
      expect(await organizations.find(name)).toBeUndefined()
      await expect(organizations.get(name)).rejects.toThrow(OrganizationNotFound)
    }
    expect(await organizations.findRole(unknownId, unknownId)).toBeNull()
  })

  it('get a readable slug of their own from any name', async () => {
    const { holdfast: { organizations } } = await open()
    const slugs = [
      ['Acme Inc.', /^acme-inc-[0-9a-f]{6}$/], ['Łódź & Ünï', /^[a-z-]+-[0-9a-f]{6}$/],
      ['日本', /^organization-[0-9a-f]{6}$/], ['---', /^organization-[0-9a-f]{6}$/],
      ['x'.repeat(200), /^x{40}-[0-9a-f]{6}$/],
    ] as const
    for (const [name, pattern] of slugs) {
      const [one, two] = [
        await organizations.create({ name }), await organizations.create({ name }),
      ]
      expect(one.slug).toMatch(pattern)
      expect(two.slug).not.toBe(one.slug)
    }
  })

  it('refuse a slug that is taken or none at all, and a name that is none', async () => {
    const world = await open()
    const { organizations } = world.holdfast
    const slug = freshSlug(world)
    await organizations.create({ name: 'first', slug })
    const failing = organizations.create({ name: 'second', slug })
    await expect(failing).rejects.toMatchObject({ code: 'slug_taken', status: 409, field: 'slug' })
    const odd = ['', '-', '-a', 'a-', 'A', 'a_b', 'a b', 'é', 'x'.repeat(64)]
    for (const each of odd) {
      await expect(organizations.create({ name: 'x', slug: each })).rejects
        .toMatchObject({ code: 'invalid_input', field: 'slug' })
    }
    for (const name of ['', 'x'.repeat(201)]) {
      await expect(organizations.create({ name })).rejects.toThrow(InvalidInput)
    }
  })

  it('of one slug are created once by 20 calls', async () => {
    const world = await open()
    const { organizations } = world.holdfast
    const slug = freshSlug(world)
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, (_, index) =>
      organizations.create({ name: `${index}`, slug })))
    const refused = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []))
    expect(refused).toHaveLength(19)
    for (const reason of refused) expect(reason).toBeInstanceOf(SlugTaken)
    expect(await organizations.find(slug)).toBeDefined()
  })

  it('are created with their owner or not at all', async () => {
    const world = await open()
    const { organizations } = world.holdfast
    const owner = await person(world)
    const slug = freshSlug(world)
    await expect(organizations.create({ name: 'x', slug }, unknownId))
      .rejects.toThrow(UserNotFound)
    expect(await organizations.find(slug)).toBeUndefined()
    const { id } = await organizations.create({ name: 'x', slug }, owner.id)
    expect(await organizations.findRole(id, owner.id)).toBe('owner')
  })
})

contract('memberships', (open) => {
  it('give a role, and another one when repeated', async () => {
    const world = await open()
    const { holdfast: { organizations }, organizationId } = world
    const { id: userId } = await person(world)
    const member = { organizationId, userId }
    expect(await organizations.findRole(organizationId, userId)).toBeNull()
    const other = await person(world)
    await organizations.addMember({ organizationId, userId: other.id }, 'owner')
    for (const role of ['member', 'admin', 'admin', 'owner', 'member'] as const) {
      await organizations.addMember(member, role)
      expect(await organizations.findRole(organizationId, userId)).toBe(role)
    }
    const organization = await organizations.get(organizationId)
    expect(await organizations.list(userId))
      .toStrictEqual([{ ...organization, role: 'member' }])
  })

  it('need a user and an organization', async () => {
    const world = await open()
    const { holdfast: { organizations }, organizationId } = world
    const { id: userId } = await person(world)
    const nobody = { organizationId, userId: unknownId }
    await expect(organizations.addMember(nobody, 'member')).rejects.toThrow(UserNotFound)
    const nowhere = { organizationId: unknownId, userId }
    await expect(organizations.addMember(nowhere, 'member')).rejects.toThrow(OrganizationNotFound)
  })

  it('come once from 20 calls, and are listed oldest organization first', async () => {
    const world = await open()
    const { holdfast: { organizations }, organizationId, neighbourId } = world
    const { id: userId } = await person(world)
    await Promise.all([organizationId, neighbourId].flatMap((id) =>
      Array.from({ length: 10 }, () =>
        organizations.addMember({ organizationId: id, userId }, 'member'))))
    const listed = await organizations.list(userId)
    expect(listed.map(({ id, role }) => [id, role]))
      .toEqual([[organizationId, 'member'], [neighbourId, 'member']])
  })

  it('of a neighbour give no role here', async () => {
    const world = await open()
    const { holdfast: { organizations }, organizationId, neighbourId } = world
    const { id: userId } = await person(world)
    await organizations.addMember({ organizationId: neighbourId, userId }, 'owner')
    expect(await organizations.findRole(organizationId, userId)).toBeNull()
    const { id: other } = await person(world)
    expect(await organizations.findRole(neighbourId, other)).toBeNull()
    expect(await organizations.list(other)).toEqual([])
  })
})
