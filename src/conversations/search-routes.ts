import { z } from 'zod'
import { InvalidCursor } from '../database/page.js'
import { pageQuery } from '../http/page.js'
import { type Route, route } from '../http/route.js'
import { idSchema, momentText, named } from '../http/schema.js'
import { queryLengthMax } from '../search/index.js'
import { type MessageContext } from './message-routes.js'
import { authorLengthMax, rolePattern } from './rules.js'
import { messageSchema, presentMessage } from './schemas.js'
import { type FoundMessage } from './search.js'

const define = route<MessageContext>()

const place = z.int().nonnegative()

const highlightSchema = named('Highlight', z.object({
  path: z.string().describe('JSON pointer to the text in `content`; empty for `content` itself.'),
  offset: place.describe('Where in that text the snippet begins, in UTF-16 code units.'),
  snippet: z.string().describe('At most 240 code units of plain text, as they are: escape them.'),
  ranges: z.array(named('TextRange', z.object({
    start: place.describe('In UTF-16 code units of the snippet.'),
    end: place.describe('Behind the last one.'),
  }))).describe('What was asked for, in order, never overlapping.'),
}))

const foundSchema = named('FoundMessage', z.object({
  message: messageSchema,
  highlight: highlightSchema.nullable(),
}))

const pageOfFound = named('FoundMessagePage', z.object({
  data: z.array(foundSchema),
  next_cursor: z.string().nullable().describe('Null at the end.'),
  complete: z.boolean().describe('False when more was left to be indexed than could be looked ' +
    'at: messages may be missing. Otherwise none is that was acknowledged before.'),
}))

const word = z.string().regex(rolePattern, 'must be a lower-case word of at most 64 characters')

const presentFound = ({ message, highlight }: FoundMessage) =>
  ({ message: presentMessage(message), highlight })

/** Search messages. */
export const searchRoutes: readonly Route<MessageContext>[] = [
  define({
    operationId: 'searchMessages',
    method: 'GET',
    path: '/v1/search/messages',
    tag: 'Messages',
    summary: 'Find messages by their words, newest first',
    action: 'conversations:read',
    scope: 'organization',
    input: {
      query: z.strictObject({
        ...pageQuery,
        q: z.string().max(queryLengthMax)
          .describe('Words that must all be there, `"phrases"`, `-excluded`, `begin*`.'),
        conversation_id: idSchema('Only in this conversation.').optional(),
        user_id: idSchema('Only in conversations that this user began.').optional(),
        author: z.string().min(1).max(authorLengthMax).optional(),
        role: word.optional(),
        kind: word.optional(),
        from: momentText('Only messages of this moment and later.').optional(),
        to: momentText('Only messages before this moment.').optional(),
      }),
    },
    status: 200,
    output: pageOfFound,
    errors: [InvalidCursor],
    idempotency: 'none',
    async handle({ messages }, { query }) {
      const { conversation_id: conversationId, user_id: userId, ...rest } = query
      const { data, nextCursor, complete } =
        await messages.search({ ...rest, conversationId, userId })
      return { data: data.map(presentFound), next_cursor: nextCursor, complete }
    },
  }),
]
