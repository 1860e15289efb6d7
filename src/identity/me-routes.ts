import { z } from 'zod'
import { RevisionConflict } from '../errors.js'
import { route } from '../http/route.js'
import { metadataSchema, named } from '../http/schema.js'
import { type IdentityContext } from './context.js'
import { LoginThrottled, PasswordWrong, UsernameTaken, UserNotFound } from './errors.js'
import { requirePerson } from './person.js'
import { newSessionSchema } from './session-routes.js'
import { presentUser, userSchema } from './user-schemas.js'

const define = route<IdentityContext>()
const tag = 'Users'

/** What a person may change of themselves. */
export const meRoutes = [
  define({
    operationId: 'updateMe',
    method: 'PATCH',
    path: '/v1/me',
    tag,
    summary: 'Change one’s own names; preferences are merged, null removes',
    action: 'profile:write',
    scope: 'person',
    input: {
      body: named('UserChanges', z.strictObject({
        username: z.string().max(64).nullable().optional(),
        display_name: z.string().max(200).nullable().optional(),
        preferences: metadataSchema().optional(),
      })),
    },
    status: 200,
    output: userSchema,
    etag: true,
    errors: [UserNotFound, UsernameTaken, RevisionConflict],
    idempotency: 'transaction',
    async handle({ identity, principal }, { body, ifRevision }) {
      const { display_name: displayName, ...rest } = body
      const changes = { ...rest, displayName }
      return presentUser(
        await identity.updateUser(requirePerson(principal), changes, ifRevision))
    },
  }),
  define({
    operationId: 'changePassword',
    method: 'POST',
    path: '/v1/me/password',
    tag,
    summary: 'Change one’s own password; all sessions end, and a new one begins',
    action: 'profile:write',
    scope: 'person',
    input: {
      body: named('PasswordChange', z.strictObject({
        current_password: z.string().max(1_000),
        new_password: z.string().max(1_000),
      })),
    },
    status: 201,
    output: newSessionSchema,
    errors: [PasswordWrong, LoginThrottled, UserNotFound],
    idempotency: 'none',
    async handle({ identity, principal }, { body, origin }) {
      const userId = requirePerson(principal)
      const passwords = { current: body.current_password, next: body.new_password }
      const { token, session } = await identity.changePassword(userId, passwords, origin)
      const user = presentUser(await identity.getUser(userId))
      return { token, id: session.id, expires_at: session.expiresAt, user }
    },
  }),
]
