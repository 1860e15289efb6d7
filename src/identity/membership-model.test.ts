import fc from 'fast-check'
import { expect, it } from 'vitest'
import { HoldfastError } from '../errors.js'
import { contract, type ContractWorld } from '../testing/index.js'
import { type Role } from './index.js'

const rank: Record<Role, number> = { owner: 3, admin: 2, member: 1 }
const people = 5
const person = fc.nat({ max: people - 1 })
const role = fc.constantFrom<Role>('owner', 'admin', 'member')

/** One thing somebody tries; most of them must not. */
const attempts = fc.oneof(
  fc.record({ act: fc.constant('invite' as const), by: person, whom: person, role }),
  fc.record({ act: fc.constant('accept' as const), by: person, token: fc.nat({ max: 20 }) }),
  fc.record({ act: fc.constant('revoke' as const), by: person, token: fc.nat({ max: 20 }) }),
  fc.record({ act: fc.constant('change' as const), by: person, whom: person, role }),
  fc.record({ act: fc.constant('remove' as const), by: person, whom: person }),
  fc.record({ act: fc.constant('leave' as const), by: person }),
)
type Attempt = typeof attempts extends fc.Arbitrary<infer A> ? A : never

interface Issued {
  readonly token: string
  readonly id: string
  readonly whom: number
  readonly role: Role
  readonly by: number
  state: 'open' | 'gone'
}

/** What must hold, kept beside the real thing. */
class Model {
  readonly roles = new Map<number, Role>([[0, 'owner']])
  readonly issued: Issued[] = []

  rankOf(who: number): number {
    const own = this.roles.get(who)
    return own === undefined ? 0 : rank[own]
  }

  /** Whether one may do to another what takes at least these roles. */
  may(by: number, ...touched: (Role | undefined)[]): boolean {
    const least = Math.max(rank.admin, ...touched.map((each) => (each ? rank[each] : 0)))
    return this.rankOf(by) >= least
  }

  isLastOwner(who: number): boolean {
    const owners = [...this.roles.values()].filter((each) => each === 'owner')
    return this.roles.get(who) === 'owner' && owners.length === 1
  }

  /** Takes effect of a role that is now lower, or gone. */
  lowered(who: number): void {
    for (const each of this.issued) {
      const own = this.rankOf(who) < rank.admin ? 0 : this.rankOf(who)
      if (each.by === who && rank[each.role] > own) each.state = 'gone'
    }
  }

  expects(attempt: Attempt): boolean {
    const { by } = attempt
    const known = 'token' in attempt ? this.issued[attempt.token] : undefined
    switch (attempt.act) {
      case 'invite':
        return this.may(by, attempt.role) && !this.roles.has(attempt.whom)
      case 'accept':
        return known?.state === 'open' && known.whom === by && !this.roles.has(by)
      case 'revoke':
        return known?.state === 'open' && this.may(by, known.role)
      case 'change': {
        const held = this.roles.get(attempt.whom)
        const isSafe = held === attempt.role || !this.isLastOwner(attempt.whom)
        return held !== undefined && this.may(by, held, attempt.role) && isSafe
      }
      case 'remove': {
        const held = this.roles.get(attempt.whom)
        return held !== undefined && this.may(by, held) && !this.isLastOwner(attempt.whom)
      }
      case 'leave':
        return this.roles.has(by) && !this.isLastOwner(by)
    }
  }

  apply(attempt: Attempt, made?: { token: string; id: string }): void {
    const { act, by } = attempt
    if (act === 'invite') {
      for (const each of this.issued) if (each.whom === attempt.whom) each.state = 'gone'
      this.issued.push({ ...made!, whom: attempt.whom, role: attempt.role, by, state: 'open' })
    } else if (act === 'accept') {
      const used = this.issued[attempt.token]!
      used.state = 'gone'
      this.roles.set(by, used.role)
    } else if (act === 'revoke') {
      this.issued[attempt.token]!.state = 'gone'
    } else if (act === 'change') {
      this.roles.set(attempt.whom, attempt.role)
      this.lowered(attempt.whom)
    } else {
      const who = act === 'remove' ? attempt.whom : by
      this.roles.delete(who)
      this.lowered(who)
    }
  }
}

async function run(world: ContractWorld, sequence: readonly Attempt[]): Promise<void> {
  const { holdfast } = world
  const { id: organizationId } = await holdfast.organizations.create({ name: 'model' })
  const users = await Promise.all(Array.from({ length: people }, () =>
    holdfast.identity.createUser({ email: `${holdfast.ids.next()}@model.test` })))
  await holdfast.organizations.addMember({ organizationId, userId: users[0]!.id }, 'owner')
  const model = new Model()
  const stores = (by: number) => {
    const { id: userId } = users[by]!
    const actor = { id: `user:${userId}`, userId }
    return { ...holdfast.organization(organizationId, actor), actor }
  }
  for (const attempt of sequence) {
    const { members, invitations, actor } = stores(attempt.by)
    const perform = async () => {
      if (attempt.act === 'invite') {
        const { email } = users[attempt.whom]!
        const created = await invitations.create({ email, role: attempt.role })
        return { token: created.token, id: created.invitation.id }
      }
      const token = 'token' in attempt ? model.issued[attempt.token] : undefined
      if (attempt.act === 'accept') {
        await holdfast.organizations.as(actor).accept(token?.token ?? 'x', actor.userId)
      }
      if (attempt.act === 'revoke') await invitations.revoke(token?.id ?? holdfast.ids.next())
      if (attempt.act === 'change') {
        await members.changeRole(users[attempt.whom]!.id, attempt.role)
      }
      if (attempt.act === 'remove') await members.remove(users[attempt.whom]!.id)
      if (attempt.act === 'leave') await members.leave()
      return undefined
    }
    const expected = model.expects(attempt)
    const outcome = await perform().then((made) => ({ made }), (error: unknown) => ({ error }))
    expect({ attempt, done: 'made' in outcome }).toEqual({ attempt, done: expected })
    if ('made' in outcome) model.apply(attempt, outcome.made)
    else expect(HoldfastError.isInstance(outcome.error)).toBe(true)
    const { data } = await holdfast.organization(organizationId).members.list()
    const roles = data.map((each) => [users.findIndex(({ id }) => id === each.userId), each.role])
    expect(new Map(roles as [number, Role][])).toEqual(model.roles)
    expect(data.some((each) => each.role === 'owner')).toBe(true)
  }
}

contract('members and invitations', (open) => {
  it('obey the rules in any sequence: an owner stays, nobody rises above who invites', async () => {
    const world = await open()
    const sequences = fc.array(attempts, { minLength: 5, maxLength: 40 })
    const seed = Number(process.env.HOLDFAST_TEST_SEED ?? Date.now() % 2 ** 31)
    await fc.assert(fc.asyncProperty(sequences, (sequence) => run(world, sequence)),
      { numRuns: 15, seed, endOnFailure: false })
  }, 120_000)
})
