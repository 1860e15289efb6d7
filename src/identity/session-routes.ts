import { z } from 'zod'
import { InvalidCursor } from '../database/page.js'
import { pageQuery, pageSchema, presentPage } from '../http/page.js'
import { route } from '../http/route.js'
import { idSchema, instantSchema, named } from '../http/schema.js'
import { type IdentityContext } from './context.js'
import { LoginFailed, LoginThrottled, SessionNotFound } from './errors.js'
import { requirePerson } from './person.js'
import { presentSession, presentUser, sessionSchema, userSchema } from './user-schemas.js'

const define = route<IdentityContext>()
const tag = 'Sessions'
const password = z.string().max(1_000)

const byEmail = named('Login', z.strictObject({ email: z.string().max(320), password }))
const byUsername = named('UsernameLogin', z.strictObject({
  username: z.string().max(320), password,
}))

const isByUsername = (raw: unknown) =>
  typeof raw === 'object' && raw !== null && Object.hasOwn(raw, 'username')

type LoginBody = z.output<typeof byEmail> | z.output<typeof byUsername>

export const newSessionSchema = named('NewSession', z.object({
  token: z.string().describe('The bearer token; shown this once.'),
  id: idSchema('The session.'),
  expires_at: instantSchema('When the session ends.'),
  user: userSchema,
}))

export const sessionPageSchema = pageSchema('SessionPage', sessionSchema)

/** Log in and out, and look after one's own sessions. */
export const sessionRoutes = [
  define({
    operationId: 'logIn',
    limitedAs: 'login',
    method: 'POST',
    path: '/v1/sessions',
    tag,
    summary: 'Log in with e-mail or user name; a session whose token is sent along ends',
    action: 'public',
    scope: 'none',
    input: {
      body: {
        options: [byEmail, byUsername],
        choose: (raw: unknown) => (isByUsername(raw) ? byUsername : byEmail),
      },
    },
    status: 201,
    output: newSessionSchema,
    errors: [LoginFailed, LoginThrottled],
    idempotency: 'none',
    async handle({ identity }, { body, origin }) {
      const { token, session, user } = await identity.logIn(body as LoginBody, origin)
      return { token, id: session.id, expires_at: session.expiresAt, user: presentUser(user) }
    },
  }),
  define({
    operationId: 'logOut',
    method: 'DELETE',
    path: '/v1/sessions/current',
    tag,
    summary: 'End this session',
    action: 'sessions:write',
    scope: 'person',
    input: {},
    status: 204,
    errors: [],
    idempotency: 'none',
    async handle({ identity, principal }) {
      if (principal.kind !== 'session') return
      await identity.endSession(principal.userId!, principal.credentialId)
    },
  }),
  define({
    operationId: 'listSessions',
    method: 'GET',
    path: '/v1/sessions',
    tag,
    summary: 'List one’s own sessions that go on, newest first',
    action: 'sessions:read',
    scope: 'person',
    input: { query: z.strictObject(pageQuery) },
    status: 200,
    output: sessionPageSchema,
    errors: [InvalidCursor],
    idempotency: 'none',
    async handle({ identity, principal }, { query }) {
      const page = await identity.listSessions(requirePerson(principal), query)
      return presentPage(page, (each) => presentSession(each, principal.credentialId))
    },
  }),
  define({
    operationId: 'endSession',
    method: 'DELETE',
    path: '/v1/sessions/{session_id}',
    tag,
    summary: 'End one of one’s own sessions at once',
    action: 'sessions:end',
    scope: 'person',
    input: { params: z.strictObject({ session_id: idSchema('The session.') }) },
    status: 204,
    errors: [SessionNotFound],
    idempotency: 'transaction',
    async handle({ identity, principal }, { params }) {
      await identity.endSession(requirePerson(principal), params.session_id)
    },
  }),
  define({
    operationId: 'endOtherSessions',
    method: 'DELETE',
    path: '/v1/sessions',
    tag,
    summary: 'End all of one’s own sessions but this one at once',
    action: 'sessions:end',
    scope: 'person',
    input: {},
    status: 204,
    errors: [],
    idempotency: 'transaction',
    async handle({ identity, principal }) {
      const exceptId = principal.credentialId
      await identity.endSessionsOf(requirePerson(principal), { exceptId })
    },
  }),
]
