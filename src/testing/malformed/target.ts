import { cursorOf } from '../../database/page.js'
import { type HttpClient } from '../http.js'
import { type HttpWorld } from '../serving.js'
import { type Target } from './campaign.js'
import { type Known } from './drafts.js'
import { type Operation } from './operations.js'
import { type Judging } from './verdicts.js'

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

/** Fills a world with what requests need: a steady conversation, a stranger, a person. */
export async function furnish(
  world: HttpWorld,
  guest: HttpClient,
  given: Omit<Judging, 'strangerSecret'> & { readonly bodyLimitBytes: number },
): Promise<Furnished> {
  const stranger = await strange(world)
  const steady = await conversationIn(world.organization)
  const { email, token } = await person(world)
  const fresh = new FreshObjects(world)
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
      const objects = await fresh.objectsFor(operation, steady)
      // A person would leave for good, and be the owner of ever more organizations.
      const isForTokens = ['logOut', 'createOrganization'].includes(operation.operationId)
      const authorization = isForTokens ? authorizations[0]! : chance.pick(authorizations)
      const organization = { 'Holdfast-Organization': world.organizationId }
      const credentials: Known = operation.isPublic ? {} : { authorization }
      return {
        ...objects, ...await lockFor(world, operation), ...credentials, email, password,
        // A person must choose an organization; a token may.
        ...(chance.happens(0.3) || authorization !== authorizations[0] ? organization : {}),
        slug: `slug-${world.holdfast.ids.next()}`, parent_message_id: objects.message_id!,
      }
    },
    untouched: async () => JSON.stringify([
      await world.neighbour.conversations.list(),
      await world.neighbour.messages.list(stranger.conversationId),
      await world.neighbour.serviceTokens.list(),
      await world.neighbour.queues.list(queue),
      await world.neighbour.streams.list(),
      await world.organization.messages.list(steady.conversationId),
    ]),
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

async function strange({ neighbour }: HttpWorld) {
  const { id } = await neighbour.conversations.create({ title: strangerSecret })
  const message = await neighbour.messages.append(id, { role: 'user', content: strangerSecret })
  const { serviceToken } = await neighbour.serviceTokens.create({
    name: strangerSecret, scopes: ['*'],
  })
  const job = await neighbour.queues.enqueue(queue, { payload: strangerSecret })
  await neighbour.streams.create('made/1', { contentType: 'text/plain', data: strangerSecret })
  return { conversationId: id, ids: [id, message.id, serviceToken.id, job.id, unknownId] }
}

async function person({ holdfast, organizationId }: HttpWorld) {
  const email = `${holdfast.ids.next()}@campaign.test`
  const { id: userId } = await holdfast.identity.createUser({ email, password })
  await holdfast.organizations.addMember({ organizationId, userId }, 'owner')
  const { token } = await holdfast.identity.logIn({ email, password })
  return { email, token }
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
    ['jobs', organizationId, queue, null], ['streams', organizationId, ''],
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
    if (operationId === 'finishStream') return this.#stream(named(await this.#toWrite()))
    if (operationId === 'redriveJobs') {
      const { job_id: id } = await this.#job()
      return { queue: 'untouched', job_ids: id! }
    }
    if (path.includes('{queue}')) return this.#queue()
    if (path.includes('{job_id}')) return this.#job()
    if (operationId === 'revokeServiceToken') {
      const { serviceToken } = await this.#world.organization.serviceTokens.create({
        name: 'to be revoked', scopes: ['*'],
      })
      return { ...named(steady), service_token_id: serviceToken.id }
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

  /** A stream that may become a message. */
  async #stream(names: Record<string, string>): Promise<Record<string, string>> {
    const stream = `made/${this.#streams += 1}`
    await this.#world.organization.streams.create(stream, {
      contentType: 'text/plain', data: 'steady',
    })
    return { ...names, stream }
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

  async #toWrite() {
    const kept = this.#writable
    if (kept !== undefined && kept.writes < writesMax) {
      kept.writes += 1
      return kept
    }
    return (this.#writable = { ...await conversationIn(this.#world.organization, 1), writes: 1 })
  }
}
