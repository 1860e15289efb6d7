import { randomBytes } from 'node:crypto'
import { createChatKitStore } from '../../adapters/chatkit/index.js'
import { type Holdfast, type OrganizationStores } from '../../holdfast.js'
import { envelopesIn } from './envelopes.js'

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
  /** Names that cannot be made up, of what is there no more. */
  readonly gone: Ids
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

/** Where an estate is made when not in an organization of its own. */
export interface Place {
  readonly organizationId: string
  readonly slug: string
}

/** Makes an organization in which every list has more than one page of one. */
export async function furnish(holdfast: Holdfast, kind = 'mark', place?: Place): Promise<Estate> {
  const [mark, secret] = [newWord(kind), newWord('secret')]
  const { organizationId, slug } = place ?? await newPlace(holdfast, { mark, secret })
  const people = {
    owner: await personIn(holdfast, organizationId, { mark, role: 'owner' }),
    admin: await personIn(holdfast, organizationId, { mark, role: 'admin' }),
    member: await personIn(holdfast, organizationId, { mark, role: 'member' }),
  }
  const { userId, email } = people.owner
  const stores = holdfast.organization(organizationId, { id: `user:${userId}`, userId })
  const { token, serviceToken } = await stores.serviceTokens.create(
    { name: `token of ${secret}`, scopes: ['*'] }, userId)
  await stores.serviceTokens.update(serviceToken.id, { name: `named ${secret}` })
  await stores.serviceTokens.create({ name: secret, scopes: ['jobs:read'] }, userId)
  const words = { mark, secret }
  const tree = await treeIn(stores, words)
  const ids = {
    user_id: userId, email, slug, service_token_id: serviceToken.id, scope: 'conversations:read',
    ...tree, ...await workIn(stores, words), ...await lockIn(stores, words),
    ...await invitationsIn(stores, words), ...await streamIn(stores, words),
    ...await attachmentIn(stores, words, tree.conversation_id), ...await flowIn(stores, words),
    ...await tunedIn(stores, words), ...await memoryIn(stores, words),
    ...await threadsIn(stores, words), ...await agentIn(stores, words),
    ...await envelopesIn(stores, words, tree.conversation_id),
  }
  const gone = await endedInvitation(stores, words)
  const estate = {
    organizationId, slug, mark, secret, holdfast, stores, people, token, ids, gone,
  }
  await keepSecrets(estate)
  await ownPlaces(estate)
  await talkInChatKit(estate)
  await stores.settings.update('organization', { [secret]: { words: secret } })
  await stores.settings.update('user', { mine: secret })
  await sealTwice(stores)
  await holdfast.indexer().pass()
  await useIn(holdfast, stores, words)
  await holdfast.webhookReceiver.receive(String(ids.webhook_id), {
    method: 'POST', query: {}, headers: {}, body: Buffer.from(secret),
    header: (name) => (name === 'idempotency-key' ? secret : undefined),
  })
  const { session } = await holdfast.identity.logIn(people.owner)
  return { ...estate, ids: { ...ids, session_id: session.id } }
}

/** Something in every table of the organization `default`. */
export async function furnishHome(holdfast: Holdfast): Promise<Estate> {
  const { id: organizationId, slug } = await holdfast.organizations.get('default')
  return furnish(holdfast, 'home', { organizationId, slug })
}

/** An organization whose slug may be guessed. */
export async function newPlace(holdfast: Holdfast, { mark, secret }: Words): Promise<Place> {
  const { id: organizationId, slug } = await holdfast.organizations.create({
    name: secret, slug: `of-${mark}-${nextOf(mark)}`,
  })
  return { organizationId, slug }
}

/** A thread of ChatKit with an attachment. */
async function talkInChatKit({ holdfast, organizationId, secret }: Estate): Promise<void> {
  const store = createChatKitStore(holdfast)
  const [id, context] = [`thr_${secret}`, { organizationId }]
  await store.saveThread({ id, created_at: '2026-01-31T12:00:00Z', title: secret }, context)
  await store.saveAttachment({ id: `atc_${secret}`, thread_id: id, name: secret }, context)
}

