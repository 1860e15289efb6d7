/** The server whose client listens in floor-latency.mjs. */
process.once('message', async ({ dist, postgres, redis }) => {
  const { openHoldfast } = await import(`${dist}/index.js`)
  const { startServer } = await import(`${dist}/server/index.js`)
  const holdfast = await openHoldfast({ database: postgres, redis })
  const { conversations, floors, serviceTokens } = holdfast.organization()
  const { id: conversationId } = await conversations.create()
  await floors.configure(conversationId, { policy: 'exclusive', holdSeconds: null })
  const { token } = await serviceTokens.create({ name: 'bench', scopes: ['*'] })
  const server = await startServer({ holdfast, port: 0, logLevel: 'error' })
  process.send({ url: server.url, token, conversationId })
  process.once('disconnect', () => process.exit())
})
