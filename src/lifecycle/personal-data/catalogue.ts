import { type Table } from '../../database/table.js'

/** How the rows of one table belong to people, and what becomes of them. */
export type PersonalRows =
  /** Rows of one person: erased by themselves, exported. */
  | {
    readonly is: 'own'
    readonly column: string
    readonly holds: 'id' | 'actor'
    /** The column with the conversation that they hang on as well. */
    readonly conversation?: string
    /** Whether those of others in conversations of the person are exported as well. */
    readonly isExportedWithConversation?: boolean
    /**
     * The order of an index of them, in which an export reads them where there may be very many.
     * @default the primary key
     */
    readonly order?: readonly string[]
  }
  /** Rows of a conversation: erased with it, exported with the conversations of a person. */
  | { readonly is: 'ofConversation'; readonly column: string }
  /** Rows that go by cascade with another row of the person. */
  | { readonly is: 'ofRow'; readonly why: string }
  /** The account and what hangs on it: exported; goes with the account. */
  | { readonly is: 'account'; readonly column: string }
  /** Rows that name a person by id and stay; exported. */
  | { readonly is: 'kept'; readonly column: string; readonly why: string }
  /** Rows that tell nothing of a person. */
  | { readonly is: 'impersonal'; readonly why: string }

/** Columns that an export leaves out, by table: proofs and keys, which tell nothing of anybody. */
export const withheld: Readonly<Record<string, readonly string[]>> = {
  users: ['password_hash'],
  login_sessions: ['token_hash'],
  service_tokens: ['token_hash', 'previous_token_hash'],
  settings: ['sealed'],
  webhooks: ['sealed'],
  idempotency_keys: ['fingerprint'],
}

const work = 'work that programs hand to each other; what it holds is theirs'
const keys = 'keys, not values'
const chain = 'the audit log; ids and hashes'

