import { expect, it } from 'vitest'
import { instantOf } from '../clock.js'
import { InvalidCursor } from '../database/page.js'
import { programActor } from '../scope.js'
import { contract, type ContractWorld, ManualClock } from '../testing/index.js'
import {
  AlreadyMember, Forbidden, InvitationNotFound, InvitationStore, OrganizationStore, type Role,
} from './index.js'
import { newToken } from './tokens.js'

const dayMs = 86_400_000

async function person({ holdfast: { identity, ids } }: ContractWorld, email?: string) {
  return identity.createUser({ email: email ?? `${ids.next()}@invited.test` })
}

/** Invitations of our organization and their use, on a clock of their own. */
async function clocked(world: ContractWorld, role?: Role) {
  const { holdfast: { database, ids, organizations }, organizationId } = world
  const clock = new ManualClock()
  const source = { clock, ids }
  let actor = programActor
  if (role !== undefined) {
    const { id: userId } = await person(world)
    await organizations.addMember({ organizationId, userId }, role)
    actor = { id: `user:${userId}`, userId }
  }
  return {
    clock, actor,
    invitations: new InvitationStore(database.as(), { organizationId, actor }, source),
    accept: (token: string, userId: string) =>
      new OrganizationStore(database.as(), source, { id: `user:${userId}`, userId })
        .accept(token, userId),
  }
}

