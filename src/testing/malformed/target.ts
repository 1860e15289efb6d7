import { cursorOf } from '../../database/page.js'
import { type HttpClient } from '../http.js'
import { type HttpWorld } from '../serving.js'
import { type Target } from './campaign.js'
import { agentFor, envelopesFor, floorFor, hangingOn } from './conversing.js'
import { type Known } from './drafts.js'
import { type Operation } from './operations.js'
import { flowFor } from './running.js'
import { type Judging } from './verdicts.js'
import { placeFor, Visitor } from './visitor.js'

const unknownId = '00000000-0000-7000-8000-00000000dead'
const password = 'correct horse battery'
const queue = 'steady'
const strangerSecret = 'words of a stranger 5c1e'
/** A conversation is written to this often before another one takes its place. */
const writesMax = 400

/** A furnished world, and what must stand in it unchanged when a campaign is over. */
export interface Furnished extends Target {
  /** Everything a campaign must not have touched, as text. */
  untouched(): Promise<string>
}

/** A person would leave for good, or be the owner of ever more organizations. */
const leaving = ['logOut', 'createOrganization']

/** Fills a world with what requests need: a steady conversation, a stranger, a person. */
export async function furnish(
  world: HttpWorld,
  guest: HttpClient,
  given: Omit<Judging, 'strangerSecret'> & { readonly bodyLimitBytes: number },
): Promise<Furnished> {
  const stranger = await strange(world)
  const steady = await conversationIn(world.organization)
  const { email, username, token, userId } = await person(world)
  const [administrator, another] = [await administratorOf(world), await person(world)]
  const fresh = new FreshObjects(world)
  const visitor = await Visitor.enter(world)
  const authorizations = [`Bearer ${world.ourToken}`, `Bearer ${token}`]
  const { token: dead, serviceToken } = await world.organization.serviceTokens.create({
    name: 'revoked', scopes: ['*'],
  })
  await world.organization.serviceTokens.revoke(serviceToken.id)
  return {
    guest,
    judging: { ...given, strangerSecret },
    tools: {
      foreignIds: stranger.ids,
      ...cursorsOf(world, steady.conversationId),
      deadTokens: [dead, `${dead.slice(0, -1)}!`, 'x'],
      bodyLimitBytes: given.bodyLimitBytes,
    },
    async known(operation, chance) {
      const visit = await visitor.visit(operation)
      if (visit !== undefined) return visit
      const objects = await fresh.objectsFor(operation, steady)
      const isForTokens = leaving.includes(operation.operationId)
      const isForAdministrators = operation.path.startsWith('/v1/users')
      const isForPersons = /My[A-Z]/.test(operation.operationId) ||
        /^\/v1\/(me|sessions)\b/.test(operation.path)
      const authorization = isForAdministrators ? `Bearer ${administrator}`
        : isForTokens ? authorizations[0]!
          : isForPersons ? authorizations[1]! : chance.pick(authorizations)
      const organization = { 'Holdfast-Organization': world.organizationId }
      const credentials: Known = operation.isPublic ? {} : { authorization }
      return {
        ...objects, ...await lockFor(world, operation), ...credentials, email, username, password,
        ...await hangingOn(world, operation, objects),
        ...await secretFor(world, operation, userId),
        ...await userFor(world, operation, another.token),
        ...await sessionFor(world, operation, another), ...await threadFor(world, operation),
        // A person must choose an organization; a token may.
        ...(chance.happens(0.3) || authorization !== authorizations[0] ? organization : {}),
        slug: `slug-${world.holdfast.ids.next()}`, parent_message_id: objects.message_id!,
        sibling_of: objects.message_id!, leaf: objects.message_id!,
        after: objects.message_id!, ...await flowFor(world, operation),
        allowed_ip_ranges: '127.0.0.0/8', ...await placeFor(world, operation),
        secret_fields: 'never.set', metadata: '{"a": [1]}', ...asking(operation),
        ...await floorFor(world, operation), ...await agentFor(world, operation),
        ...await envelopesFor(world, operation),
      }
    },
    untouched: async () => JSON.stringify([
      await world.neighbour.conversations.list(),
      await world.neighbour.messages.list(stranger.conversationId),
      await world.neighbour.serviceTokens.list(),
      await world.neighbour.queues.list(queue),
      await world.neighbour.secrets.list(), await world.neighbour.members.list(),
      await world.neighbour.invitations.list(),
      await world.neighbour.settings.get('organization'),
      await world.neighbour.streams.list(),
      await world.organization.messages.list(steady.conversationId),
    ]),
  }
}

