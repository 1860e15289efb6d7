import { type Estate, type Ids, newPlace, personIn, type RoleName } from './estate.js'

/** Somebody who calls, and in which organization. */
export interface Caller {
  readonly name: string
  /** Undefined: no token at all. */
  readonly token: string | undefined
  /** For `Holdfast-Organization`; a service token has its own. */
  readonly organization?: string
  /** The user behind it. */
  readonly userId?: string
  /** What a person is there. */
  readonly role?: RoleName
  /** All that a service token may, when not everything. */
  readonly scope?: string
}

/** A person of the organization, by role. */
export function personCaller({ people, organizationId }: Estate, role: RoleName): Caller {
  const { token, userId } = people[role]
  return { name: role, token, organization: organizationId, userId, role }
}

/** A service token of the organization that may do everything, made by its owner. */
export function tokenCaller({ token, people }: Estate): Caller {
  return { name: 'a token for *', token, userId: people.owner.userId }
}

/** What a call takes from whoever makes it; it is made by somebody who can do without. */
export type Spent = 'session' | 'person' | 'organization'

/** Who calls, and what this changes in what is named. */
export interface Calls {
  readonly caller: Caller
  readonly ids: Ids
}

/** Somebody with the caller's rights, who can do without what it takes. Tokens lose nothing. */
export async function spareCaller(
  estate: Estate,
  caller: Caller,
  spent: Spent | undefined,
): Promise<Calls> {
  const { holdfast, people, mark, secret } = estate
  const person = Object.values(people).find(({ token }) => token === caller.token)
  if (person === undefined || spent === undefined) return { caller, ids: {} }
  if (spent === 'session') {
    const { token } = await holdfast.identity.logIn(person)
    return { caller: { ...caller, token }, ids: {} }
  }
  const { organizationId, slug } = spent === 'person'
    ? estate : await newPlace(holdfast, { mark, secret })
  const spare = await personIn(holdfast, organizationId, { mark, role: caller.role })
  const { token, userId, password } = spare
  return {
    caller: { ...caller, token, userId, organization: organizationId }, ids: { password, slug },
  }
}

/** One person who owns two organizations, calling first in the one, then in the other. */
export async function bothCallers(
  [first, second]: readonly [Estate, Estate],
  spent: Spent | undefined,
): Promise<readonly [Calls, Calls]> {
  const { holdfast, mark } = second
  const places = spent === 'organization'
    ? [await newPlace(holdfast, second), await newPlace(holdfast, second)] : [first, second]
  const { userId, token } = await personIn(holdfast, places[0]!.organizationId, {
    mark: `${mark}-both`, role: 'owner',
  })
  await holdfast.organizations.addMember(
    { organizationId: places[1]!.organizationId, userId }, 'owner')
  const [one, other] = places.map(({ organizationId, slug }) =>
    ({ caller: { name: 'both', token, userId, organization: organizationId }, ids: { slug } }))
  return [one!, other!]
}

/** Nobody, and everybody whose token is good for nothing any more. */
export async function deadCallers(estate: Estate): Promise<Caller[]> {
  const { holdfast, stores, organizationId, mark, secret, token } = estate
  const { database } = holdfast
  const past = '2020-01-01T00:00:00.000000Z' as never
  const serviceToken = async () => stores.serviceTokens.create({ name: secret, scopes: ['*'] })
  const owner = async () => personIn(holdfast, organizationId, { mark, role: 'admin' })

  const revoked = await serviceToken()
  await stores.serviceTokens.revoke(revoked.serviceToken.id)
  const [expired, deleted] = [await serviceToken(), await serviceToken()]
  const [ended, late, disabled] = [await owner(), await owner(), await owner()]
  const tokenOf = (id: string) => ['id', '=', id as never] as const
  const sessionOf = (userId: string) => ['user_id', '=', userId as never] as const
  await database.run(database.write.updateTable('service_tokens').set({ expires_at: past })
    .where(...tokenOf(expired.serviceToken.id)))
  await database.run(database.write.deleteFrom('service_tokens')
    .where(...tokenOf(deleted.serviceToken.id)))
  await database.run(database.write.updateTable('login_sessions').set({ revoked_at: past })
    .where(...sessionOf(ended.userId)))
  await database.run(database.write.updateTable('login_sessions').set({ expires_at: past })
    .where(...sessionOf(late.userId)))
  await database.run(database.write.updateTable('users').set({ active: 0 as never })
    .where(...tokenOf(disabled.userId)))

  const changed = `${token.slice(0, 12)}${token[12] === 'x' ? 'y' : 'x'}${token.slice(13)}`
  const tokens = {
    'an expired service token': expired.token, 'a revoked service token': revoked.token,
    'a deleted service token': deleted.token, 'an expired session': late.token,
    'a revoked session': ended.token, 'a disabled user': disabled.token,
    'a changed token': changed, 'a malformed token': 'x',
  }
  const dead = Object.entries(tokens)
    .map(([name, each]) => ({ name, token: each, organization: organizationId }))
  return [{ name: 'anonymous', token: undefined, organization: organizationId }, ...dead]
}
