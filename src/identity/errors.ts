import { defineError } from '../errors.js'

/** No such user. */
export const UserNotFound = defineError('UserNotFound', { code: 'user_not_found', status: 404 })

/** The e-mail address belongs to another user. */
export const EmailTaken = defineError('EmailTaken', { code: 'email_taken', status: 409 })

/** The user name belongs to another user. */
export const UsernameTaken = defineError('UsernameTaken', { code: 'username_taken', status: 409 })

/** No such login session of this user, or it has ended. */
export const SessionNotFound = defineError('SessionNotFound', {
  code: 'session_not_found', status: 404,
})

/** No such organization, or not one of the caller's. */
export const OrganizationNotFound = defineError('OrganizationNotFound', {
  code: 'organization_not_found', status: 404,
})

/** The short name belongs to another organization. */
export const SlugTaken = defineError('SlugTaken', { code: 'slug_taken', status: 409 })

/** The default organization stays, and keeps its slug. */
export const OrganizationProtected = defineError('OrganizationProtected', {
  code: 'organization_protected', status: 409,
})

/** The organization has as many members, invitations or service tokens as it may have. */
export const OrganizationLimitReached = defineError('OrganizationLimitReached', {
  code: 'organization_limit_reached', status: 409,
})

/** No such member of this organization. */
export const MemberNotFound = defineError('MemberNotFound', {
  code: 'member_not_found', status: 404,
})

/** The user is a member of the organization already. */
export const AlreadyMember = defineError('AlreadyMember', { code: 'already_member', status: 409 })

/** The organization would be left without an owner. */
export const LastOwner = defineError('LastOwner', { code: 'last_owner', status: 409 })

/** No such invitation: unknown, used, taken back, expired, or for another e-mail address. */
export const InvitationNotFound = defineError('InvitationNotFound', {
  code: 'invitation_not_found', status: 404,
})

/** No such service token in this organization. */
export const ServiceTokenNotFound = defineError('ServiceTokenNotFound', {
  code: 'service_token_not_found', status: 404,
})

/** E-mail and password do not belong together; never tells which of them is wrong. */
export const LoginFailed = defineError('LoginFailed', { code: 'login_failed', status: 401 })

/** Too many logins have failed lately, for this account or from this address. */
export const LoginThrottled = defineError('LoginThrottled', {
  code: 'login_throttled', status: 429, retryable: true,
})

/** The call carries no valid token. */
export const Unauthenticated = defineError('Unauthenticated', {
  code: 'unauthenticated', status: 401,
})

/** The caller is known but may not do this. */
export const Forbidden = defineError('Forbidden', { code: 'forbidden', status: 403 })

/** The present password, which the change of it needs, is wrong. */
export const PasswordWrong = defineError('PasswordWrong', { code: 'password_wrong', status: 403 })
