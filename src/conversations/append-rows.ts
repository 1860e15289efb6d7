import { type Stored } from '../database/columns.js'
import { type BatchRow } from '../database/database.js'
import { type batchKinds, type keyKinds } from './append-statements.js'
import { type AppendCall, type MessageDraft } from './append.js'

/** One message of a batch in stored form. */
export type BatchedRow = BatchRow<typeof batchKinds & typeof keyKinds>
type Growing = { -readonly [K in keyof BatchedRow]: BatchedRow[K] }

/** The rows of a batch, and where to find what its calls asked for. */
export interface BatchRows {
  /** The last message of each conversation, in the order in which conversations are taken. */
  readonly last: readonly BatchedRow[]
  /** The messages before those, of each conversation the newest first. */
  readonly before: readonly BatchedRow[]
  /** The row of each call's first message. */
  readonly firsts: readonly BatchedRow[]
}

interface Conversation {
  readonly name: string
  readonly last: Growing
  readonly before: Growing[]
  /** The row before which the next one goes. */
  head: Growing
}

/** The messages of calls as rows: each knows what of its conversation follows. */
export function batchRows(calls: readonly AppendCall[]): BatchRows {
  const conversations = new Map<string, Conversation>()
  const firsts: BatchedRow[] = []
  for (let at = calls.length - 1; at >= 0; at--) {
    const call = calls[at]!
    const name = call.organizationId + call.conversationId
    let conversation = conversations.get(name)
    for (let index = call.drafts.length - 1; index >= 0; index--) {
      const row = rowOf(call, call.drafts[index]!)
      if (conversation === undefined) {
        conversation = { name, last: row, before: [], head: row }
        conversations.set(name, conversation)
      } else {
        goBefore(conversation, row)
      }
    }
    firsts.push(conversation!.head)
  }
  const last: BatchedRow[] = []
  const before: BatchedRow[] = []
  for (const each of inOneOrder(conversations)) {
    const place = last.length as Stored<'integer'>
    each.last.place = place
    last.push(each.last)
    for (const row of each.before) {
      row.place = place
      before.push(row)
    }
  }
  return { last, before, firsts: firsts.reverse() }
}

function goBefore(conversation: Conversation, row: Growing): void {
  const { last, head, before } = conversation
  row.followers = last.added
  row.last_id = last.id
  last.added = (Number(last.added) + 1) as Stored<'integer'>
  head.parent_message_id = row.id
  conversation.head = row
  before.push(row)
}

/** The same in every process, so that two that count the same conversations cannot deadlock. */
function inOneOrder(conversations: ReadonlyMap<string, Conversation>): Conversation[] {
  const all = [...conversations.values()]
  return all.length === 1 ? all : all.sort((a, b) => (a.name < b.name ? -1 : 1))
}

const none = 0 as Stored<'integer'>
const single = 1 as Stored<'integer'>

/** Written out: appends are hot, and spreading costs several times as much. */
function rowOf(call: AppendCall, draft: MessageDraft): Growing {
  return {
    organization_id: call.organizationId,
    conversation_id: call.conversationId,
    id: draft.id,
    followers: none,
    last_id: draft.id,
    parent_message_id: null,
    kind: draft.kind,
    role: draft.role,
    content: draft.content,
    metadata: draft.metadata,
    author: draft.author,
    model: draft.model,
    tokens_used: draft.tokens_used,
    cost_usd: draft.cost_usd,
    created_at: call.createdAt,
    place: none,
    added: single,
    actor_id: call.claim === undefined ? null : call.claim.actor_id,
    key: call.claim === undefined ? null : call.claim.key,
    claim: call.claim === undefined ? null : call.claim.claim,
  }
}
