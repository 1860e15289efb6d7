import { randomBytes } from 'node:crypto'
import { type Holdfast, type OrganizationStores } from '../../holdfast.js'

/** What calls name: ids and names in an organization, by the name of the parameter. */
export type Ids = Readonly<Record<string, string | number>>

/** Roles, weakest first. */
export const roles = ['member', 'admin', 'owner'] as const
export type RoleName = (typeof roles)[number]

/** Somebody who has logged in. */
export interface Person {
  readonly userId: string
  readonly email: string
  readonly password: string
  /** A session's. */
  readonly token: string
}

/** An organization with something in every table, full of two words that stand nowhere else. */
export interface Estate {
  readonly organizationId: string
  readonly slug: string
  /** Stands in every name: whoever calls may guess and say it. */
  readonly mark: string
  /** Stands in every content: nobody else can come by it. */
  readonly secret: string
  readonly holdfast: Holdfast
  readonly stores: OrganizationStores
  readonly people: Readonly<Record<RoleName, Person>>
  /** A service token with every scope, made by the owner. */
  readonly token: string
  readonly ids: Ids
}

/** A word of lower-case letters and digits that nothing else holds. */
export function newWord(kind: string): string {
  return `${kind}${randomBytes(8).toString('hex')}`
}

const counts = new Map<string, number>()

/** 1, 2, 3, …: estates that are treated alike get names that are alike. */
export function nextOf(mark: string): number {
  const next = (counts.get(mark) ?? 0) + 1
  counts.set(mark, next)
  return next
}

/** Makes an organization in which every list has more than one page of one. */
export async function furnish(holdfast: Holdfast, kind = 'mark'): Promise<Estate> {
  const [mark, secret] = [newWord(kind), newWord('secret')]
  const { id: organizationId, slug } = await holdfast.organizations.create({ name: secret })
  const people = {
    owner: await personIn(holdfast, organizationId, { mark, role: 'owner' }),
    admin: await personIn(holdfast, organizationId, { mark, role: 'admin' }),
    member: await personIn(holdfast, organizationId, { mark, role: 'member' }),
  }
  const { userId } = people.owner
  const stores = holdfast.organization(organizationId, { id: `user:${userId}`, userId })
  const { token, serviceToken } = await stores.serviceTokens.create(
    { name: `token of ${secret}`, scopes: ['*'] }, userId)
  await stores.serviceTokens.create({ name: secret, scopes: ['jobs:read'] }, userId)
  const words = { mark, secret }
  const ids = {
    user_id: userId,
    email: people.owner.email,
    service_token_id: serviceToken.id,
    scope: 'conversations:read',
    ...await talkIn(stores, words),
    ...await workIn(stores, words),
    ...await lockIn(stores, words),
  }
  await stores.settings.update('organization', { [secret]: { words: secret } })
  await stores.settings.update('user', { mine: secret })
  return { organizationId, slug, mark, secret, holdfast, stores, people, token, ids }
}

interface Joining {
  readonly mark: string
  /** Undefined: of no organization. */
  readonly role?: RoleName
}

/** A new person who has logged in, a member of the organization if a role is said. */
export async function personIn(
  holdfast: Holdfast,
  organizationId: string,
  { mark, role }: Joining,
): Promise<Person> {
  const email = `${mark}-${nextOf(mark)}@isolation.test`
  const password = `words of ${mark}`
  const { id: userId } = await holdfast.identity.createUser({
    email, password, displayName: `${mark} ${role ?? 'nobody'}`,
  })
  if (role !== undefined) await holdfast.organizations.addMember({ organizationId, userId }, role)
  const { token } = await holdfast.identity.logIn({ email, password })
  return { userId, email, password, token }
}

/** The words that fill an estate. */
export type Words = Pick<Estate, 'mark' | 'secret'>

/** Two conversations with two messages each; the ids of the last. */
export async function talkIn({ conversations, messages }: OrganizationStores, { secret }: Words) {
  const talk = async () => {
    const { id } = await conversations.create({ title: secret, metadata: { secret } })
    const [, message] = await messages.appendMany(id, [1, 2].map((number) => (
      { role: 'user', content: `${secret} ${number}`, metadata: { secret } })))
    return { conversation_id: id, message_id: message!.id }
  }
  await talk()
  return talk()
}

/** Queues with jobs in several states, and schedules; an active job's ids. */
export async function workIn({ queues, schedules }: OrganizationStores, { mark, secret }: Words) {
  const queue = `q-${mark}`
  await queues.enqueue(`other-${mark}`, { payload: secret })
  for (const number of [1, 2, 3]) {
    await queues.enqueue(queue, { payload: secret, dedupeKey: `${mark}-${number}` })
  }
  const [job] = await queues.claim(queue, { worker: `worker ${secret}`, leaseSeconds: 3_600 })
  const made = { queue, cron: '0 0 1 1 *', payload: secret }
  await schedules.create({ ...made, name: `other-${mark}` })
  await schedules.create({ ...made, name: `s-${mark}` })
  return {
    queue, schedule: `s-${mark}`, dedupe_key: `${mark}-2`, job_id: job!.id, attempt: job!.attempt,
  }
}

/** Two locks that are held for long; the ids of the last. */
export async function lockIn({ locks }: OrganizationStores, { mark }: Words) {
  const options = { ttlSeconds: 3_600, renewing: false, waitMs: 0 }
  await locks.acquire(`other ${mark}`, options)
  const name = `lock ${mark}`
  const { owner, fence } = await locks.acquire(name, { ...options, owner: `holder ${mark}` })
  return { name, owner, fence }
}
