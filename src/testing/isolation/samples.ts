import { createHash } from 'node:crypto'
import { type Caller, type Spent } from './callers.js'
import {
  attachmentIn, type Estate, guestIn, type Ids, invitationsIn, lockIn, memoryIn, nextOf, streamIn,
  talkIn, threadIn, type Words, workIn,
} from './estate.js'

/**
 * How to call one operation. `{parameters}` of the path are filled from the ids by their names;
 * whatever a sample reads from the ids is swapped for another organization's, one by one.
 */
export interface Sample {
  query?(ids: Ids): Readonly<Record<string, string>>
  body?(ids: Ids): unknown
  /** Instead of a body: bytes as they are. */
  readonly bytes?: string
  headers?(ids: Ids): Readonly<Record<string, string>>
  /** Objects of its own, for a call that changes, ends or needs what it is about. */
  fresh?(estate: Estate, caller: Caller): Promise<Ids>
  /** What the call takes from its caller. */
  readonly spends?: Spent
}

const numbered = ({ mark, secret }: Estate): Words =>
  ({ mark: `${mark}-${nextOf(mark)}`, secret })

const talk = (estate: Estate) => talkIn(estate.stores, estate)
const work = (estate: Estate) => workIn(estate.stores, numbered(estate))
const stream = (estate: Estate) => streamIn(estate.stores, numbered(estate))
const attached = (estate: Estate) => attachmentIn(estate.stores, numbered(estate), null)
const lock = (estate: Estate) => lockIn(estate.stores, numbered(estate))
const invitation = (estate: Estate) => invitationsIn(estate.stores, estate)
const anew = async (estate: Estate) => ({ word: numbered(estate).mark })
const stranger = async (estate: Estate) => ({ email: `${numbered(estate).mark}@invited.test` })
const user = ({ holdfast, organizationId, mark }: Estate) =>
  guestIn(holdfast, organizationId, { mark })
const member = ({ holdfast, organizationId, mark }: Estate) =>
  guestIn(holdfast, organizationId, { mark, role: 'member' })
const attempt = (ids: Ids) => ({ attempt: ids.attempt })
const held = ({ owner, fence }: Ids) => ({ owner, fence })

/** No token changes or hands out another that may do more than it may itself. */
async function serviceToken({ stores, secret }: Estate, { scope = '*' }: Caller) {
  const { serviceToken: { id } } = await stores.serviceTokens.create(
    { name: secret, scopes: [scope] })
  return { service_token_id: id }
}

async function secret({ stores, ...estate }: Estate): Promise<Ids> {
  const { mark: name, secret: value } = numbered({ stores, ...estate })
  await stores.secrets.create({ name, value })
  return { name }
}

async function ownSecret(estate: Estate, { userId }: Caller): Promise<Ids> {
  const { mark: name, secret: value } = numbered(estate)
  const { holdfast, organizationId } = estate
  // Who has no user has no secrets either, and is refused.
  const actor = { id: `user:${userId}`, userId: userId ?? null }
  const { ownSecrets } = holdfast.organization(organizationId, actor)
  if (userId !== undefined) await ownSecrets.create({ name, value })
  return { name }
}

/** A session of the caller's that the call is not made in. */
async function otherSession({ holdfast, people }: Estate, { userId }: Caller): Promise<Ids> {
  const person = Object.values(people).find((each) => each.userId === userId)
  if (person === undefined) return {}
  const { session } = await holdfast.identity.logIn(person)
  return { session_id: session.id }
}

/** An invitation of the caller to an organization that was made for it. */
async function invited({ holdfast, secret: name }: Estate, { userId }: Caller): Promise<Ids> {
  if (userId === undefined) return {}
  const { id } = await holdfast.organizations.create({ name })
  const { email } = await holdfast.identity.getUser(userId)
  const { token } = await holdfast.organization(id).invitations.create({ email, role: 'member' })
  return { invitation_token: token }
}

/** An export of a conversation without messages. */
function emptyFile(): string {
  const at = '2026-01-01T00:00:00.000000Z'
  const conversation = {
    id: '00000000-0000-7000-8000-0000000f11e0', title: null, metadata: {}, revision: 1,
    created_at: at, updated_at: at, archived_at: null,
  }
  const head = JSON.stringify({ format: 'holdfast.conversation', version: 1, conversation })
  const before = `${head}\n{"active_leaf_id":null}\n`
  const sha256 = createHash('sha256').update(before).digest('hex')
  return `${before}${JSON.stringify({ messages: 0, erased: 0, sha256 })}\n`
}

