import {
  type CallOptions, type Query, type Request, type UpdateOptions, type WriteOptions,
} from './operation.js'
import { eachOf } from './pages.js'
import {
  type ChosenOrganization, type CreatedServiceToken, type Login, type NewOrganization,
  type NewServiceToken, type NewSession, type Organization, type OrganizationChanges,
  type OrganizationChoice, type PasswordChange, type Rotation, type ServiceToken,
  type ServiceTokenChanges, type ServiceTokenEventPage, type ServiceTokenPage, type SessionPage,
} from './schema.js'

/** Logging in and out. Neither is repeated by itself: see `createClient`. */
export class Sessions {
  readonly #request: Request

  constructor(request: Request) {
    this.#request = request
  }

  /** Logs in, with no token needed. The answer's `token` is for a further `createClient`. */
  create(login: Login, options: CallOptions = {}): Promise<NewSession> {
    return this.#request('logIn', { body: login, ...options })
  }

  /** Ends the session of this client's token. */
  delete(options: CallOptions = {}): Promise<void> {
    return this.#request('logOut', options)
  }

  /** The caller's own sessions, one page; the current one is marked. */
  list(query: Query<'listSessions'> = {}, options: CallOptions = {}): Promise<SessionPage> {
    return this.#request('listSessions', { query, ...options })
  }

  /** Ends one of the caller's own. */
  end(id: string, options: WriteOptions = {}): Promise<void> {
    return this.#request('endSession', { path: { session_id: id }, ...options })
  }

  /** Ends all of the caller's own but the current one. */
  endOthers(options: WriteOptions = {}): Promise<void> {
    return this.#request('endOtherSessions', options)
  }

  /**
   * Sets another password. Every session ends; the answer's `token` is for a further
   * `createClient`. Not repeated by itself.
   */
  changePassword(change: PasswordChange, options: CallOptions = {}): Promise<NewSession> {
    return this.#request('changePassword', { body: change, ...options })
  }
}

/** Organizations of the person behind the token. */
export class Organizations {
  readonly #request: Request

  constructor(request: Request) {
    this.#request = request
  }

  /** Creates an organization; the caller becomes its owner. */
  create(organization: NewOrganization, options: WriteOptions = {}): Promise<Organization> {
    return this.#request('createOrganization', { body: organization, ...options })
  }

  /** The organization that is called in. */
  current(options: CallOptions = {}): Promise<Organization> {
    return this.#request('getOrganization', options)
  }

  /** Changes the organization that is called in: its name, slug or rate limit. */
  update(changes: OrganizationChanges, options: UpdateOptions = {}): Promise<Organization> {
    return this.#request('updateOrganization', { body: changes, ...options })
  }

  /** Deletes the organization that is called in, with all it holds. For its owners. */
  delete(options: WriteOptions = {}): Promise<void> {
    return this.#request('deleteOrganization', options)
  }

  /** Makes one of the caller's organizations the one of calls that name none; null for none. */
  choose(choice: OrganizationChoice, options: WriteOptions = {}): Promise<ChosenOrganization> {
    return this.#request('chooseOrganization', { body: choice, ...options })
  }
}

/** Service tokens of the organization. */
export class ServiceTokens {
  readonly #request: Request

  constructor(request: Request) {
    this.#request = request
  }

  /**
   * Creates a token for a program. Its secret is in the first answer only: `token` is null when
   * that answer was lost and the call repeated. Revoke that token then, and create another.
   */
  create(token: NewServiceToken, options: WriteOptions = {}): Promise<CreatedServiceToken> {
    return this.#request('createServiceToken', { body: token, ...options })
  }

  /** One page, newest first; at most 200 rows. */
  list(
    query: Query<'listServiceTokens'> = {},
    options: CallOptions = {},
  ): Promise<ServiceTokenPage> {
    return this.#request('listServiceTokens', { query, ...options })
  }

  /** Every service token, newest first, page by page as it is asked for. */
  each(
    query: Query<'listServiceTokens'> = {},
    options: CallOptions = {},
  ): AsyncGenerator<ServiceToken, void, undefined> {
    return eachOf((cursor) => this.list({ ...query, ...cursor }, options))
  }

  /** One token by id. Throws `service_token_not_found`. */
  get(id: string, options: CallOptions = {}): Promise<ServiceToken> {
    return this.#request('getServiceToken', { path: { service_token_id: id }, ...options })
  }

  /** Changes what may be changed of a token: see `ServiceTokenChanges`. */
  update(
    id: string,
    changes: ServiceTokenChanges,
    options: UpdateOptions = {},
  ): Promise<ServiceToken> {
    const path = { service_token_id: id }
    return this.#request('updateServiceToken', { path, body: changes, ...options })
  }

  /** Gives the token a new text; the old one stays good for the overlap, a day by default. */
  rotate(
    id: string,
    rotation: Rotation = {},
    options: WriteOptions = {},
  ): Promise<CreatedServiceToken> {
    const path = { service_token_id: id }
    return this.#request('rotateServiceToken', { path, body: rotation, ...options })
  }

  /** What the audit log tells of one token, newest first, one page. */
  listEvents(
    id: string,
    query: Query<'listServiceTokenEvents'> = {},
    options: CallOptions = {},
  ): Promise<ServiceTokenEventPage> {
    const path = { service_token_id: id }
    return this.#request('listServiceTokenEvents', { path, query, ...options })
  }

  /** Ends a token at once. */
  revoke(id: string, options: WriteOptions = {}): Promise<void> {
    return this.#request('revokeServiceToken', { path: { service_token_id: id }, ...options })
  }
}