/** Every table, by name. */
export const personalRows: Readonly<Record<string, PersonalRows>> = {
  organizations: { is: 'impersonal', why: 'a personal one goes with the account' },
  users: { is: 'account', column: 'id' },
  organization_memberships: { is: 'account', column: 'user_id' },
  personal_organizations: { is: 'account', column: 'user_id' },
  default_organizations: { is: 'account', column: 'user_id' },
  login_sessions: { is: 'account', column: 'user_id' },
  invitations: { is: 'ofRow', why: 'those to the e-mail address of the account' },
  login_attempts: { is: 'impersonal', why: 'hashes and times' },
  service_tokens: {
    is: 'kept', column: 'user_id', why: 'tokens belong to the organization; the maker is forgotten',
  },
  idempotency_keys: { is: 'own', column: 'actor_id', holds: 'actor' },
  conversations: { is: 'ofConversation', column: 'id' },
  message_branches: { is: 'ofConversation', column: 'conversation_id' },
  messages: { is: 'ofConversation', column: 'conversation_id' },
  conversation_summaries: { is: 'ofConversation', column: 'conversation_id' },
  conversation_participants: {
    is: 'own', column: 'participant', holds: 'actor', conversation: 'conversation_id',
  },
  search_progress: { is: 'ofRow', why: 'how far the person’s conversations are indexed' },
  search_dirty: { is: 'ofRow', why: 'which of the person’s messages are to be indexed' },
  search_horizon: { is: 'impersonal', why: 'how far messages are indexed; moves with each' },
  message_terms: { is: 'ofRow', why: 'the words of the person’s messages' },
  agent_states: { is: 'ofConversation', column: 'conversation_id' },
  agent_state_revisions: { is: 'ofConversation', column: 'conversation_id' },
  agent_state_counters: { is: 'ofConversation', column: 'conversation_id' },
  floors: { is: 'ofConversation', column: 'conversation_id' },
  floor_agents: { is: 'ofConversation', column: 'conversation_id' },
  floor_events: { is: 'ofConversation', column: 'conversation_id' },
  agent_registries: { is: 'impersonal', why: 'counts' },
  agents: { is: 'impersonal', why: 'what programs publish of themselves' },
  agent_terms: { is: 'impersonal', why: 'what programs publish of themselves' },
  envelope_conversations: { is: 'ofConversation', column: 'conversation_id' },
  envelope_conversants: { is: 'ofConversation', column: 'conversation_id' },
  envelopes: { is: 'ofConversation', column: 'conversation_id' },
  envelope_deliveries: { is: 'ofConversation', column: 'conversation_id' },
  chatkit_threads: { is: 'ofConversation', column: 'conversation_id' },
  chatkit_attachments: { is: 'ofConversation', column: 'conversation_id' },
  queues: { is: 'impersonal', why: work },
  job_keys: { is: 'impersonal', why: work },
  jobs: { is: 'impersonal', why: work },
  schedules: { is: 'impersonal', why: work },
  webhooks: { is: 'impersonal', why: 'addresses that programs call' },
  webhook_deliveries: { is: 'impersonal', why: 'ids, hashes and times' },
  locks: { is: 'impersonal', why: work },
  lock_waiters: { is: 'impersonal', why: work },
  processes: { is: 'impersonal', why: 'server processes' },
  audit_events: {
    is: 'kept', column: 'user_id', why: 'who did what is kept until the retention of the log ends',
  },
  audit_chains: { is: 'impersonal', why: chain },
  audit_heads: { is: 'impersonal', why: chain },
  audit_tombstones: { is: 'impersonal', why: chain },
  root_keys: { is: 'impersonal', why: keys },
  organization_keys: { is: 'impersonal', why: keys },
  key_rotations: { is: 'impersonal', why: keys },
  secrets: { is: 'own', column: 'user_id', holds: 'id' },
  secret_versions: { is: 'ofRow', why: 'versions of the person’s secrets' },
  settings: { is: 'own', column: 'user_id', holds: 'id' },
  streams: { is: 'own', column: 'created_by', holds: 'actor' },
  stream_chunks: { is: 'ofRow', why: 'bytes of the person’s streams' },
  stream_producers: { is: 'ofRow', why: 'positions in the person’s streams' },
  attachments: {
    is: 'own', column: 'user_id', holds: 'id', conversation: 'conversation_id',
    isExportedWithConversation: true,
  },
  attachment_contents: { is: 'ofRow', why: 'bytes go with the last attachment that has them' },
  attachment_blobs: { is: 'ofRow', why: 'where those bytes are' },
  attachment_chunks: { is: 'ofRow', why: 'those bytes' },
  tuning_workflows: { is: 'impersonal', why: work },
  tuning_checkpoints: { is: 'impersonal', why: work },
  tuning_metrics: { is: 'impersonal', why: work },
  usage_events: {
    is: 'own', column: 'user_id', holds: 'id', conversation: 'conversation_id',
    isExportedWithConversation: true, order: ['occurred_at', 'id', 'organization_id'],
  },
  usage_pending: { is: 'ofRow', why: 'which of those events are in no roll-up yet' },
  usage_rollups: {
    is: 'own', column: 'user_id', holds: 'id',
    order: ['grain', 'starts_at', 'organization_id', 'model', 'type'],
  },
  usage_latencies: {
    is: 'own', column: 'user_id', holds: 'id',
    order: ['grain', 'starts_at', 'organization_id', 'model', 'type', 'bucket'],
  },
  workflows: { is: 'impersonal', why: work },
  workflow_versions: { is: 'impersonal', why: work },
  workflow_runs: { is: 'impersonal', why: work },
  workflow_run_tags: { is: 'impersonal', why: work },
  workflow_steps: { is: 'impersonal', why: work },
  checkpoint_policies: { is: 'impersonal', why: 'how long an organization keeps checkpoints' },
  checkpoint_keys: { is: 'impersonal', why: keys },
  checkpoint_threads: { is: 'own', column: 'created_by', holds: 'actor' },
  checkpoint_heads: { is: 'ofRow', why: 'the newest checkpoints of the person’s threads' },
  checkpoints: { is: 'ofRow', why: 'checkpoints of the person’s threads' },
  checkpoint_writes: { is: 'ofRow', why: 'what tasks wrote in the person’s threads' },
  checkpoint_chunks: { is: 'ofRow', why: 'bytes of values in the person’s threads' },
  items: { is: 'own', column: 'written_by', holds: 'actor' },
  cache_entries: { is: 'own', column: 'written_by', holds: 'actor' },
}

/** The column of a table that says on which conversation a row hangs, if any. */
export function conversationColumnOf(rows: PersonalRows): string | undefined {
  if (rows.is === 'ofConversation') return rows.column
  return rows.is === 'own' ? rows.conversation : undefined
}

/** How a table's rows belong to people. Throws for a table that the catalogue forgot. */
export function rowsOf({ name }: Pick<Table, 'name'>): PersonalRows {
  const rows = personalRows[name]
  if (rows === undefined) throw new Error(`the catalogue of personal data forgot ${name}`)
  return rows
}