const talking: Readonly<Record<string, Sample>> = {
  createConversation: { body: () => ({ title: 'a talk' }) },
  listConversations: {
    query: ({ user_id, participant }) =>
      ({ user_id: String(user_id), participant: String(participant), metadata: '{}' }),
  },
  getConversation: {},
  updateConversation: { fresh: talk, body: () => ({ title: 'a title' }) },
  deleteConversation: { fresh: talk },
  exportConversation: {},
  followConversation: { query: () => ({ live: 'false', after: '0.0.0' }) },
  tellTyping: { body: () => ({}) },
  importConversation: {
    query: () => ({ new_id: 'true' }), bytes: emptyFile(),
    headers: () => ({ 'content-type': 'application/jsonl' }),
  },
  switchBranch: { fresh: talk, body: ({ message_id }) => ({ message_id }) },
  forkConversation: { body: ({ message_id }) => ({ message_id, title: 'a fork' }) },
  appendMessages: {
    fresh: talk,
    body: ({ message_id: parent }) =>
      ({ messages: [{ role: 'user', content: 'words', parent_message_id: parent }] }),
  },
  listMessages: {},
  listPath: { query: ({ message_id }) => ({ leaf: String(message_id) }) },
  listRoots: {},
  listChildren: {},
  searchMessages: {
    query: ({ conversation_id, user_id }) =>
      ({ q: 'secret* -none', conversation_id: String(conversation_id), user_id: String(user_id) }),
  },
  getMessage: {},
  updateMessage: { fresh: talk, body: () => ({ metadata: { of: 'ours' } }) },
  deleteMessage: { fresh: talk },
}

const remembering: Readonly<Record<string, Sample>> = {
  listParticipants: {},
  getParticipant: {},
  putParticipant: { fresh: talk, body: () => ({ role: 'observer' }) },
  markRead: { fresh: talk, body: () => ({ position: 1 }) },
  removeParticipant: { fresh: talk },
  getContext: {},
  getSummary: {},
  putSummary: {
    fresh: talk, body: ({ message_id }) => ({ text: 'ours', up_to_message_id: message_id }),
  },
  deleteSummary: { fresh: talk },
  listAgentStates: {},
  getAgentState: {},
  putAgentState: { fresh: talk, body: () => ({ document: { of: 'ours' } }) },
  patchAgentState: { fresh: talk, body: () => ({ document: { of: 'ours' } }) },
  deleteAgentState: { fresh: talk },
  listAgentStateRevisions: {},
  getAgentStateRevision: {},
}

const working: Readonly<Record<string, Sample>> = {
  acquireLock: { fresh: async (estate) => ({ name: (await anew(estate)).word }), body: () => ({}) },
  renewLock: { fresh: lock, body: held },
  releaseLock: { fresh: lock, body: held },
  getLock: {},
  listLocks: {},
  enqueueJobs: {
    fresh: work, body: ({ dedupe_key }) => ({ payload: 'work', dedupe_key: `${dedupe_key}-new` }),
  },
  listJobs: {},
  claimJobs: { fresh: work, body: () => ({ worker: 'ours' }) },
  redriveJobs: { fresh: work, body: ({ job_id }) => ({ job_ids: [job_id] }) },
  purgeJobs: { fresh: work, body: () => ({}) },
  listQueues: {},
  getQueue: {},
  updateQueue: { fresh: work, body: () => ({ paused: true }) },
  getJob: {},
  cancelJob: { fresh: work },
  extendJob: { fresh: work, body: attempt },
  completeJob: { fresh: work, body: attempt },
  failJob: { fresh: work, body: (ids) => ({ ...attempt(ids), error: 'none' }) },
  releaseJob: { fresh: work, body: attempt },
  createSchedule: {
    fresh: anew, body: (ids) => ({ name: ids.word, queue: ids.queue, cron: '0 0 1 1 *' }),
  },
  listSchedules: {},
  getSchedule: {},
  updateSchedule: { fresh: work, body: (ids) => ({ queue: ids.queue, enabled: false }) },
  deleteSchedule: { fresh: work },
}

const plain = { 'content-type': 'text/plain' }

/** One whose bytes are put, and that is not completed. */
async function unfinished({ stores, ...estate }: Estate): Promise<Ids> {
  const { secret: name } = numbered({ stores, ...estate })
  const { id } = await stores.attachments.create({ name })
  await stores.attachments.put(id, (async function* () { yield Buffer.from(name) })())
  return { attachment_id: id }
}