contract('invitations', (open) => {
  it('go to no address that no user can have', async () => {
    const { invitations } = await clocked(await open())
    for (const email of [
      '', 'a', 'a@b@c', 'a b@c', 'bob@b.test\u200b', 'bob@b.te\ufe0fst', 'ﷺ@b.test',
    ]) {
      await expect(invitations.create({ email, role: 'member' })).rejects
        .toMatchObject({ code: 'invalid_input', field: 'email' })
    }
    expect((await invitations.list()).data).toEqual([])
  })

  it('make whoever has the address a member, once, and keep no token', async () => {
    const world = await open()
    const { invitations, accept, actor, clock } = await clocked(world, 'admin')
    const user = await person(world)
    const { token, invitation } = await invitations.create({ email: user.email, role: 'admin' })
    expect(token).toMatch(/^hf_in_[0-9A-Za-z]{36}$/)
    expect(invitation).toStrictEqual({
      id: invitation.id, organizationId: world.organizationId, email: user.email, role: 'admin',
      invitedBy: actor.userId, createdAt: instantOf(clock.now()),
      expiresAt: instantOf(clock.now() + 7 * dayMs),
    })
    expect((await invitations.list()).data).toStrictEqual([invitation])
    const { database } = world.holdfast
    const stored = JSON.stringify([
      await database.all(database.write.selectFrom('invitations').selectAll()),
      await database.all(database.write.selectFrom('audit_events').selectAll()),
    ])
    expect(stored).toContain(invitation.id)
    expect(stored).not.toContain(token.slice(6, 36))
    expect(await accept(token, user.id))
      .toMatchObject({ id: world.organizationId, role: 'admin' })
    await expect(accept(token, user.id)).rejects.toThrow(InvitationNotFound)
    expect((await invitations.list()).data).toEqual([])
    const told = await database.all(database.write.selectFrom('audit_events').select('action')
      .where('organization_id', '=', world.organizationId as never).orderBy('id'))
    expect(told.map(({ action }) => String(action)).slice(-3))
      .toEqual(['invitation.created', 'member.added', 'invitation.accepted'])
  })

  it('are bound to the address, whatever its case and Unicode form', async () => {
    const world = await open()
    const { invitations, accept } = await clocked(world)
    const mark = world.holdfast.ids.next()
    const user = await person(world, `ÉVA.${mark}@Invited.test`)
    const other = await person(world)
    const email = `e\u0301va.${mark}@INVITED.test`
    const { token } = await invitations.create({ email, role: 'member' })
    await expect(accept(token, other.id)).rejects.toThrow(InvitationNotFound)
    expect(await accept(token, user.id)).toMatchObject({ role: 'member' })
  })

  it('answer alike whatever is wrong with a token', async () => {
    const world = await open()
    const { invitations, accept, clock } = await clocked(world)
    const user = await person(world)
    const given = { email: user.email, role: 'member' } as const
    const { token: replaced } = await invitations.create(given)
    const { token: revoked, invitation } = await invitations.create(given)
    await invitations.revoke(invitation.id)
    await expect(invitations.revoke(invitation.id)).rejects.toThrow(InvitationNotFound)
    const { token } = await invitations.create({ ...given, expiresInDays: 1 })
    clock.advance(dayMs)
    const wrong = [
      replaced, revoked, token, newToken('invitation'), newToken('session'), `${token}x`, '',
      token.toUpperCase(),
    ]
    for (const each of wrong) {
      await expect(accept(each, user.id)).rejects.toMatchObject({
        code: 'invitation_not_found', message: 'There is no such invitation for this user.',
      })
    }
    expect((await invitations.list()).data).toEqual([])
    clock.advance(-1)
    expect(await accept(token, user.id)).toMatchObject({ role: 'member' })
  })

  it('are accepted once by 20 calls', async () => {
    const world = await open()
    const { invitations, accept } = await clocked(world)
    const user = await person(world)
    const { token } = await invitations.create({ email: user.email, role: 'member' })
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, () => accept(token, user.id)))
    const refused = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []))
    expect(refused).toHaveLength(19)
    for (const reason of refused) expect(reason).toBeInstanceOf(InvitationNotFound)
    expect((await world.organization.members.list()).data).toHaveLength(1)
  })

  it('replace the open one to the same address, 20 at once leave one', async () => {
    const world = await open()
    const { invitations, accept } = await clocked(world)
    const user = await person(world)
    const given = { email: user.email, role: 'member' } as const
    const made = await Promise.all(Array.from({ length: 20 }, () => invitations.create(given)))
    const { data } = await invitations.list()
    expect(data).toHaveLength(1)
    const outcomes = []
    for (const { token } of made) outcomes.push(await accept(token, user.id).catch(() => undefined))
    expect(outcomes.filter((each) => each !== undefined)).toHaveLength(1)
  })

  it('to a member are refused, to anybody else alike', async () => {
    const world = await open()
    const { invitations } = await clocked(world)
    const user = await person(world)
    const member = { organizationId: world.organizationId, userId: user.id }
    const { invitation } = await invitations.create({ email: user.email, role: 'owner' })
    await world.holdfast.organizations.addMember(member, 'member')
    expect((await invitations.list()).data).toEqual([])
    await expect(invitations.revoke(invitation.id)).rejects.toThrow(InvitationNotFound)
    await expect(invitations.create({ email: user.email.toUpperCase(), role: 'member' }))
      .rejects.toThrow(AlreadyMember)
    const known = await person(world)
    const [one, two] = [
      await invitations.create({ email: known.email, role: 'member' }),
      await invitations.create({ email: `x${known.email}`, role: 'member' }),
    ]
    const told = ({ invitation: { id: _, email: __, ...rest } }: typeof one) => rest
    expect(told(one)).toStrictEqual(told(two))
  })

  it('give no role above that of who invites, and end with it', async () => {
    const world = await open()
    const { holdfast: { organizations, ids }, organizationId } = world
    const email = () => `${ids.next()}@invited.test`
    for (const role of ['owner', 'admin', 'member'] as const) {
      const member = await clocked(world, 'member')
      await expect(member.invitations.create({ email: email(), role })).rejects.toThrow(Forbidden)
    }
    const admin = await clocked(world, 'admin')
    await expect(admin.invitations.create({ email: email(), role: 'owner' }))
      .rejects.toThrow(Forbidden)
    const owner = await clocked(world, 'owner')
    await clocked(world, 'owner')
    const byOwner = await owner.invitations.create({ email: email(), role: 'owner' })
    await expect(admin.invitations.revoke(byOwner.invitation.id)).rejects.toThrow(Forbidden)
    const kept = await owner.invitations.create({ email: email(), role: 'admin' })
    const listed = async () => (await owner.invitations.list()).data.map(({ id }) => id)
    expect(await listed()).toEqual([kept.invitation.id, byOwner.invitation.id])
    const former = { organizationId, userId: owner.actor.userId! }
    await organizations.addMember(former, 'admin')
    expect(await listed()).toEqual([kept.invitation.id])
    await world.organization.members.remove(former.userId)
    expect(await listed()).toEqual([])
  })

  it('refuse what is no address, no role and no number of days', async () => {
    const { organization: { invitations } } = await open()
    const good = { email: 'a@b.test', role: 'member' } as const
    const refused: (readonly [object, string])[] = [
      [{ email: '' }, 'email'], [{ email: 'a' }, 'email'], [{ email: 'a b@c' }, 'email'],
      [{ email: `${'x'.repeat(320)}@b` }, 'email'], [{ role: 'king' }, 'role'],
      [{ expiresInDays: 0 }, 'expires_in_days'], [{ expiresInDays: 31 }, 'expires_in_days'],
      [{ expiresInDays: 1.5 }, 'expires_in_days'],
    ]
    for (const [change, field] of refused) {
      await expect(invitations.create({ ...good, ...change })).rejects
        .toMatchObject({ code: 'invalid_input', field })
    }
    expect((await invitations.list()).data).toEqual([])
  })

  it('are paged newest first to the end, and unseen by a neighbour', async () => {
    const { organization: { invitations }, neighbour, holdfast: { ids } } = await open()
    const made: string[] = []
    for (let count = 0; count < 11; count++) {
      const { invitation } = await invitations.create({
        email: `${ids.next()}@invited.test`, role: 'member',
      })
      made.unshift(invitation.id)
    }
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await invitations.list({ limit: 4, cursor })
      seen.push(...page.data.map(({ id }) => id))
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined)
    expect(seen).toEqual(made)
    expect((await neighbour.invitations.list()).data).toEqual([])
    await expect(neighbour.invitations.revoke(made[0]!)).rejects.toThrow(InvitationNotFound)
    const { nextCursor } = await invitations.list({ limit: 1 })
    await expect(neighbour.invitations.list({ cursor: nextCursor! })).rejects
      .toThrow(InvalidCursor)
    expect((await invitations.list()).data).toHaveLength(11)
  })
})