/** What questions about usage are asked. */
function asking({ path }: Operation): Known {
  if (!path.startsWith('/v1/usage/')) return {}
  return {
    first_day: '2026-01-01', last_day: '2026-01-31', time_zone: 'Europe/Berlin', by: 'day,model',
  }
}

/** A lock that the operation may have: nobody's for one that takes it, else one that is held. */
async function lockFor(
  { holdfast, organization }: HttpWorld,
  { operationId }: Operation,
): Promise<Known> {
  if (!/^(acquire|renew|release|get)Lock$/.test(operationId)) return {}
  // Upper case: an id inside it would otherwise count as one, whose case does not matter.
  const name = `LOCK/${holdfast.ids.next().toUpperCase()}`
  if (operationId === 'acquireLock') return { name }
  const { owner, fence } = await organization.locks.acquire(name, { renewing: false })
  return { name, owner, fence: String(fence) }
}

/** A thread with a checkpoint, and a name that no thread has; a put begins one itself. */
async function threadFor(
  { holdfast, organization: { checkpoints } }: HttpWorld,
  { operationId, path }: Operation,
): Promise<Known> {
  if (!/^\/v1\/(checkpoints|threads)/.test(path)) return {}
  const word = () => `THREAD/${holdfast.ids.next().toUpperCase()}`
  const [threadId, checkpointId] = [word(), 'first']
  if (operationId !== 'putCheckpoint') {
    const state = { type: 'text', bytes: new Uint8Array(3) }
    await checkpoints.put({ threadId, checkpointId, state, channelVersions: {}, values: {} })
  }
  return {
    thread_id: threadId, checkpoint_id: checkpointId, namespace: '', to_thread_id: word(),
  }
}

/** A secret that the operation may have: nobody's for one that makes it, else a fresh one. */
async function secretFor(
  { holdfast, organizationId }: HttpWorld,
  { operationId, path }: Operation,
  userId: string,
): Promise<Known> {
  if (!path.includes('/secrets') || operationId.endsWith('Secrets')) return {}
  const name = `SECRET/${holdfast.ids.next().toUpperCase()}`
  if (operationId.startsWith('create')) return { name }
  const stores = holdfast.organization(organizationId, { id: `user:${userId}`, userId })
  const store = path.startsWith('/v1/me/') ? stores.ownSecrets : stores.secrets
  await store.create({ name, value: 'steady' })
  return { name, version: '1' }
}

async function strange({ neighbour }: HttpWorld) {
  await neighbour.secrets.create({ name: 'a', value: strangerSecret, description: 'theirs' })
  const { id } = await neighbour.conversations.create({ title: strangerSecret })
  const message = await neighbour.messages.append(id, { role: 'user', content: strangerSecret })
  const { serviceToken } = await neighbour.serviceTokens.create({
    name: strangerSecret, scopes: ['*'],
  })
  const job = await neighbour.queues.enqueue(queue, { payload: strangerSecret })
  await neighbour.settings.update('organization', { words: strangerSecret })
  const { invitation } = await neighbour.invitations.create({
    email: 'stranger@campaign.test', role: 'member',
  })
  await neighbour.streams.create('made/1', { contentType: 'text/plain', data: strangerSecret })
  const ids = [id, message.id, serviceToken.id, job.id, invitation.id, unknownId]
  return { conversationId: id, ids }
}

async function person({ holdfast, organizationId }: HttpWorld) {
  const email = `${holdfast.ids.next()}@campaign.test`
  const username = `name-${holdfast.ids.next()}`
  const { id: userId } = await holdfast.identity.createUser({ email, username, password })
  await holdfast.organizations.addMember({ organizationId, userId }, 'owner')
  const { token } = await holdfast.identity.logIn({ email, password })
  return { email, username, token, userId }
}

/** A token that may do all there is with users. */
async function administratorOf({ holdfast }: HttpWorld): Promise<string> {
  const { serviceTokens } = holdfast.organization()
  return (await serviceTokens.create({ name: 'administrator', scopes: ['users:*'] })).token
}

