import { type Estate, type Ids, lockIn, nextOf, talkIn, type Words, workIn } from './estate.js'

/**
 * How to call one operation. `{parameters}` of the path are filled from the ids by their names;
 * whatever a sample reads from the ids is swapped for another organization's, one by one.
 */
export interface Sample {
  query?(ids: Ids): Readonly<Record<string, string>>
  body?(ids: Ids): unknown
  /** Objects of its own, for a call that changes, ends or needs what it is about. */
  fresh?(estate: Estate): Promise<Ids>
  /** True when the call ends the credential it is made with. */
  readonly ends?: boolean
}

const numbered = ({ mark, secret }: Estate): Words =>
  ({ mark: `${mark}-${nextOf(mark)}`, secret })

const talk = (estate: Estate) => talkIn(estate.stores, estate)
const work = (estate: Estate) => workIn(estate.stores, numbered(estate))
const lock = (estate: Estate) => lockIn(estate.stores, numbered(estate))
const anew = async (estate: Estate) => ({ word: numbered(estate).mark })
const attempt = (ids: Ids) => ({ attempt: ids.attempt })
const held = ({ owner, fence }: Ids) => ({ owner, fence })

/** One entry an operation: an endpoint without one fails the build. */
export const samples: Readonly<Record<string, Sample>> = {
  // Conversations.
  createConversation: { body: () => ({ title: 'a talk' }) },
  listConversations: { query: ({ user_id }) => ({ user_id: String(user_id) }) },
  getConversation: {},
  updateConversation: { fresh: talk, body: () => ({ title: 'a title' }) },
  deleteConversation: { fresh: talk },
  appendMessages: {
    fresh: talk,
    body: ({ message_id: parent }) =>
      ({ messages: [{ role: 'user', content: 'words', parent_message_id: parent }] }),
  },
  listMessages: {},
  getMessage: {},
  updateMessage: { fresh: talk, body: () => ({ metadata: { of: 'ours' } }) },
  deleteMessage: { fresh: talk },

  // Locks.
  acquireLock: { fresh: async (estate) => ({ name: (await anew(estate)).word }), body: () => ({}) },
  renewLock: { fresh: lock, body: held },
  releaseLock: { fresh: lock, body: held },
  getLock: {},
  listLocks: {},

  // Queues.
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

  // Settings.
  getSettings: {},
  updateSettings: { body: () => ({ settings: { theme: 'ours' } }) },
  replaceSettings: { body: () => ({ settings: { theme: 'ours' } }) },
  resetSettings: {},
  getMySettings: {},
  updateMySettings: { body: () => ({ settings: { theme: 'mine' } }) },
  replaceMySettings: { body: () => ({ settings: { theme: 'mine' } }) },
  resetMySettings: {},
  getEffectiveSettings: {},

  // People, organizations and tokens.
  logIn: { body: ({ email }) => ({ email, password: 'not the right one' }) },
  logOut: { ends: true },
  getMe: {},
  createOrganization: { fresh: anew, body: (ids) => ({ name: 'another', slug: ids.word }) },
  // No token gives another more than it has.
  createServiceToken: { body: ({ scope }) => ({ name: 'a token', scopes: [scope] }) },
  listServiceTokens: {},
  revokeServiceToken: {
    async fresh({ stores, secret }) {
      const { serviceToken } = await stores.serviceTokens.create({ name: secret, scopes: ['*'] })
      return { service_token_id: serviceToken.id }
    },
  },
}
