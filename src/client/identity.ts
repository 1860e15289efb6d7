import { type CallOptions, type Query, type Request, type WriteOptions } from './operation.js'
import { eachOf } from './pages.js'
import {
  type CreatedServiceToken, type Login, type NewOrganization, type NewServiceToken,
  type NewSession, type Organization, type ServiceToken, type ServiceTokenPage,
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

  /** Ends a token at once. */
  revoke(id: string, options: WriteOptions = {}): Promise<void> {
    return this.#request('revokeServiceToken', { path: { service_token_id: id }, ...options })
  }
}