const attaching: Readonly<Record<string, Sample>> = {
  createAttachment: { body: ({ conversation_id }) => ({ name: 'a', conversation_id }) },
  listAttachments: {
    query: ({ conversation_id }) => ({ conversation_id: String(conversation_id) }),
  },
  getAttachment: {},
  completeAttachment: { fresh: unfinished, body: () => ({}) },
  deleteAttachment: { fresh: attached },
  putAttachmentContent: { fresh: unfinished, bytes: 'words' },
  readAttachmentContent: {},
  headAttachmentContent: {},
}

const memory = (estate: Estate) => memoryIn(estate.stores, numbered(estate))
const inMemory = ({ label, item_key: key }: Ids) => ({ namespace: ['memory', label], key })
const cleared = ({ label }: Ids) => ({ namespaces: [['memory', label]], below: true })
const cached = { type: 'json', bytes: 'e30=' }

const recalling: Readonly<Record<string, Sample>> = {
  putItem: { fresh: memory, body: (ids) => ({ ...inMemory(ids), value: { of: 'ours' } }) },
  writeItems: { fresh: memory, body: (ids) => ({ changes: [{ delete: inMemory(ids) }] }) },
  findItems: { body: (ids) => ({ names: [inMemory(ids)], refresh: true }) },
  deleteItem: { fresh: memory, body: inMemory },
  searchItems: { body: ({ label }) => ({ prefix: ['memory', label] }) },
  listNamespaces: { body: ({ label }) => ({ prefix: [null, label], max_depth: 2 }) },
  clearItems: { fresh: memory, body: cleared },
  findCached: { body: (ids) => ({ names: [inMemory(ids)] }) },
  putCached: { fresh: memory, body: (ids) => ({ entries: [{ ...inMemory(ids), ...cached }] }) },
  clearCache: { fresh: memory, body: cleared },
  clearWholeCache: {},
}

const thread = (estate: Estate) => threadIn(estate.stores, numbered(estate))
const fork = async (estate: Estate) => ({ ...await thread(estate), ...await anew(estate) })
const inThread = ({ thread_id: threadId, checkpoint_id: id }: Ids) =>
  ({ thread_id: threadId, checkpoint_id: id })

const checkpointing: Readonly<Record<string, Sample>> = {
  putCheckpoint: {
    fresh: thread,
    body: ({ thread_id: threadId, checkpoint_id: parent }) => ({
      thread_id: threadId, checkpoint_id: 'later', parent_id: parent, state: cached,
      channels: [{ channel: 'ours', version: 1, value: cached }], when_stale: 'fork',
    }),
  },
  putPendingWrites: {
    fresh: thread,
    body: (ids) => ({
      ...inThread(ids), task_id: 'task', writes: [{ index: 0, channel: 'ours', value: cached }],
    }),
  },
  findCheckpoint: { body: (ids) => ({ ...inThread(ids), with_parent_writes: true }) },
  listCheckpoints: {
    body: ({ thread_id: threadId }) => ({ thread_id: threadId, with_parent_writes: true }),
  },
  listAncestors: { body: inThread },
  compareCheckpoints: { body: (ids) => ({ before: inThread(ids), after: inThread(ids) }) },
  forkCheckpoint: { fresh: fork, body: (ids) => ({ ...inThread(ids), to_thread_id: ids.word }) },
  pinCheckpoint: { fresh: thread, body: inThread },
  unpinCheckpoint: { fresh: thread, body: inThread },
  pruneCheckpoints: { fresh: thread, body: ({ thread_id: id }) => ({ thread_ids: [id] }) },
  deleteRuns: { fresh: thread, body: ({ run_id: id }) => ({ run_ids: [id] }) },
  getCheckpointPolicy: {},
  updateCheckpointPolicy: { body: () => ({ keep_days: 36_500 }) },
  listThreads: {},
  deleteThread: { fresh: thread, body: ({ thread_id: id }) => ({ thread_id: id }) },
  copyThread: {
    fresh: fork, body: ({ thread_id: id, word }) => ({ thread_id: id, to_thread_id: word }),
  },
}