/** Secrets under one name for the organization and each of its people, beside another. */
async function keepSecrets({ holdfast, organizationId, stores, people, ids, secret }: Estate) {
  const storesOf = (userId: string) =>
    holdfast.organization(organizationId, { id: `user:${userId}`, userId }).ownSecrets
  const owners = Object.values(people).map(({ userId }) => storesOf(userId))
  for (const store of [stores.secrets, ...owners]) {
    for (const name of [`other ${String(ids.name)}`, String(ids.name)]) {
      await store.create({ name, value: secret, description: secret })
    }
  }
}

/** The owner has an organization of their own, and calls go to the estate's all the same. */
async function ownPlaces({ holdfast: { organizations }, people, organizationId, mark }: Estate) {
  const { userId: id, email } = people.owner
  await organizations.createPersonal({ id, email, displayName: `${mark} home` })
  await organizations.choose(id, organizationId)
}

/** Two signed heads, where there is a key. */
async function sealTwice({ audit, locks }: OrganizationStores): Promise<void> {
  await audit.seal()
  await locks.acquire('seized', { renewing: false, waitMs: 0 })
  await locks.forceRelease('seized')
  await audit.seal()
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

/** Somebody without a password, a member of the organization if a role is said. */
export async function guestIn(
  { identity, organizations }: Holdfast,
  organizationId: string,
  { mark, role }: Joining,
): Promise<{ user_id: string }> {
  const email = `${mark}-${nextOf(mark)}@isolation.test`
  const { id: userId } = await identity.createUser({ email })
  if (role !== undefined) await organizations.addMember({ organizationId, userId }, role)
  return { user_id: userId }
}

/** The words that fill an estate. */
export type Words = Pick<Estate, 'mark' | 'secret'>

/** A conversation with two messages and two states; the ids of the last of each. */
export async function talkIn(
  { conversations, messages, contexts, states, participants, floors }: OrganizationStores,
  { mark, secret }: Words,
) {
  const { id } = await conversations.create({ title: secret, metadata: { secret } })
  const [, message] = await messages.appendMany(id, [1, 2].map((number) => (
    { role: 'user', content: `${secret} ${number}`, metadata: { secret } })))
  await contexts.putSummary(id, { text: secret, upToMessageId: message!.id })
  for (const name of ['other_state', 'graph_state', 'graph_state']) {
    await states.put({ conversationId: id, name }, { secret })
  }
  const participant = `agent:${mark}`
  for (const each of [`agent:other/${mark}`, participant]) {
    const draft = { role: 'member', displayName: secret, metadata: { secret } } as const
    await participants.put({ conversationId: id, participant: each }, draft)
  }
  // The first holds the floor, the second waits.
  for (const speakerUri of [`${mark}/holder`, `${mark}/waiter`]) {
    await floors.request({ conversationId: id, speakerUri }, { reason: secret })
  }
  return {
    conversation_id: id, message_id: message!.id, state: 'graph_state', revision: 1, participant,
    holder: `${mark}/holder`, waiter: `${mark}/waiter`,
  }
}

/** Two agents that are registered; the name of the last. */
export async function agentIn({ agents }: OrganizationStores, { mark, secret }: Words) {
  const names = [`tag:other/${mark}`, `tag:agent/${mark}`]
  for (const speakerUri of names) {
    await agents.register({
      // Nothing ends by itself: rows are compared.
      speakerUri, ttlSeconds: null, capabilities: [secret], metadata: { secret },
      manifest: {
        identification: { speakerUri, serviceUrl: 'https://agent.test', synopsis: secret },
        capabilities: [{
          keyphrases: [mark, secret], descriptions: [secret], languages: ['et'],
        }],
      },
    })
  }
  return { speaker_uri: names[1]!, keyphrase: mark }
}

/** Two conversations, the last with two roots; the ids of a message with two children. */
async function treeIn(stores: OrganizationStores, words: Words) {
  await talkIn(stores, words)
  const ids = await talkIn(stores, words)
  const { conversation_id: conversationId, message_id: parentMessageId } = ids
  const said = { role: 'assistant', content: words.secret }
  await stores.messages.append(conversationId, { ...said, parentMessageId: null })
  for (const content of [words.secret, `${words.secret} again`]) {
    await stores.messages.append(conversationId, { ...said, content, parentMessageId })
  }
  return ids
}

/** Two open invitations; the id and token of the last. */
export async function invitationsIn({ invitations }: OrganizationStores, { mark }: Words) {
  const invite = () => invitations.create({
    email: `${mark}-${nextOf(mark)}@invited.test`, role: 'member',
  })
  await invite()
  const { token, invitation } = await invite()
  return { invitation_id: invitation.id, invitation_token: token }
}

/** The token of an invitation that was taken back. */
async function endedInvitation(stores: OrganizationStores, words: Words): Promise<Ids> {
  const { invitation_id: id, invitation_token: token } = await invitationsIn(stores, words)
  await stores.invitations.revoke(id)
  return { invitation_token: token }
}

/** Queues with jobs in several states, schedules, and a webhook; an active job's ids. */
export async function workIn(
  { queues, schedules, webhooks }: OrganizationStores, { mark, secret }: Words,
) {
  const queue = `q-${mark}`
  await queues.enqueue(`other-${mark}`, { payload: secret })
  for (const number of [1, 2, 3]) {
    await queues.enqueue(queue, { payload: secret, dedupeKey: `${mark}-${number}` })
  }
  const [job] = await queues.claim(queue, { worker: `worker ${secret}`, leaseSeconds: 3_600 })
  const made = { queue, cron: '0 0 1 1 *', payload: secret }
  await schedules.create({ ...made, name: `other-${mark}` })
  await schedules.create({ ...made, name: `s-${mark}` })
  const called = { queue, authentication: { kind: 'none' }, rate: null } as const
  await webhooks.create({ ...called, name: `other-${mark}`, requiredHeaders: { 'x-a': secret } })
  const { id } = await webhooks.create({ ...called, name: `w-${mark}` })
  return {
    queue, schedule: `s-${mark}`, dedupe_key: `${mark}-2`, job_id: job!.id, attempt: job!.attempt,
    webhook_id: id,
  }
}

/** Events of two models, the last one not rolled up until another estate is made. */
async function useIn(holdfast: Holdfast, { usage }: OrganizationStores, { secret }: Words) {
  const event = { type: 'model_call', durationMs: 1, data: { secret }, costUsd: '0.5' }
  await usage.record({ ...event, model: secret, occurredAt: '2026-01-31T12:00:00.000000Z' })
  await holdfast.usageKeeper().pass()
  await usage.record({ ...event, model: 'other', occurredAt: '2026-01-31T13:00:00.000000Z' })
}

/** Two tuning checkpoints of a workflow, the last one best; its ids. */
export async function tunedIn(
  { tuning, workflows }: OrganizationStores,
  { secret }: Words,
) {
  const { id: workflowId } = await workflows.create({ name: secret })
  const tried = { runnableConfig: { secret }, metrics: { loss: 1 }, metadata: { secret } }
  await tuning.record(workflowId, tried)
  const { id } = await tuning.record(workflowId, { ...tried, best: true })
  return { workflow_id: workflowId, tuning_checkpoint_id: id }
}

/** Two streams, the last by a producer; its path, also as the source of a fork. */
export async function streamIn({ streams }: OrganizationStores, { mark, secret }: Words) {
  const made = { contentType: 'text/plain', data: secret }
  await streams.create(`other/${mark}`, made)
  const path = `stream/${mark}`
  await streams.create(path, made)
  await streams.append(path, secret, { producer: { id: mark, epoch: 0, seq: 0 } })
  return { path, source: path }
}

/** Two attachments with the same bytes; the id of the last. */
export async function attachmentIn(
  { attachments }: OrganizationStores,
  { secret }: Words,
  conversationId: string | null,
) {
  const made = async () => {
    const { id } = await attachments.create({ name: secret, conversationId })
    await attachments.put(id, (async function* () { yield Buffer.from(secret) })())
    return (await attachments.complete(id)).id
  }
  await made()
  return { attachment_id: await made() }
}

/** Two items and two cached values, below one label; the names of the last of each. */
export async function memoryIn({ items, cache }: OrganizationStores, { mark, secret }: Words) {
  const namespace = ['memory', `label-${mark}`]
  const named = (key: string) => ({ namespace, key })
  const bytes = Buffer.from(secret)
  for (const key of ['other', `item-${mark}`]) {
    await items.put({ ...named(key), value: { secret } })
    await cache.put([{ ...named(key), value: { type: 'text', bytes } }])
  }
  return { label: `label-${mark}`, item_key: `item-${mark}` }
}

/** A policy, a key, and two threads; the names of the last. */
async function threadsIn(stores: OrganizationStores, words: Words) {
  await stores.checkpoints.setPolicy({ encrypts: true })
  await stores.checkpoints.setPolicy({ encrypts: false, keepLast: 100 })
  await threadIn(stores, { ...words, mark: `other-${words.mark}` })
  return threadIn(stores, words)
}

/** A thread with two checkpoints and writes; its name and that of the last. */
export async function threadIn({ checkpoints }: OrganizationStores, { mark, secret }: Words) {
  const threadId = `thread-${mark}`
  const value = { type: 'text', bytes: Buffer.from(secret.repeat(100)) }
  const write = { index: 0, channel: secret, value }
  const named = (each: number) => `checkpoint-${each}-${mark}`
  for (const each of [1, 2]) {
    await checkpoints.put({
      threadId, checkpointId: named(each), parentId: each === 1 ? null : named(1), state: value,
      metadata: { secret }, channelVersions: { [secret]: each }, values: { [secret]: value },
      runId: `run-${mark}`, writes: [{ taskId: secret, writes: [write] }],
    })
  }
  return { thread_id: threadId, checkpoint_id: named(2), graph_run: `run-${mark}` }
}

/** Two locks that are held for long; the ids of the last. */
export async function lockIn({ locks }: OrganizationStores, { mark }: Words) {
  const options = { ttlSeconds: 3_600, renewing: false, waitMs: 0 }
  await locks.acquire(`other ${mark}`, options)
  const name = `lock ${mark}`
  const { owner, fence } = await locks.acquire(name, { ...options, owner: `holder ${mark}` })
  return { name, owner, fence }
}

/** Two workflows, the last with two versions and a running run of two steps; their names. */
export async function flowIn({ workflows, runs }: OrganizationStores, { mark, secret }: Words) {
  const made = { name: secret, description: secret, tags: [secret], metadata: { secret } }
  await workflows.create({ ...made, handle: `other-${mark}` })
  const { id: workflowId } = await workflows.create({ ...made, handle: `flow-${mark}` })
  for (const notes of [secret, `${secret} again`]) {
    await workflows.createVersion(workflowId, { graph: { secret, notes }, notes })
  }
  const given = { input: secret, tags: [secret], metadata: { secret }, queue: null }
  await runs.create(workflowId, given)
  const { id } = await runs.create(workflowId, given)
  await runs.start(id)
  await runs.steps.append(id, { name: secret, key: secret, output: secret })
  await runs.steps.append(id, { name: secret, status: 'running', input: secret })
  return { workflow: `flow-${mark}`, run_id: id, version: 1, number: 2 }
}