/** A session to be ended, which nobody else ends as one of many; a person to change passwords. */
async function sessionFor(
  world: HttpWorld,
  { operationId }: Operation,
  { email, token: authorization }: { readonly email: string; readonly token: string },
): Promise<Known> {
  if (operationId === 'endSession') {
    const { session } = await world.holdfast.identity.logIn({ email, password })
    return { session_id: session.id, authorization: `Bearer ${authorization}` }
  }
  if (operationId !== 'changePassword') return {}
  const { token } = await person(world)
  const passwords = { current_password: password, new_password: `${password} 2` }
  return { ...passwords, authorization: `Bearer ${token}` }
}

/** A user to be looked at or changed, or words that make another. */
async function userFor(
  { holdfast: { identity, ids } }: HttpWorld,
  { operationId, path }: Operation,
  token: string,
): Promise<Known> {
  if (operationId === 'createUser' || operationId === 'updateMe') {
    const names = { email: `${ids.next()}@made.test`, username: `made-${ids.next()}` }
    // Not of the person who must go on to log in by the name of before.
    return operationId === 'updateMe' ? { ...names, authorization: `Bearer ${token}` } : names
  }
  if (!path.includes('{user_id}')) return {}
  const { id } = await identity.createUser({ email: `${ids.next()}@changed.test` })
  if (operationId !== 'updateUser') return { user_id: id }
  return { user_id: id, email: `${ids.next()}@made.test`, username: `made-${ids.next()}` }
}

type Stores = HttpWorld['organization']

async function conversationIn({ conversations, messages }: Stores, count = 30) {
  const { id: conversationId } = await conversations.create({ title: 'steady' })
  const appended = await messages.appendMany(conversationId,
    Array.from({ length: count }, (_, index) => ({ role: 'user', content: index })))
  return { conversationId, messageId: appended[0]!.id }
}

/** Cursors sealed as the server does it, each around a key of another list or of none. */
function cursorsOf({ organizationId, neighbourId }: HttpWorld, conversationId: string) {
  const keys = [['x'], [], [null], [{}], [1e300], [-1], [1.5], [1, 2], [[[]]], [true], ['']]
  const ours = [
    ['conversations', organizationId, null, false], ['service_tokens', organizationId],
    ['messages', organizationId, conversationId, 'asc', null],
    ['messages', organizationId, conversationId, 'desc', null],
    ['jobs', organizationId, queue, null], ['members', organizationId],
    ['invitations', organizationId], ['streams', organizationId, ''],
    ['jobs', organizationId, queue, null],
    ['audit_events', organizationId, []], ['audit_heads', organizationId],
  ]
  const theirs = [['conversations', neighbourId, null, false], ['service_tokens', neighbourId], []]
  return {
    foreignCursors: theirs.map((list) => cursorOf(list, [unknownId])),
    forgedCursors: ours.flatMap((list) => keys.map((key) => cursorOf(list, key as string[]))),
  }
}

/** Objects that operations may change or delete, made as they are used up. */
class FreshObjects {
  readonly #world: HttpWorld
  #writable: { conversationId: string; messageId: string; writes: number } | undefined

  #schedules = 0
  #webhooks = 0
  #tokens = 0
  #streams = 0

  constructor(world: HttpWorld) {
    this.#world = world
  }

