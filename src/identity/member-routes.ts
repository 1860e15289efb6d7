import { z } from 'zod'
import { InvalidCursor } from '../database/page.js'
import { pageQuery, pageSchema, presentPage } from '../http/page.js'
import { route } from '../http/route.js'
import { idSchema, instantSchema, named } from '../http/schema.js'
import { type IdentityContext } from './context.js'
import { refuseAdmins } from './delegation.js'
import { LastOwner, MemberNotFound } from './errors.js'
import { type Member } from './members.js'
import { roleSchema } from './user-schemas.js'

const define = route<IdentityContext>()

const memberSchema = named('Member', z.object({
  user_id: idSchema('The user.'),
  email: z.string(),
  display_name: z.string().nullable(),
  role: roleSchema,
  created_at: instantSchema('When the user became a member.'),
}))

const presentMember = (member: Member) => ({
  user_id: member.userId,
  email: member.email,
  display_name: member.displayName,
  role: member.role,
  created_at: member.createdAt,
})

const paramsSchema = z.strictObject({ user_id: idSchema('The member.') })

/** Who belongs to an organization. */
export const memberRoutes = [
  define({
    operationId: 'listMembers',
    method: 'GET',
    path: '/v1/members',
    tag: 'Members',
    summary: 'List the members of the organization',
    action: 'members:read',
    scope: 'organization',
    input: { query: z.strictObject(pageQuery) },
    status: 200,
    output: pageSchema('MemberPage', memberSchema),
    errors: [InvalidCursor],
    idempotency: 'none',
    handle: async ({ members }, { query }) => presentPage(await members.list(query), presentMember),
  }),
  define({
    operationId: 'leaveOrganization',
    method: 'DELETE',
    path: '/v1/members/current',
    tag: 'Members',
    summary: 'Leave the organization; its last owner cannot',
    action: 'members:leave',
    scope: 'organization',
    input: {},
    status: 204,
    errors: [MemberNotFound, LastOwner],
    idempotency: 'transaction',
    async handle({ members, forgetCredentials }) {
      await members.leave()
      forgetCredentials()
    },
  }),
  define({
    operationId: 'getMember',
    method: 'GET',
    path: '/v1/members/{user_id}',
    tag: 'Members',
    summary: 'A member',
    action: 'members:read',
    scope: 'organization',
    input: { params: paramsSchema },
    status: 200,
    output: memberSchema,
    errors: [MemberNotFound],
    idempotency: 'none',
    handle: async ({ members }, { params }) => presentMember(await members.get(params.user_id)),
  }),
  define({
    operationId: 'updateMember',
    method: 'PATCH',
    path: '/v1/members/{user_id}',
    tag: 'Members',
    summary: 'Give a member another role, none above one’s own',
    action: 'members:write',
    scope: 'organization',
    input: {
      params: paramsSchema,
      body: named('MemberChanges', z.strictObject({ role: roleSchema })),
    },
    status: 200,
    output: memberSchema,
    errors: [MemberNotFound, LastOwner],
    idempotency: 'transaction',
    async handle({ members, principal, forgetCredentials }, { params, body }) {
      refuseAdmins(principal, body.role)
      const changed = await members.changeRole(params.user_id, body.role)
      forgetCredentials()
      return presentMember(changed)
    },
  }),
  define({
    operationId: 'removeMember',
    method: 'DELETE',
    path: '/v1/members/{user_id}',
    tag: 'Members',
    summary: 'Take a member out of the organization',
    action: 'members:write',
    scope: 'organization',
    input: { params: paramsSchema },
    status: 204,
    errors: [MemberNotFound, LastOwner],
    idempotency: 'transaction',
    async handle({ members, forgetCredentials }, { params }) {
      await members.remove(params.user_id)
      forgetCredentials()
    },
  }),
]
