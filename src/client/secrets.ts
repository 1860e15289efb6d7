import {
  type CallOptions, type Query, type Request, type UpdateOptions, type WriteOptions,
} from './operation.js'
import { eachOf } from './pages.js'
import {
  type NewSecret, type RevealedSecret, type Secret, type SecretChanges, type SecretPage,
  type SecretReveal, type SecretVersionPage,
} from './schema.js'

/** Secrets of the organization, or the caller's own in it. */
export class Secrets {
  readonly #request: Request
  readonly #noun: 'Secret' | 'MySecret'

  constructor(request: Request, noun: 'Secret' | 'MySecret') {
    this.#request = request
    this.#noun = noun
  }

  /** Keeps a secret; fails with `secret_name_taken`. */
  create(secret: NewSecret, options: WriteOptions = {}): Promise<Secret> {
    return this.#request(`create${this.#noun}`, { body: secret, ...options })
  }

  /** The secret of this name, without its value; fails with `secret_not_found`. */
  get(name: string, options: CallOptions = {}): Promise<Secret> {
    return this.#request(`get${this.#noun}`, { path: { name }, ...options })
  }

  /** One page by name, without values; at most 200 rows. */
  list(query: Query<'listSecrets'> = {}, options: CallOptions = {}): Promise<SecretPage> {
    return this.#request(`list${this.#noun}s`, { query, ...options })
  }

  /** Every secret by name, page by page as it is asked for. */
  each(
    query: Query<'listSecrets'> = {},
    options: CallOptions = {},
  ): AsyncGenerator<Secret, void, undefined> {
    return eachOf((cursor) => this.list({ ...query, ...cursor }, options))
  }

  /** The versions that are kept, newest first, without values. */
  versions(name: string, options: CallOptions = {}): Promise<SecretVersionPage> {
    return this.#request(`list${this.#noun}Versions`, { path: { name }, ...options })
  }

  /** Changes value, description or end; a value becomes a new version. */
  update(name: string, changes: SecretChanges, options: UpdateOptions = {}): Promise<Secret> {
    return this.#request(`update${this.#noun}`, { path: { name }, body: changes, ...options })
  }

  /** Deletes the secret with all its versions. */
  delete(name: string, options: WriteOptions = {}): Promise<void> {
    return this.#request(`delete${this.#noun}`, { path: { name }, ...options })
  }

  /** The value, of the newest version or of another that is kept. Never sent a second time. */
  reveal(
    name: string,
    which: SecretReveal = {},
    options: CallOptions = {},
  ): Promise<RevealedSecret> {
    return this.#request(`reveal${this.#noun}`, { path: { name }, body: which, ...options })
  }
}
