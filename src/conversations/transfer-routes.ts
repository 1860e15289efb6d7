import { z } from 'zod'
import { stringifyJson } from '../database/json.js'
import { type RawRoute, rawRoute } from '../http/raw.js'
import { flagText, idSchema } from '../http/schema.js'
import { IdempotencyKeyReused } from '../idempotency/index.js'
import { ConversationExists, ConversationNotFound, InvalidConversationFile } from './errors.js'
import { importBytesMax } from './import.js'
import { type ConversationContext } from './routes.js'

const define = rawRoute<ConversationContext>()

/** What a stranger sends is parsed line by line: a longer one is for the command line. */
const httpLineBytesMax = 16 * 1024 * 1024

const jsonLines = 'application/jsonl'
const common = { tag: 'Conversations', scope: 'organization' } as const

/** Write a conversation out as JSON lines, and make one of such a file. */
export const transferRoutes: readonly RawRoute<ConversationContext>[] = [
  define({
    ...common,
    operationId: 'exportConversation',
    method: 'GET',
    path: '/v1/conversations/{conversation_id}/export',
    summary: 'Write the conversation with its whole tree as JSON lines',
    action: 'conversations:read',
    input: { params: z.strictObject({ conversation_id: idSchema('The conversation.') }) },
    answers: {
      200: {
        description: 'The conversation, its messages in order of arrival, counts and a SHA-256',
        headers: { 'Content-Disposition': 'A name for the file.' },
        content: jsonLines,
      },
    },
    errors: [ConversationNotFound],
    idempotency: 'none',
    async handle({ conversations }, { params: { conversation_id: id } }) {
      const lines = conversations.export(id)
      // Before anything is answered: there may be no such conversation.
      const first = (await lines.next()).value!
      return {
        status: 200,
        headers: {
          'content-type': jsonLines,
          'content-disposition': `attachment; filename="conversation-${id.toLowerCase()}.jsonl"`,
          'cache-control': 'no-store',
        },
        body: begun(first, lines),
      }
    },
  }),
  define({
    ...common,
    operationId: 'importConversation',
    method: 'POST',
    path: '/v1/conversations/import',
    summary: 'Make a conversation of an exported file, all of it or nothing',
    action: 'conversations:write',
    input: {
      query: z.strictObject({
        new_id: flagText('Give it a new id instead of that in the file. Default false.').optional(),
      }),
    },
    takesPieces: true,
    bodyBytesMax: importBytesMax,
    bodyType: jsonLines,
    answers: {
      201: {
        description: '`id`, `source_id` (the id in the file), `messages`, `erased`',
        headers: { Location: 'The conversation.' },
        content: 'application/json',
      },
    },
    errors: [ConversationExists, InvalidConversationFile, IdempotencyKeyReused],
    idempotency: 'own',
    async handle({ conversations }, { query, pieces, idempotencyKey }) {
      const { id, sourceId, messages, erased } =
        await conversations.import(pieces, {
          newId: query.new_id, idempotencyKey, lineBytesMax: httpLineBytesMax,
        })
      const body = stringifyJson({ id, source_id: sourceId, messages, erased })
      return {
        status: 201,
        headers: {
          'content-type': 'application/json; charset=utf-8', location: `/v1/conversations/${id}`,
        },
        body: Buffer.from(body),
      }
    },
  }),
]

async function* begun(first: string, rest: AsyncIterable<string>) {
  yield first
  yield* rest
}