  async objectsFor(
    { operationId, method, path }: Operation,
    steady: { conversationId: string; messageId: string },
  ): Promise<Record<string, string>> {
    const named = (each: { conversationId: string; messageId: string }) =>
      ({ conversation_id: each.conversationId, message_id: each.messageId })
    if (path.startsWith('/v1/schedules')) return this.#schedule()
    if (/^\/v1\/(webhooks|hooks)/.test(path)) return this.#webhook()
    if (path.startsWith('/v1/attachments')) return this.#attachment(operationId)
    if (path.includes('/secrets')) return {}
    if (path.includes('/tuning-checkpoints')) return this.#tuned()
    if (operationId === 'finishStream') return this.#stream(named(await this.#toWrite()))
    if (operationId === 'redriveJobs') {
      const { job_id: id } = await this.#job()
      return { queue: 'untouched', job_ids: id! }
    }
    if (path.includes('{queue}')) return this.#queue()
    if (path.includes('{job_id}')) return this.#job()
    if (/ServiceToken/.test(operationId)) {
      return { ...named(steady), service_token_id: await this.#serviceToken() }
    }
    if (method === 'DELETE') return named(await conversationIn(this.#world.organization, 1))
    if (method === 'GET') return named(steady)
    return named(await this.#toWrite())
  }

  /** Requests may do with this queue what they like, but none waits for a job. */
  async #queue(): Promise<Record<string, string>> {
    await this.#world.organization.queues.configure(queue, {})
    return { queue, wait_seconds: '0' }
  }

  /** An active job of a queue that no request names. */
  async #job(): Promise<Record<string, string>> {
    const { queues } = this.#world.organization
    await queues.enqueue('untouched', { payload: 'steady' })
    const [job] = await queues.claim('untouched', { worker: 'campaign', leaseSeconds: 600 })
    return { job_id: job!.id, attempt: String(job!.attempt) }
  }

  /** A token to change or revoke; those of earlier requests go, since there may be so many. */
  async #serviceToken(): Promise<string> {
    const { organization, organizationId, holdfast: { database } } = this.#world
    this.#tokens += 1
    if (this.#tokens % 100 === 0) {
      const before = new Date(Date.now() - 10_000).toISOString().replace('Z', '000Z')
      await database.run(database.write.deleteFrom('service_tokens')
        .where('organization_id', '=', organizationId as never)
        .where('name', '!=', 'of a test' as never)
        .where('created_at', '<', before as never))
    }
    const { serviceToken } = await organization.serviceTokens.create({
      name: 'to be revoked', scopes: ['*'],
    })
    return serviceToken.id
  }

  /** A stream that may become a message. */
  async #stream(names: Record<string, string>): Promise<Record<string, string>> {
    const stream = `made/${this.#streams += 1}`
    await this.#world.organization.streams.create(stream, {
      contentType: 'text/plain', data: 'steady',
    })
    return { ...names, stream }
  }

  /** An attachment whose bytes are put; one that is to be read is completed as well. */
  async #attachment(operationId: string): Promise<Record<string, string>> {
    const { attachments, conversations } = this.#world.organization
    const { id: conversation } = await conversations.create()
    const { id } = await attachments.create({ name: 'made' })
    const { sha256, size } = await attachments.put(
      id, (async function* () { yield Buffer.from('steady') })())
    if (/^(read|head)/.test(operationId)) await attachments.complete(id)
    const said = { sha256, size: String(size), media_type: 'text/plain' }
    return { attachment_id: id, conversation_id: conversation, name: 'made', ...said }
  }

  /** A tuning checkpoint of a workflow of its own. */
  async #tuned(): Promise<Record<string, string>> {
    const { tuning, workflows } = this.#world.organization
    const flow = await workflows.create({ name: 'tuned' })
    const { workflowId, id } = await tuning.record(
      flow.id, { runnableConfig: {}, metrics: { loss: 1 } })
    return { workflow_id: workflowId, tuning_checkpoint_id: id, metric: 'loss', min: '1' }
  }

  /** A schedule of its own, and the words that make another. */
  async #schedule(): Promise<Record<string, string>> {
    const words = { cron: '0 9 * * 1-5', queue }
    const number = this.#schedules += 1
    const name = `made-${number}`
    await this.#world.organization.schedules.create({ ...words, name })
    const others = { name: `new-${number}`, time_zone: 'UTC', missed: 'once' }
    return { ...words, ...others, schedule: name }
  }

  /** A webhook of its own that takes whatever comes, and the words that make another. */
  async #webhook(): Promise<Record<string, string>> {
    const number = this.#webhooks += 1
    const { id } = await this.#world.organization.webhooks.create({
      name: `made-${number}`, queue, authentication: { kind: 'none' }, rate: null,
      methods: ['GET', 'POST', 'PUT', 'DELETE'],
    })
    return { webhook_id: id, name: `new-${number}`, queue }
  }

  async #toWrite() {
    const kept = this.#writable
    if (kept !== undefined && kept.writes < writesMax) {
      kept.writes += 1
      return kept
    }
    return (this.#writable = { ...await conversationIn(this.#world.organization, 1), writes: 1 })
  }
}
