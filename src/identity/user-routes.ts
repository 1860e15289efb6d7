import { z } from 'zod'
import { InvalidCursor } from '../database/page.js'
import { RevisionConflict } from '../errors.js'
import { pageQuery, pageSchema, presentPage } from '../http/page.js'
import { route } from '../http/route.js'
import { idSchema, metadataSchema, named } from '../http/schema.js'
import { type IdentityContext } from './context.js'
import { EmailTaken, Forbidden, LastOwner, UsernameTaken, UserNotFound } from './errors.js'
import { sessionPageSchema } from './session-routes.js'
import { defaultOrganizationId } from './tables.js'
import { presentSession, presentUser, userSchema } from './user-schemas.js'

const define = route<IdentityContext>()
const tag = 'Users'
const scope = 'installation'
const params = z.strictObject({ user_id: idSchema('The user.') })

/** Nobody takes away who ranks above them; a service token ranks as an admin. Throws Forbidden. */
async function refuseOwner(
  { organizations, role }: IdentityContext,
  userId: string,
): Promise<void> {
  if (role === 'owner') return
  if (await organizations.findRole(defaultOrganizationId, userId) !== 'owner') return
  throw new Forbidden('This takes an owner of the organization default: the user is one.')
}

/** What owners and admins of the organization `default` do with all users. */
export const userRoutes = [
  define({
    operationId: 'createUser',
    method: 'POST',
    path: '/v1/users',
    tag,
    summary: 'Create a user, with an organization of their own',
    action: 'users:write',
    scope,
    input: {
      body: named('NewUser', z.strictObject({
        email: z.string().max(320),
        username: z.string().max(64).nullable().optional(),
        display_name: z.string().max(200).nullable().optional(),
        preferences: metadataSchema().optional(),
        password: z.string().max(1_000).optional(),
      })),
    },
    status: 201,
    output: userSchema,
    etag: true,
    errors: [EmailTaken, UsernameTaken],
    idempotency: 'transaction',
    sensitive: 'password',
    async handle(
      { identity, organizations },
      { body: { display_name: displayName, ...rest } },
    ) {
      const user = await identity.createUser({ ...rest, displayName })
      await organizations.createPersonal(user)
      return presentUser(user)
    },
  }),
  define({
    operationId: 'listUsers',
    method: 'GET',
    path: '/v1/users',
    tag,
    summary: 'List all users, newest first',
    action: 'users:read',
    scope,
    input: { query: z.strictObject(pageQuery) },
    status: 200,
    output: pageSchema('UserPage', userSchema),
    errors: [InvalidCursor],
    idempotency: 'none',
    handle: async ({ identity }, { query }) =>
      presentPage(await identity.listUsers(query), presentUser),
  }),
  define({
    operationId: 'getUser',
    method: 'GET',
    path: '/v1/users/{user_id}',
    tag,
    summary: 'Get a user',
    action: 'users:read',
    scope,
    input: { params },
    status: 200,
    output: userSchema,
    etag: true,
    errors: [UserNotFound],
    idempotency: 'none',
    handle: async ({ identity }, { params: { user_id: id } }) =>
      presentUser(await identity.getUser(id)),
  }),
  define({
    operationId: 'updateUser',
    method: 'PATCH',
    path: '/v1/users/{user_id}',
    tag,
    summary: 'Change a user’s address and names',
    action: 'users:write',
    scope,
    input: {
      params,
      body: named('UserNames', z.strictObject({
        email: z.string().max(320).optional(),
        username: z.string().max(64).nullable().optional(),
        display_name: z.string().max(200).nullable().optional(),
      })),
    },
    status: 200,
    output: userSchema,
    etag: true,
    errors: [UserNotFound, EmailTaken, UsernameTaken, RevisionConflict],
    idempotency: 'transaction',
    async handle(context, { params: { user_id: id }, body, ifRevision }) {
      await refuseOwner(context, id)
      const { display_name: displayName, ...names } = body
      return presentUser(
        await context.identity.updateUser(id, { ...names, displayName }, ifRevision))
    },
  }),
  define({
    operationId: 'disableUser',
    method: 'POST',
    path: '/v1/users/{user_id}/disable',
    tag,
    summary: 'Let a user log in no more; all sessions end at once',
    action: 'users:write',
    scope,
    input: { params },
    status: 200,
    output: userSchema,
    etag: true,
    errors: [UserNotFound],
    idempotency: 'transaction',
    async handle(context, { params: { user_id: id } }) {
      await refuseOwner(context, id)
      return presentUser(await context.identity.disableUser(id))
    },
  }),
  define({
    operationId: 'enableUser',
    method: 'POST',
    path: '/v1/users/{user_id}/enable',
    tag,
    summary: 'Let a user log in again',
    action: 'users:write',
    scope,
    input: { params },
    status: 200,
    output: userSchema,
    etag: true,
    errors: [UserNotFound],
    idempotency: 'transaction',
    handle: async ({ identity }, { params: { user_id: id } }) =>
      presentUser(await identity.enableUser(id)),
  }),
  define({
    operationId: 'deleteUser',
    method: 'DELETE',
    path: '/v1/users/{user_id}',
    tag,
    summary: 'Delete a user with sessions and memberships; what the user made stays',
    action: 'users:write',
    scope,
    input: { params },
    status: 204,
    errors: [UserNotFound, LastOwner],
    idempotency: 'transaction',
    async handle(context, { params: { user_id: id } }) {
      await refuseOwner(context, id)
      await context.identity.deleteUser(id)
    },
  }),
]

/** The sessions of any user, for the same administrators. */
export const userSessionRoutes = [
  define({
    operationId: 'listSessionsOfUser',
    method: 'GET',
    path: '/v1/users/{user_id}/sessions',
    tag,
    summary: 'List a user’s sessions that go on, newest first',
    action: 'users:read',
    scope,
    input: { params, query: z.strictObject(pageQuery) },
    status: 200,
    output: sessionPageSchema,
    errors: [UserNotFound, InvalidCursor],
    idempotency: 'none',
    async handle({ identity, principal }, { params: { user_id: id }, query }) {
      await identity.getUser(id)
      const page = await identity.listSessions(id, query)
      return presentPage(page, (each) => presentSession(each, principal.credentialId))
    },
  }),
  define({
    operationId: 'endSessionsOfUser',
    method: 'DELETE',
    path: '/v1/users/{user_id}/sessions',
    tag,
    summary: 'End all sessions of a user at once',
    action: 'users:write',
    scope,
    input: { params },
    status: 204,
    errors: [UserNotFound],
    idempotency: 'transaction',
    async handle({ identity }, { params: { user_id: id } }) {
      await identity.getUser(id)
      await identity.endSessionsOf(id)
    },
  }),
]
