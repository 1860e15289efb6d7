import { numberedId } from '../harness/workload.mjs'

/** Where the endpoint stands that does everything but store. */
const idlePath = '/v1/conversations/{conversation_id}/nothing'

/**
 * The HTTP server with one more endpoint: the same checks of caller and body as appending a
 * message and an answer of the same form, but no store behind it.
 */
export async function open({ dist, database }) {
  const { openHoldfast } = await import(`${dist}/index.js`)
  const { routes, startServer } = await import(`${dist}/server/index.js`)
  const { readConfiguration } = await import(`${dist}/cli/environment.js`)
  const { newMessageSchema, presentMessage } = await import(`${dist}/conversations/schemas.js`)
  const holdfast = await openHoldfast({ database })
  const { serviceTokens } = holdfast.organization()
  const { token } = await serviceTokens.create({ name: 'bench', scopes: ['*'] })
  const append = routes.find(({ operationId }) => operationId === 'appendMessages')
  const createdAt = '2026-01-31T12:00:00.000000Z'
  const idle = {
    ...append,
    operationId: 'appendNothing',
    path: idlePath,
    input: { ...append.input, body: newMessageSchema },
    async handle(_context, { params, body }) {
      return presentMessage({
        id: numberedId(1), conversationId: params.conversation_id, position: 1,
        parentMessageId: null, role: body.role, content: body.content, metadata: body.metadata,
        tokensUsed: null, revision: 1, createdAt,
      })
    },
  }
  // As the program serves; HOLDFAST_RATE_LIMIT_… of the environment hold.
  const { rateLimits } = readConfiguration().settings
  const server = await startServer({
    holdfast, port: 0, logLevel: 'error', rateLimits, extraRoutes: [idle],
  })
  return {
    facts: { url: server.url, token },
    async close() {
      await server.close()
      await holdfast.close()
    },
  }
}
