import { expect, it } from 'vitest'
import { InvalidCursor } from '../database/page.js'
import { contract, type ContractWorld } from '../testing/index.js'
import {
  Forbidden, LastOwner, MemberNotFound, OrganizationNotFound, type Role,
} from './index.js'

const unknownId = '00000000-0000-7000-8000-00000000dead'
const roles = ['owner', 'admin', 'member'] as const
const rank = { owner: 3, admin: 2, member: 1 }

/** A user in this role in our organization, and the stores of it in that user's name. */
async function joined(world: ContractWorld, role?: Role) {
  const { holdfast: { identity, organizations, ids }, organizationId } = world
  const user = await identity.createUser({ email: `${ids.next()}@members.test` })
  if (role !== undefined) await organizations.addMember({ organizationId, userId: user.id }, role)
  const actor = { id: `user:${user.id}`, userId: user.id }
  return { user, id: user.id, stores: world.holdfast.organization(organizationId, actor) }
}

async function owners({ organization }: ContractWorld) {
  const { data } = await organization.members.list({ limit: 200 })
  return data.filter(({ role }) => role === 'owner').length
}

async function events({ holdfast: { database } }: ContractWorld, organizationId: string) {
  const rows = await database.all(database.write.selectFrom('audit_events')
    .select(['action', 'actor_id', 'resource_id', 'details'])
    .where('organization_id', '=', organizationId as never).orderBy('id'))
  return rows.map((row) => `${row.action} ${row.resource_id} by ${row.actor_id} ${row.details}`)
}

contract('members', (open) => {
  it('are listed with their users, and change their roles', async () => {
    const world = await open()
    const owner = await joined(world, 'owner')
    const member = await joined(world, 'member')
    const { members } = owner.stores
    const shown = await members.get(member.id.toUpperCase())
    expect(shown).toMatchObject({
      userId: member.id, email: member.user.email, displayName: null, role: 'member',
      organizationId: world.organizationId,
    })
    expect(await members.changeRole(member.id, 'owner')).toEqual({ ...shown, role: 'owner' })
    expect(await members.changeRole(member.id, 'owner')).toEqual({ ...shown, role: 'owner' })
    expect((await members.list()).data.map(({ userId, role }) => [userId, role]))
      .toEqual([[owner.id, 'owner'], [member.id, 'owner']])
    await members.remove(member.id)
    await expect(members.get(member.id)).rejects.toThrow(MemberNotFound)
    const told = await events(world, world.organizationId)
    expect(told.slice(-2)).toEqual([
      `member.role_changed ${member.id} by user:${owner.id} {"from":"member","to":"owner"}`,
      `member.removed ${member.id} by user:${owner.id} {"role":"owner"}`,
    ])
  })

  it('that are not there are not found, and nothing is recorded of them', async () => {
    const world = await open()
    const { members } = world.organization
    await joined(world, 'owner')
    const before = await events(world, world.organizationId)
    const stranger = await joined(world)
    for (const attempt of [
      () => members.get(unknownId), () => members.changeRole(unknownId, 'admin'),
      () => members.remove(unknownId), () => members.leave(),
      () => stranger.stores.members.leave(),
    ]) {
      await expect(attempt()).rejects.toThrow(MemberNotFound)
    }
    await expect(members.changeRole('x', 'admin')).rejects.toMatchObject({ field: 'user_id' })
    await expect(members.changeRole(unknownId, 'king' as never)).rejects
      .toMatchObject({ code: 'invalid_input', field: 'role' })
    const nowhere = world.holdfast.organization(unknownId).members
    await expect(nowhere.remove(unknownId)).rejects.toThrow(OrganizationNotFound)
    expect(await events(world, world.organizationId)).toEqual(before)
  })

  it('give, take and touch no role above their own, whoever they are', async () => {
    const world = await open()
    await joined(world, 'owner')
    for (const own of roles) {
      const actor = await joined(world, own)
      for (const held of roles) {
        for (const wanted of roles) {
          const target = await joined(world, held)
          const change = actor.stores.members.changeRole(target.id, wanted)
          const may = own !== 'member' && rank[own] >= Math.max(rank[held], rank[wanted])
          if (may) await change
          else await expect(change).rejects.toThrow(Forbidden)
          const { role } = await world.organization.members.get(target.id)
          expect([own, held, wanted, role]).toEqual([own, held, wanted, may ? wanted : held])
        }
        const removed = actor.stores.members.remove((await joined(world, held)).id)
        if (own !== 'member' && rank[own] >= rank[held]) await removed
        else await expect(removed).rejects.toThrow(Forbidden)
      }
    }
  })

  it('rank as they do now, not as they did when their request began', async () => {
    const world = await open()
    const owner = await joined(world, 'owner')
    const admin = await joined(world, 'admin')
    const victim = await joined(world, 'member')
    await owner.stores.members.changeRole(admin.id, 'member')
    await expect(admin.stores.members.remove(victim.id)).rejects.toThrow(Forbidden)
    await owner.stores.members.remove(admin.id)
    await expect(admin.stores.members.changeRole(admin.id, 'owner')).rejects
      .toThrow(MemberNotFound)
    const token = { id: 'service_token:x', userId: owner.id }
    const { members } = world.holdfast.organization(world.organizationId, token)
    await members.changeRole(victim.id, 'admin')
    for (const act of [
      () => members.changeRole(victim.id, 'owner'), () => members.remove(owner.id),
    ]) {
      await expect(act()).rejects.toThrow(Forbidden)
    }
  })

  it('keep their last owner in any race of leaving, demotion and removal', async () => {
    for (let round = 0; round < 5; round++) {
      const world = await open()
      const two = [await joined(world, 'owner'), await joined(world, 'owner')] as const
      const attempts = Array.from({ length: 20 }, (_, index) => {
        const [one, other] = index % 2 === 0 ? two : [two[1], two[0]]
        const { members } = one.stores
        const { organizations } = world.holdfast
        const acts = [
          () => members.leave(), () => members.changeRole(other.id, 'member'),
          () => members.remove(other.id), () => members.changeRole(one.id, 'admin'),
          () => organizations.addMember(
            { organizationId: world.organizationId, userId: one.id }, 'member'),
          () => organizations.release(other.id),
        ]
        return acts[(index + round) % acts.length]!()
      })
      const outcomes = await Promise.allSettled(attempts)
      expect(await owners(world)).toBe(1)
      const reasons = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []))
      expect(reasons.length).toBeGreaterThan(0)
      for (const reason of reasons) {
        const kinds = [LastOwner, Forbidden, MemberNotFound]
        expect(kinds.some((kind) => reason instanceof kind)).toBe(true)
      }
    }
  })

  it('are paged to the end, and unseen by a neighbour', async () => {
    const world = await open()
    const ids: string[] = []
    for (let count = 0; count < 11; count++) ids.push((await joined(world, 'owner')).id)
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await world.organization.members.list({ limit: 4, cursor })
      seen.push(...page.data.map(({ userId }) => userId))
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined)
    expect(seen).toEqual(ids)
    const { members } = world.neighbour
    expect((await members.list()).data).toEqual([])
    const { nextCursor } = await world.organization.members.list({ limit: 1 })
    await expect(members.list({ cursor: nextCursor! })).rejects.toThrow(InvalidCursor)
    for (const attempt of [
      () => members.get(ids[0]!), () => members.changeRole(ids[0]!, 'member'),
      () => members.remove(ids[0]!),
    ]) {
      await expect(attempt()).rejects.toThrow(MemberNotFound)
    }
    expect(await owners(world)).toBe(11)
  })
})
