import { expect, it } from 'vitest'
import { installationId } from '../audit/index.js'
import { InvalidInput } from '../errors.js'
import { contract, type ContractWorld } from '../testing/index.js'
import {
  defaultOrganizationId, Forbidden, LastOwner, OrganizationNotFound, OrganizationProtected,
  SlugTaken, UserNotFound,
} from './index.js'

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
    const odd = ['', '-', '-a', 'a-', 'A', 'a_b', 'a b', 'é', 'x'.repeat(64), world.organizationId]
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

contract('the list of organizations', (open) => {
  it('has all of them, newest first, page by page', async () => {
    const { holdfast: { identity, organizations } } = await open()
    const made: string[] = []
    for (const name of ['A', 'B', 'C']) made.unshift((await organizations.create({ name })).id)
    const first = await identity.listOrganizations({ limit: 2 })
    expect(first.data.map(({ id }) => id)).toEqual(made.slice(0, 2))
    const next = await identity.listOrganizations({ limit: 2, cursor: first.nextCursor! })
    expect(next.data[0]).toEqual(await organizations.get(made[2]!))
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

contract('an organization', (open) => {
  it('changes name and slug, by revision when asked', async () => {
    const world = await open()
    const { holdfast: { organizations }, organizationId } = world
    const before = await organizations.get(organizationId)
    const slug = freshSlug(world)
    const changed = await organizations.update(organizationId, { name: 'New \u0000', slug }, 1)
    expect(changed).toStrictEqual({
      ...before, name: 'New \u0000', slug, revision: 2, updatedAt: changed.updatedAt,
    })
    expect(await organizations.get(slug)).toStrictEqual(changed)
    await expect(organizations.update(organizationId, { name: 'x' }, 1))
      .rejects.toMatchObject({ code: 'revision_conflict' })
    const other = await organizations.create({ name: 'Other' })
    await expect(organizations.update(other.id, { slug })).rejects.toThrow(SlugTaken)
    await expect(organizations.update(unknownId, { name: 'x' })).rejects
      .toThrow(OrganizationNotFound)
    for (const [change, field] of [[{ name: '' }, 'name'], [{ slug: 'A' }, 'slug']] as const) {
      await expect(organizations.update(organizationId, change)).rejects.toMatchObject({ field })
    }
    expect(await organizations.get(organizationId)).toStrictEqual(changed)
    expect(await organizations.get(other.id)).toStrictEqual(other)
    await expect(organizations.update(defaultOrganizationId, { slug: freshSlug(world) }))
      .rejects.toThrow(OrganizationProtected)
    expect((await organizations.get('default')).id).toBe(defaultOrganizationId)
  })

  it('is deleted by an owner who names it, with all that was in it', async () => {
    const world = await open()
    const { holdfast, organization, organizationId } = world
    const { organizations, database } = holdfast
    const [owner, admin] = [await person(world), await person(world)]
    await organizations.addMember({ organizationId, userId: owner.id }, 'owner')
    await organizations.addMember({ organizationId, userId: admin.id }, 'admin')
    await organizations.choose(owner.id, organizationId)
    const { id } = await organization.conversations.create({ title: 'x' })
    await organization.messages.append(id, { role: 'user', content: 'x' })
    await organization.queues.enqueue('q', { payload: 1, dedupeKey: 'd' })
    await organization.schedules.create({ name: 's', queue: 'q', cron: '@daily' })
    await organization.serviceTokens.create({ name: 't', scopes: ['*'] })
    await organization.invitations.create({ email: 'a@b.test', role: 'member' })
    await organization.locks.acquire('l', { renewing: false })
    const { slug } = await organizations.get(organizationId)
    const by = (user: { id: string }) =>
      organizations.as({ id: `user:${user.id}`, userId: user.id })
    for (const attempt of [
      () => by(admin).delete(organizationId, slug),
      () => by({ id: unknownId }).delete(organizationId, slug),
    ]) {
      await expect(attempt()).rejects.toThrow(Forbidden)
    }
    await expect(by(owner).delete(organizationId, 'other')).rejects
      .toMatchObject({ code: 'invalid_input', field: 'confirm' })
    expect(await organizations.find(organizationId)).toBeDefined()
    await by(owner).delete(organizationId, slug)
    await expect(by(owner).delete(organizationId, slug)).rejects.toThrow(OrganizationNotFound)
    const owned = (await holdfast.backend.introspect())
      .flatMap(({ table, column }) => (column === 'organization_id' ? [table] : []))
    expect(owned.length).toBeGreaterThan(8)
    // What is told of an organization outlives it, with the chain it stands in.
    for (const name of owned.filter((each) => !each.startsWith('audit_'))) {
      const rows = await database.all(database.write.selectFrom(name as 'locks').selectAll()
        .where('organization_id', '=', organizationId as never))
      expect([name, rows]).toEqual([name, []])
    }
    expect(await organizations.findOwn(owner.id)).toBeUndefined()
    const told = await database.all(database.write.selectFrom('audit_events').selectAll()
      .where('action', '=', 'organization.deleted' as never)
      .where('resource_id', '=', organizationId as never))
    expect(told).toMatchObject([{
      organization_id: installationId, user_id: owner.id, resource_kind: 'organization',
    }])
    await expect(organizations.delete(defaultOrganizationId, 'default'))
      .rejects.toThrow(OrganizationProtected)
  })
})

contract('the organizations of a user', (open) => {
  it('begin with a personal one, in the transaction of the user, once', async () => {
    const { holdfast } = await open()
    const email = `${holdfast.ids.next()}@example.test`
    const user = await holdfast.transaction(async ({ identity, organizations }) => {
      const created = await identity.createUser({ email, displayName: 'Ada' })
      await organizations.createPersonal(created)
      return created
    })
    const { organizations } = holdfast
    const [own, ...others] = await organizations.list(user.id)
    expect([own?.name, own?.role, others]).toEqual(['Ada', 'owner', []])
    expect(await organizations.findOwn(user.id)).toStrictEqual(own)
    await expect(organizations.createPersonal(user)).rejects.toThrow()
    expect(await organizations.list(user.id)).toHaveLength(1)
    const lost = `lost.${email}`
    await expect(holdfast.transaction(async ({ identity, ...rest }) => {
      await rest.organizations.createPersonal(await identity.createUser({ email: lost }))
      throw new Error('too late')
    })).rejects.toThrow('too late')
    expect(await holdfast.identity.findUserByEmail(lost)).toBeUndefined()
    await expect(organizations.createPersonal({ id: unknownId, email, displayName: null }))
      .rejects.toThrow(UserNotFound)
  })

  it('are found by id, by slug and as the default, while the user belongs to them', async () => {
    const world = await open()
    const { holdfast: { organizations }, organizationId, neighbourId } = world
    const { id: userId } = await person(world)
    const { slug } = await organizations.get(organizationId)
    expect(await organizations.findOwn(userId)).toBeUndefined()
    await expect(organizations.choose(userId, organizationId)).rejects
      .toThrow(OrganizationNotFound)
    await organizations.addMember({ organizationId, userId }, 'member')
    for (const name of [organizationId, organizationId.toUpperCase(), slug]) {
      expect(await organizations.findOwn(userId, name)).toMatchObject({
        id: organizationId, role: 'member',
      })
      expect(await organizations.choose(userId, name)).toMatchObject({ id: organizationId })
    }
    for (const name of [neighbourId, unknownId, 'no-such-slug']) {
      expect(await organizations.findOwn(userId, name)).toBeUndefined()
      await expect(organizations.choose(userId, name)).rejects.toThrow(OrganizationNotFound)
    }
    expect(await organizations.findOwn(userId)).toMatchObject({ id: organizationId })
    expect(await organizations.choose(userId, null)).toBeUndefined()
    expect(await organizations.findOwn(userId)).toBeUndefined()
    await organizations.choose(userId, slug)
    await world.organization.members.remove(userId)
    expect(await organizations.findOwn(userId)).toBeUndefined()
  })

  it('let a user go who is no last owner, and only then', async () => {
    const world = await open()
    const { holdfast, organizationId, neighbourId } = world
    const { organizations } = holdfast
    const [user, other] = [await person(world), await person(world)]
    const personal = await organizations.createPersonal(user)
    await organizations.addMember({ organizationId, userId: user.id }, 'owner')
    await organizations.addMember({ organizationId: neighbourId, userId: user.id }, 'member')
    await expect(organizations.release(user.id)).rejects.toThrow(LastOwner)
    expect(await organizations.list(user.id)).toHaveLength(3)
    await organizations.addMember({ organizationId, userId: other.id }, 'owner')
    await organizations.addMember(
      { organizationId: personal.id, userId: other.id }, 'member')
    await expect(organizations.release(user.id)).rejects.toThrow(LastOwner)
    await holdfast.organization(personal.id).members.remove(other.id)
    await organizations.release(user.id)
    expect(await organizations.list(user.id)).toEqual([])
    expect(await organizations.find(personal.id)).toBeUndefined()
    expect((await organizations.list(other.id)).map(({ id }) => id)).toEqual([organizationId])
  })
})

contract('the rate of an organization', (open) => {
  it('is read from the cache, and a change shows', async () => {
    const { holdfast: { organizationRates }, organizationId, neighbourId } = await open()
    expect(await organizationRates.find(organizationId)).toBeUndefined()
    await organizationRates.set(organizationId, { limit: 5, windowSeconds: 60 })
    expect(await organizationRates.find(organizationId)).toEqual({ limit: 5, windowSeconds: 60 })
    expect(await organizationRates.find(neighbourId)).toBeUndefined()
    await organizationRates.set(organizationId, null)
    expect(await organizationRates.find(organizationId)).toBeUndefined()
    const rate = { limit: 1, windowSeconds: 1 }
    await expect(organizationRates.set(unknownId, rate)).rejects.toThrow(OrganizationNotFound)
    await expect(organizationRates.set(organizationId, { ...rate, limit: 0 }))
      .rejects.toMatchObject({ field: 'rate_limit.limit' })
  })
})