const streaming: Readonly<Record<string, Sample>> = {
  listStreams: {},
  createStream: {
    fresh: async (estate) => ({ path: (await anew(estate)).word }), bytes: 'words',
    headers: ({ source }) => ({
      ...plain, 'stream-forked-from': `/v1/streams/${encodeURIComponent(String(source))}`,
    }),
  },
  appendToStream: { fresh: stream, bytes: 'words', headers: () => plain },
  readStream: {},
  headStream: {},
  deleteStream: { fresh: stream },
  finishStream: {
    fresh: async (estate) => ({ ...await talk(estate), ...await stream(estate) }),
    body: ({ path, message_id: parent }) => ({ stream: path, parent_message_id: parent }),
  },
}

const keeping: Readonly<Record<string, Sample>> = {
  getSettings: {},
  updateSettings: { body: () => ({ settings: { theme: 'ours' } }) },
  replaceSettings: { body: () => ({ settings: { theme: 'ours' } }) },
  resetSettings: {},
  getMySettings: {},
  updateMySettings: { body: () => ({ settings: { theme: 'mine' } }) },
  replaceMySettings: { body: () => ({ settings: { theme: 'mine' } }) },
  resetMySettings: {},
  getEffectiveSettings: {},
  createSecret: { fresh: anew, body: ({ word }) => ({ name: word, value: 'ours' }) },
  listSecrets: {},
  getSecret: {},
  listSecretVersions: {},
  revealSecret: { body: () => ({}) },
  updateSecret: { fresh: secret, body: () => ({ value: 'ours' }) },
  deleteSecret: { fresh: secret },
  createMySecret: { fresh: anew, body: ({ word }) => ({ name: word, value: 'mine' }) },
  listMySecrets: {},
  getMySecret: {},
  listMySecretVersions: {},
  revealMySecret: { body: () => ({}) },
  updateMySecret: { fresh: ownSecret, body: () => ({ value: 'mine' }) },
  deleteMySecret: { fresh: ownSecret },
  listAuditEvents: {},
  exportAuditEvents: {},
  listAuditHeads: {},
}

const belonging: Readonly<Record<string, Sample>> = {
  createOrganization: { fresh: anew, body: (ids) => ({ name: 'another', slug: ids.word }) },
  getOrganization: {},
  updateOrganization: { body: () => ({ name: 'another name' }) },
  deleteOrganization: { spends: 'organization', query: ({ slug }) => ({ confirm: String(slug) }) },
  chooseOrganization: { body: ({ slug }) => ({ organization: slug }) },
  listMembers: {},
  getMember: {},
  updateMember: { fresh: member, body: () => ({ role: 'admin' }) },
  removeMember: { fresh: member },
  leaveOrganization: { spends: 'person' },
  createInvitation: { fresh: stranger, body: ({ email }) => ({ email, role: 'member' }) },
  listInvitations: {},
  revokeInvitation: { fresh: invitation },
  acceptInvitation: { fresh: invited, body: ({ invitation_token: token }) => ({ token }) },
  createServiceToken: { body: ({ scope }) => ({ name: 'a token', scopes: [scope] }) },
  listServiceTokens: {},
  getServiceToken: {},
  listServiceTokenEvents: {},
  updateServiceToken: { fresh: serviceToken, body: () => ({ name: 'another name' }) },
  rotateServiceToken: { fresh: serviceToken, body: () => ({}) },
  revokeServiceToken: { fresh: serviceToken },
}

const being: Readonly<Record<string, Sample>> = {
  logIn: { body: ({ email }) => ({ email, password: 'not the right one' }) },
  logOut: { spends: 'session' },
  listSessions: {},
  endSession: { fresh: otherSession },
  endOtherSessions: { spends: 'person' },
  getMe: {},
  updateMe: { body: () => ({ display_name: 'another name' }) },
  changePassword: {
    spends: 'person',
    body: ({ password }) =>
      ({ current_password: password ?? 'none', new_password: `${password} anew` }),
  },
  createUser: { fresh: stranger, body: ({ email }) => ({ email }) },
  listUsers: {},
  getUser: {},
  disableUser: { fresh: user },
  enableUser: { fresh: user },
  deleteUser: { fresh: user },
  eraseUser: {
    fresh: user,
    body: ({ user_id: confirm }) => ({ confirm, scrub: false }),
  },
  exportUser: {},
  listSessionsOfUser: {},
  endSessionsOfUser: { fresh: user },
}

/** One entry an operation: an endpoint without one fails the build. */
export const samples: Readonly<Record<string, Sample>> = {
  ...talking, ...remembering, ...working, ...streaming, ...recalling, ...checkpointing,
  ...attaching, ...keeping,
  ...belonging, ...being,
}
