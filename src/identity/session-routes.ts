import { z } from 'zod'
import { route } from '../http/route.js'
import { idSchema, instantSchema, named } from '../http/schema.js'
import { type IdentityContext } from './context.js'
import { LoginFailed } from './errors.js'
import { presentUser, userSchema } from './user-schemas.js'

const define = route<IdentityContext>()

/** Log in and out. */
export const sessionRoutes = [
  define({
    operationId: 'logIn',
    limitedAs: 'login',
    method: 'POST',
    path: '/v1/sessions',
    tag: 'Sessions',
    summary: 'Log in with e-mail and password',
    action: 'public',
    scope: 'none',
    input: {
      body: named('Login', z.strictObject({
        email: z.string().max(320),
        password: z.string().max(1_000),
      })),
    },
    status: 201,
    output: named('NewSession', z.object({
      token: z.string().describe('The bearer token; shown this once.'),
      id: idSchema('The session.'),
      expires_at: instantSchema('When the session ends.'),
      user: userSchema,
    })),
    errors: [LoginFailed],
    idempotency: 'none',
    async handle({ identity }, { body, origin }) {
      const { token, session, user } = await identity.logIn(body, origin)
      return { token, id: session.id, expires_at: session.expiresAt, user: presentUser(user) }
    },
  }),
  define({
    operationId: 'logOut',
    method: 'DELETE',
    path: '/v1/sessions/current',
    tag: 'Sessions',
    summary: 'End this session',
    action: 'sessions:write',
    scope: 'person',
    input: {},
    status: 204,
    errors: [],
    idempotency: 'none',
    async handle({ identity, principal, forgetCredentials }) {
      if (principal.kind === 'session') await identity.logOut(principal.credentialId)
      forgetCredentials()
    },
  }),
]
