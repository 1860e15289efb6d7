import { z } from 'zod'
import { InvalidCursor } from '../database/page.js'
import { pageQuery, pageSchema, presentPage } from '../http/page.js'
import { route } from '../http/route.js'
import { idSchema, instantSchema, named } from '../http/schema.js'
import { type IdentityContext } from './context.js'
import { refuseAdmins } from './delegation.js'
import { AlreadyMember, InvitationNotFound, OrganizationLimitReached } from './errors.js'
import { invitationDaysMax } from './invitations.js'
import { type Invitation } from './tables.js'
import { organizationSchema, presentOrganization, roleSchema } from './user-schemas.js'

const define = route<IdentityContext>()

const invitationSchema = named('Invitation', z.object({
  id: idSchema('UUIDv7.'),
  email: z.string(),
  role: roleSchema,
  invited_by: idSchema('The user who invites.').nullable(),
  created_at: instantSchema('When it was made.'),
  expires_at: instantSchema('When it ends by itself.'),
}))

const presentInvitation = (invitation: Invitation) => ({
  id: invitation.id,
  email: invitation.email,
  role: invitation.role,
  invited_by: invitation.invitedBy,
  created_at: invitation.createdAt,
  expires_at: invitation.expiresAt,
})

/** Places held for those who are no members yet. */
export const invitationRoutes = [
  define({
    operationId: 'createInvitation',
    method: 'POST',
    path: '/v1/invitations',
    tag: 'Invitations',
    summary: 'Invite an e-mail address; replaces an open invitation to it',
    action: 'invitations:write',
    scope: 'organization',
    input: {
      body: named('NewInvitation', z.strictObject({
        email: z.string().max(320),
        role: roleSchema.describe('None above one’s own.'),
        expires_in_days: z.int().min(1).max(invitationDaysMax).optional().describe('Default 7.'),
      })),
    },
    status: 201,
    output: named('CreatedInvitation', invitationSchema.extend({
      token: z.string().nullable()
        .describe('For the one invited. Shown this once; null when the call is repeated.'),
    })),
    errors: [AlreadyMember, OrganizationLimitReached],
    idempotency: 'transaction',
    secretFields: ['token'],
    async handle(
      { invitations, principal },
      { body: { email, role, expires_in_days: expiresInDays } },
    ) {
      refuseAdmins(principal, role)
      const { token, invitation } = await invitations.create({ email, role, expiresInDays })
      return { ...presentInvitation(invitation), token }
    },
  }),
  define({
    operationId: 'listInvitations',
    method: 'GET',
    path: '/v1/invitations',
    tag: 'Invitations',
    summary: 'List open invitations, newest first',
    action: 'invitations:read',
    scope: 'organization',
    input: { query: z.strictObject(pageQuery) },
    status: 200,
    output: pageSchema('InvitationPage', invitationSchema),
    errors: [InvalidCursor],
    idempotency: 'none',
    handle: async ({ invitations }, { query }) =>
      presentPage(await invitations.list(query), presentInvitation),
  }),
  define({
    operationId: 'revokeInvitation',
    method: 'DELETE',
    path: '/v1/invitations/{invitation_id}',
    tag: 'Invitations',
    summary: 'Take an invitation back',
    action: 'invitations:write',
    scope: 'organization',
    input: { params: z.strictObject({ invitation_id: idSchema('The invitation.') }) },
    status: 204,
    errors: [InvitationNotFound],
    idempotency: 'transaction',
    handle: ({ invitations }, { params }) => invitations.revoke(params.invitation_id),
  }),
  define({
    operationId: 'acceptInvitation',
    method: 'POST',
    path: '/v1/invitations/accept',
    tag: 'Invitations',
    summary: 'Become a member, with the token that came with an invitation',
    action: 'invitations:accept',
    scope: 'person',
    input: {
      body: named('InvitationAnswer', z.strictObject({
        token: z.string().max(100).describe('`hf_in_…`'),
      })),
    },
    status: 200,
    output: organizationSchema,
    errors: [InvitationNotFound, AlreadyMember, OrganizationLimitReached],
    idempotency: 'transaction',
    async handle({ organizations, principal, forgetCredentials }, { body }) {
      const own = await organizations.accept(body.token, principal.userId!)
      forgetCredentials()
      return presentOrganization(own, own.role)
    },
  }),
]
