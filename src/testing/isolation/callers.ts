import { type Estate, personIn, type RoleName } from './estate.js'

/** Somebody who calls, and in which organization. */
export interface Caller {
  readonly name: string
  /** Undefined: no token at all. */
  readonly token: string | undefined
  /** For `Holdfast-Organization`; a service token has its own. */
  readonly organization?: string
}

/** A person of the organization, by role. */
export function personCaller({ people, organizationId }: Estate, role: RoleName): Caller {
  return { name: role, token: people[role].token, organization: organizationId }
}

/** A caller whose token may be ended, with the rights of another. */
export async function spareCaller(estate: Estate, caller: Caller): Promise<Caller> {
  const { holdfast, people } = estate
  const person = Object.values(people).find(({ token }) => token === caller.token)
  if (person === undefined) return caller
  const { token } = await holdfast.identity.logIn(person)
  return { ...caller, token }
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
