import { segmentOf } from './errors.js'
import {
  type CallOptions, type Query, type Request, type UpdateOptions, type WriteOptions,
} from './operation.js'
import { eachOf } from './pages.js'
import { piecesOf } from './pieces.js'
import {
  type CreatedInvitation, type ErasureReport, type Invitation, type InvitationPage, type Member,
  type MemberChanges, type MemberPage, type NewInvitation, type NewUser, type Organization,
  type SessionPage, type User, type UserNames, type UserPage,
} from './schema.js'
import { type StreamTransport } from './streams.js'
import { ofType } from './transport.js'

/** The members of the organization. */
export class Members {
  readonly #request: Request

  constructor(request: Request) {
    this.#request = request
  }

  /** One member by user id. Throws `member_not_found`. */
  get(userId: string, options: CallOptions = {}): Promise<Member> {
    return this.#request('getMember', { path: { user_id: userId }, ...options })
  }

  /** One page; at most 200 rows. */
  list(query: Query<'listMembers'> = {}, options: CallOptions = {}): Promise<MemberPage> {
    return this.#request('listMembers', { query, ...options })
  }

  /** Every member, page by page as it is asked for. */
  each(
    query: Query<'listMembers'> = {},
    options: CallOptions = {},
  ): AsyncGenerator<Member, void, undefined> {
    return eachOf((cursor) => this.list({ ...query, ...cursor }, options))
  }

  /** Gives another role, up to the caller's own. The last owner stays one. */
  update(userId: string, changes: MemberChanges, options: WriteOptions = {}): Promise<Member> {
    return this.#request('updateMember', { path: { user_id: userId }, body: changes, ...options })
  }

  /** Ends a membership at once. The last owner stays. */
  remove(userId: string, options: WriteOptions = {}): Promise<void> {
    return this.#request('removeMember', { path: { user_id: userId }, ...options })
  }

  /** Ends the caller's own membership. */
  leave(options: WriteOptions = {}): Promise<void> {
    return this.#request('leaveOrganization', options)
  }
}

/** Invitations into the organization: each for one e-mail address, good once, until it expires. */
export class Invitations {
  readonly #request: Request

  constructor(request: Request) {
    this.#request = request
  }

  /** Invites an address. The token that accepts is in the first answer only. */
  create(invitation: NewInvitation, options: WriteOptions = {}): Promise<CreatedInvitation> {
    return this.#request('createInvitation', { body: invitation, ...options })
  }

  /** One page, newest first; at most 200 rows. */
  list(query: Query<'listInvitations'> = {}, options: CallOptions = {}): Promise<InvitationPage> {
    return this.#request('listInvitations', { query, ...options })
  }

  /** Every invitation, page by page as it is asked for. */
  each(
    query: Query<'listInvitations'> = {},
    options: CallOptions = {},
  ): AsyncGenerator<Invitation, void, undefined> {
    return eachOf((cursor) => this.list({ ...query, ...cursor }, options))
  }

  /** Ends one that was not accepted. */
  revoke(id: string, options: WriteOptions = {}): Promise<void> {
    return this.#request('revokeInvitation', { path: { invitation_id: id }, ...options })
  }

  /** Becomes a member, as the person with the invited address; gives the organization. */
  accept(token: string, options: WriteOptions = {}): Promise<Organization> {
    return this.#request('acceptInvitation', { body: { token }, ...options })
  }
}

/** All users of the installation; for administrators of the organization `default`. */
export class Users {
  readonly #request: Request
  readonly #transport: StreamTransport

  constructor(request: Request, transport: StreamTransport) {
    this.#request = request
    this.#transport = transport
  }

  /** Creates a user. Throws `email_taken` or `username_taken`. */
  create(user: NewUser, options: WriteOptions = {}): Promise<User> {
    return this.#request('createUser', { body: user, ...options })
  }

  /** One user by id. Throws `user_not_found`. */
  get(id: string, options: CallOptions = {}): Promise<User> {
    return this.#request('getUser', { path: { user_id: id }, ...options })
  }

  /** One page; at most 200 rows. */
  list(query: Query<'listUsers'> = {}, options: CallOptions = {}): Promise<UserPage> {
    return this.#request('listUsers', { query, ...options })
  }

  /** Every user, page by page as it is asked for. */
  each(
    query: Query<'listUsers'> = {},
    options: CallOptions = {},
  ): AsyncGenerator<User, void, undefined> {
    return eachOf((cursor) => this.list({ ...query, ...cursor }, options))
  }

  /** Changes address and names. Throws `email_taken`, `username_taken` or `revision_conflict`. */
  update(id: string, changes: UserNames, options: UpdateOptions = {}): Promise<User> {
    return this.#request('updateUser', { path: { user_id: id }, body: changes, ...options })
  }

  /** Ends every session of the user and refuses further logins. */
  disable(id: string, options: WriteOptions = {}): Promise<User> {
    return this.#request('disableUser', { path: { user_id: id }, ...options })
  }

  /** Lets the user log in again. */
  enable(id: string, options: WriteOptions = {}): Promise<User> {
    return this.#request('enableUser', { path: { user_id: id }, ...options })
  }

  /** Deletes the user; what the audit log says of them stays. */
  delete(id: string, options: WriteOptions = {}): Promise<void> {
    return this.#request('deleteUser', { path: { user_id: id }, ...options })
  }

  /**
   * Erases everything of the user in all organizations, the account last; with `scrub: false`
   * deleted bytes stay in the files for a while. Cut off, it goes on when called again.
   */
  erase(
    id: string,
    { scrub, ...options }: WriteOptions & { readonly scrub?: boolean } = {},
  ): Promise<ErasureReport> {
    const body = { confirm: id, ...(scrub === undefined ? {} : { scrub }) }
    return this.#request('eraseUser', { path: { user_id: id }, body, ...options })
  }

  /** Everything of the user in all organizations as a file of JSON lines, as it comes. */
  async *export(
    id: string,
    options: CallOptions = {},
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const path = `/v1/users/${segmentOf(id, 'path.user_id')}/export`
    const expects = ofType('application/jsonl')
    const call = { method: 'GET', path, isRepeatable: true, ...options, expects } as const
    yield* piecesOf(await this.#transport.open(call), options.signal)
  }

  /** The user's sessions, one page. */
  listSessions(
    id: string,
    query: Query<'listSessionsOfUser'> = {},
    options: CallOptions = {},
  ): Promise<SessionPage> {
    return this.#request('listSessionsOfUser', { path: { user_id: id }, query, ...options })
  }

  /** Ends every session of the user. */
  endSessions(id: string, options: WriteOptions = {}): Promise<void> {
    return this.#request('endSessionsOfUser', { path: { user_id: id }, ...options })
  }
}
