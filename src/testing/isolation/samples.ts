import { createHash } from 'node:crypto'
import { checkpointing, flowing, recalling, using } from './agent-samples.js'
import { type Caller } from './callers.js'
import {
  agentIn, attachmentIn, type Estate, guestIn, type Ids, invitationsIn, lockIn,
  streamIn, talkIn, workIn,
} from './estate.js'
import { envelopesIn } from './envelopes.js'
import { anew, numbered, type Sample } from './sample.js'

const talk = (estate: Estate) => talkIn(estate.stores, estate)
const work = (estate: Estate) => workIn(estate.stores, numbered(estate))
const stream = (estate: Estate) => streamIn(estate.stores, numbered(estate))
const attached = (estate: Estate) => attachmentIn(estate.stores, numbered(estate), null)
const lock = (estate: Estate) => lockIn(estate.stores, numbered(estate))
const invitation = (estate: Estate) => invitationsIn(estate.stores, estate)
const stranger = async (estate: Estate) => ({ email: `${numbered(estate).mark}@invited.test` })
const user = ({ holdfast, organizationId, mark }: Estate) =>
  guestIn(holdfast, organizationId, { mark })
const member = ({ holdfast, organizationId, mark }: Estate) =>
  guestIn(holdfast, organizationId, { mark, role: 'member' })
const attempt = (ids: Ids) => ({ attempt: ids.attempt })
const held = ({ owner, fence }: Ids) => ({ owner, fence })

/** A conversation whose floor is granted by hand. */
async function moderated(estate: Estate): Promise<Ids> {
  const ids = await talk(estate)
  await estate.stores.floors.configure(ids.conversation_id, { policy: 'moderated' })
  return ids
}

/** No token changes or hands out another that may do more than it may itself. */
async function serviceToken({ stores, secret }: Estate, { scope = '*' }: Caller) {
  const { serviceToken: { id } } = await stores.serviceTokens.create(
    { name: secret, scopes: [scope] })
  return { service_token_id: id }
}

/** One that opens nothing of its maker's own, so that others may rotate it. */
const sharedToken = (estate: Estate, { scope = '*', ...caller }: Caller) =>
  serviceToken(estate, { ...caller, scope: scope === '*' ? 'jobs:*' : scope })

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

const speaking: Readonly<Record<string, Sample>> = {
  getFloor: {},
  configureFloor: { fresh: talk, body: () => ({ policy: 'moderated' }) },
  joinFloor: { fresh: talk, body: ({ waiter }) => ({ speaker_uri: waiter }) },
  requestFloor: { fresh: talk, body: ({ waiter }) => ({ speaker_uri: waiter, priority: 1 }) },
  cancelFloorRequest: { fresh: talk, body: ({ waiter }) => ({ speaker_uri: waiter }) },
  yieldFloor: { fresh: talk, body: ({ holder }) => ({ speaker_uri: holder }) },
  leaveFloor: { fresh: talk, body: ({ holder }) => ({ speaker_uri: holder }) },
  grantFloor: { fresh: moderated, body: ({ waiter }) => ({ speaker_uri: waiter }) },
  revokeFloor: { fresh: talk, body: ({ holder }) => ({ speaker_uri: holder }) },
  listFloorEvents: { query: () => ({ after: '0', limit: '10' }) },
  followFloor: { query: () => ({ live: 'false', after: '0' }) },
}

/** A conversation with a delivery that was given up. */
async function undelivered(estate: Estate): Promise<Ids> {
  const words = numbered(estate)
  const ids = await talkIn(estate.stores, words)
  return { ...ids, ...await envelopesIn(estate.stores, words, ids.conversation_id) }
}

const envelope = (conversationId: unknown) => ({
  openFloor: {
    schema: { version: '1.1.0' }, conversation: { id: conversationId },
    sender: { speakerUri: 'tag:ours' }, events: [],
  },
})

const floating: Readonly<Record<string, Sample>> = {
  receiveEnvelope: { fresh: anew, body: ({ word }) => envelope(word) },
  sendEnvelope: {
    fresh: undelivered, body: ({ conversation_id: id }) => envelope(id),
  },
  listEnvelopes: {},
  listEnvelopeDeliveries: { query: ({ guest }) => ({ recipient: String(guest), after: '0' }) },
  analyseConversation: {},
  listDeadEnvelopes: {},
  resendEnvelopes: { fresh: undelivered, body: ({ delivery_id: id }) => ({ ids: [id] }) },
}

const agent = (estate: Estate) => agentIn(estate.stores, numbered(estate))

const knowing: Readonly<Record<string, Sample>> = {
  registerAgent: { fresh: agent, body: () => ({ metadata: { of: 'ours' } }) },
  listAgents: {},
  discoverAgents: { body: ({ keyphrase }) => ({ keyphrases: [keyphrase], languages: ['et'] }) },
  getAgent: {},
  beatAgent: { fresh: agent },
  deregisterAgent: { fresh: agent },
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
  createWebhook: {
    fresh: anew,
    body: (ids) => ({ name: ids.word, queue: ids.queue, authentication: { kind: 'none' } }),
  },
  listWebhooks: {},
  getWebhook: {},
  updateWebhook: { fresh: work, body: (ids) => ({ queue: ids.queue, enabled: true }) },
  deleteWebhook: { fresh: work },
  getHook: { isForAll: true },
  postHook: { isForAll: true, bytes: '{}' },
  putHook: { isForAll: true, bytes: '{}' },
  deleteHook: { isForAll: true, bytes: '{}' },
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
  updateMember: { fresh: member, body: () => ({ role: 'member' }) },
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
  rotateServiceToken: { fresh: sharedToken, body: () => ({}) },
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
  updateUser: { fresh: user, body: () => ({ display_name: 'another name' }) },
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
  ...talking, ...remembering, ...speaking, ...floating, ...knowing, ...flowing, ...working,
  ...streaming, ...recalling, ...checkpointing, ...attaching, ...keeping, ...belonging, ...being,
  ...using,
}
