/** The HTTP server with two endpoints that do nothing: one for everybody, one for members. */
export async function open({ dist, database }) {
  const { openHoldfast } = await import(`${dist}/index.js`)
  const { startServer } = await import(`${dist}/server/index.js`)
  const holdfast = await openHoldfast({ database })
  const { serviceTokens } = holdfast.organization()
  const { token: serviceToken } = await serviceTokens.create({ name: 'bench', scopes: ['*'] })
  const login = { email: 'bench@example.test', password: 'correct horse battery' }
  const { id: userId } = await holdfast.identity.createUser(login)
  const { id: organizationId } = await holdfast.organizations.get('default')
  await holdfast.organizations.addMember({ organizationId, userId }, 'member')
  const { token: sessionToken } = await holdfast.identity.logIn(login)
  const nothing = {
    method: 'GET', tag: 'Bench', summary: 'Nothing', input: {}, status: 204, errors: [],
    idempotency: 'none', handle: async () => undefined,
  }
  const extraRoutes = [
    { ...nothing, operationId: 'open', path: '/v1/open', action: 'public', scope: 'none' },
    {
      ...nothing, operationId: 'guarded', path: '/v1/guarded', action: 'conversations:read',
      scope: 'organization',
    },
  ]
  const server = await startServer({ holdfast, port: 0, logLevel: 'error', extraRoutes })
  return {
    facts: { url: server.url, serviceToken, sessionToken },
    async close() {
      await server.close()
      await holdfast.close()
    },
  }
}
