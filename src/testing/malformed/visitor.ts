import { type HttpWorld } from '../serving.js'
import { type Known } from './drafts.js'
import { type Operation } from './operations.js'

const password = 'correct horse battery'
/** Addresses that invitations go to in turn, so that there are never too many open ones. */
const addressesMax = 200
let turns = 0

/** The member or the invitation that an operation is about, made for it alone. */
export async function placeFor(
  { holdfast, organization, organizationId }: HttpWorld,
  { operationId, path }: Operation,
): Promise<Known> {
  if (path.includes('{user_id}')) {
    const { id: userId } = await holdfast.identity.createUser({
      email: `${holdfast.ids.next()}@campaign.test`,
    })
    await holdfast.organizations.addMember({ organizationId, userId }, 'member')
    const confirm: Known = operationId === 'eraseUser' ? { confirm: userId } : {}
    return { user_id: userId, role: 'member', ...confirm }
  }
  const email = `${operationId.toLowerCase()}-${turns++ % addressesMax}@campaign.test`
  if (operationId === 'createInvitation') return { email, role: 'member' }
  if (!path.includes('{invitation_id}')) return {}
  const { invitation } = await organization.invitations.create({ email, role: 'member' })
  return { invitation_id: invitation.id }
}

interface Person {
  readonly id: string
  readonly email: string
}

/** A person for what only persons do, each time in an organization that was made for it. */
export class Visitor {
  readonly #world: HttpWorld
  readonly #user: Person
  readonly #authorization: string

  private constructor(world: HttpWorld, user: Person, token: string) {
    this.#world = world
    this.#user = user
    this.#authorization = `Bearer ${token}`
  }

  /** Logs in. */
  static async enter(world: HttpWorld): Promise<Visitor> {
    const { identity, ids } = world.holdfast
    const email = `${ids.next()}@campaign.test`
    const user = await identity.createUser({ email, password })
    const { token } = await identity.logIn({ email, password })
    return new Visitor(world, user, token)
  }

  /** What makes the operation succeed; undefined when it is not for persons alone. */
  async visit({ operationId }: Operation): Promise<Known | undefined> {
    const only = [
      'leaveOrganization', 'deleteOrganization', 'chooseOrganization', 'acceptInvitation',
    ]
    if (!only.includes(operationId)) return undefined
    const { organizations } = this.#world.holdfast
    const { id, slug } = await organizations.create({ name: 'visited' })
    const authorization = this.#authorization
    if (operationId === 'acceptInvitation') {
      const { email } = this.#user
      const { invitations } = this.#world.holdfast.organization(id)
      return { authorization, token: (await invitations.create({ email, role: 'member' })).token }
    }
    const role = operationId === 'deleteOrganization' ? 'owner' : 'member'
    await organizations.addMember({ organizationId: id, userId: this.#user.id }, role)
    return { authorization, organization: id, confirm: slug, 'Holdfast-Organization': id }
  }
}
