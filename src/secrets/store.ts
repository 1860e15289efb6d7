import { type AuditRecord, type AuditSource, recordAudit } from '../audit/index.js'
import { type Instant, instantOf, millisecondsOf } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { ForeignKeyViolation, TransactionConflict, UniqueViolation } from '../database/failures.js'
import { cursorOf, keyOf, type Page, pageOf, type PageRequest } from '../database/page.js'
import { decodeRow } from '../database/table.js'
import { InvalidInput, RevisionConflict } from '../errors.js'
import { type Scope } from '../scope.js'
import { decodedText, opened, sealed } from './envelope.js'
import {
  RevealNotRecorded, SecretExpired, SecretLimitReached, SecretNameTaken, SecretNotFound,
  SecretOwnerRequired,
} from './errors.js'
import { type Keyring, type OrganizationKey } from './keyring.js'
import { openedOrRejected } from './rejections.js'
import { type RevealLimit } from './reveal-limit.js'
import {
  checkDescription, checkedName, checkedValue, checkExpiry, checkLimit, checkVersion,
} from './rules.js'
import { bindingOfVersion, type SecretRows } from './secret-rows.js'
import { type SecretRow, secrets as table, type SecretTables, secretVersions } from './tables.js'

/** Whose secrets a store holds: the organization's, or the acting person's own in it. */
export type SecretOwner = 'organization' | 'user'

/** A secret without its value. */
export type Secret = SecretRow

/** A secret to be kept. */
export interface NewSecret {
  /** 1 to 255 characters without control characters; one a name, never changed. */
  readonly name: string
  /** Text of 1 byte to 64 KiB in UTF-8. */
  readonly value: string
  /** At most 1000 characters; readable by whoever may list. @default null */
  readonly description?: string | null
  /** From then on it cannot be revealed. @default null */
  readonly expiresAt?: Instant | null
}

/** What `update` may change; what is left out stays. */
export type SecretChanges = Partial<Omit<NewSecret, 'name'>>

/** A version of a secret without its value. */
export interface SecretVersion {
  readonly version: number
  readonly actorId: string
  readonly createdAt: Instant
  /** The version of the organization's key over it. */
  readonly keyVersion: number
}

/** A value, on its way to the one who asked. */
export interface RevealedSecret extends Secret {
  readonly value: string
}

/** What the stores of one database share. */
export interface SecretParts {
  readonly keyring: Keyring
  readonly rows: SecretRows
  readonly source: AuditSource
  readonly limit: RevealLimit
  /** Versions of one secret that are kept. */
  readonly historyMax: number
}

const { columns } = table
/** How often a write is tried whose key was replaced under it. */
const attemptsMax = 5

/** The secrets of one owner in an organization. Only `reveal` gives a value. */
export class SecretStore {
  readonly #database: Database<SecretTables>
  readonly #scope: Scope
  readonly #parts: SecretParts
  readonly #owner: SecretOwner
  readonly #inTransaction: boolean
  readonly #organizationId: Stored<'id'>

  constructor(
    database: Database<SecretTables>,
    scope: Scope,
    { parts, owner, inTransaction }: {
      readonly parts: SecretParts
      readonly owner: SecretOwner
      /** Whether `database` is an open transaction. */
      readonly inTransaction: boolean
    },
  ) {
    this.#scope = scope
    this.#parts = parts
    this.#owner = owner
    this.#inTransaction = inTransaction
    this.#organizationId = columns.organizationId.encode(scope.organizationId, 'organization_id')
    this.#database = database.within([this.#organizationId])
  }

  /**
   * Keeps a secret. Throws SecretNameTaken, SecretLimitReached, SecretOwnerRequired, InvalidInput,
   * InvalidValue, and what the keys throw: RootKeyMissing, SecretKeyExhausted, ….
   */
  async create(given: NewSecret): Promise<Secret> {
    const { description = null, expiresAt = null } = given
    const [name, value] = [checkedName(given.name), checkedValue(given.value)]
    this.#check({ description, expiresAt })
    const now = this.#now()
    const secret: Secret = {
      organizationId: this.#organizationId, id: this.#parts.source.ids.next(),
      userId: this.#userId(), name, description, version: 1, revision: 1,
      createdAt: now, updatedAt: now, expiresAt,
    }
    try {
      return await this.#underActiveKey((database, key) =>
        this.#insert(database, secret, { key, value }))
    } catch (cause) {
      if (cause instanceof UniqueViolation) {
        throw new SecretNameTaken('There is a secret of this name.', { cause, field: 'name' })
      }
      if (!(cause instanceof ForeignKeyViolation)) throw cause
      const message = `There is no organization ${this.#organizationId}, or no such user.`
      throw new InvalidInput(message, { cause, field: 'organization_id' })
    }
  }

  /** One secret. Throws SecretNotFound. */
  async get(name: string): Promise<Secret> {
    return this.#find(this.#database, name)
  }

  /** One page of secrets by name. */
  async list(request: PageRequest = {}): Promise<Page<Secret>> {
    const limit = checkLimit(request)
    const list = ['secrets', this.#organizationId, this.#owner, this.#userId()]
    let query = this.#owned(this.#database.write.selectFrom('secrets').selectAll())
      .orderBy('name').limit(limit + 1)
    if (request.cursor !== undefined) {
      const [last] = keyOf(list, request.cursor)
      query = query.where('name', '>', columns.name.encode(String(last), 'cursor'))
    }
    const rows = (await this.#database.all(query)).map((stored) => decodeRow(table, stored))
    return pageOf(rows, limit, ({ name }) => cursorOf(list, [name]))
  }

  /** The versions that are kept, newest first. Throws SecretNotFound. */
  async versions(name: string): Promise<SecretVersion[]> {
    const { organizationId, id } = await this.get(name)
    const query = this.#database.write.selectFrom('secret_versions').selectAll()
      .where('organization_id', '=', columns.organizationId.encode(organizationId))
      .where('secret_id', '=', columns.id.encode(id))
      .orderBy('version', 'desc')
    return (await this.#database.all(query)).map((stored) => {
      const { version, actorId, createdAt, keyVersion } = decodeRow(secretVersions, stored)
      return { version, actorId, createdAt, keyVersion }
    })
  }

  /**
   * Changes what is given; a value becomes a new version. With `ifRevision`, only when that is
   * still its revision. Throws as `create`, and SecretNotFound, RevisionConflict.
   */
  async update(name: string, changes: SecretChanges, ifRevision?: number): Promise<Secret> {
    const value = changes.value === undefined ? undefined : checkedValue(changes.value)
    this.#check(changes)
    if (value === undefined) {
      return this.#database.transaction((database) =>
        this.#change(database, name, { changes, ifRevision }))
    }
    return this.#underActiveKey(async (database, key) => {
      const secret = await this.#change(database, name, { changes, ifRevision })
      const isWritten = await this.#addVersion(database, secret, { key, value })
      return isWritten ? secret : undefined
    })
  }

  /** Deletes a secret with all its versions. Throws SecretNotFound. */
  async delete(name: string): Promise<void> {
    await this.#database.transaction(async (database) => {
      const stored = await database.first(
        this.#owned(database.write.deleteFrom('secrets'))
          .where('name', '=', this.#nameOf(name)).returningAll())
      if (stored === undefined) throw notFound()
      await this.#record(database, decodeRow(table, stored), { action: 'secret.deleted' })
    })
  }

  /**
   * The value, of the newest version or of another that is kept. Told to the audit first, in a
   * commit of its own. Throws SecretNotFound, SecretExpired, SecretUnreadable, SecretKeyRetired,
   * RevealNotRecorded, RateLimited, RootKeyMissing.
   */
  async reveal(name: string, { version }: { version?: number } = {}): Promise<RevealedSecret> {
    if (this.#inTransaction) {
      const message = 'reveal cannot be part of a transaction: what is told is recorded for good.'
      throw new InvalidInput(message)
    }
    void this.#parts.keyring.roots.provider
    if (version !== undefined) checkVersion(version)
    await this.#parts.limit.admit(this.#scope)
    const secret = await this.get(name)
    const isOver = secret.expiresAt !== null
      && millisecondsOf(secret.expiresAt) <= this.#parts.source.clock.now()
    if (isOver) throw new SecretExpired('The time of this secret is over.')
    const value = await this.#open(secret, version ?? secret.version)
    try {
      const told = { action: 'secret.revealed', version: version ?? secret.version }
      await this.#record(this.#database, secret, told)
    } catch (cause) {
      const message = 'The audit log cannot be written, so nothing is revealed; ask again.'
      throw new RevealNotRecorded(message, { cause, retryAfterSeconds: 1 })
    }
    return { ...secret, version: version ?? secret.version, value }
  }

  /**
   * Whether the newest version of a secret is this value. It tells no more, and is told to nobody:
   * for programs that have the value. Throws SecretNotFound, SecretUnreadable, SecretKeyRetired.
   */
  async holds(name: string, value: string): Promise<boolean> {
    const secret = await this.get(name)
    return await this.#open(secret, secret.version) === value
  }

  async #find(database: Database<SecretTables>, name: string): Promise<Secret> {
    const query = this.#owned(database.write.selectFrom('secrets').selectAll())
      .where('name', '=', this.#nameOf(name))
    const stored = await database.first(query)
    if (stored === undefined) throw notFound()
    return decodeRow(table, stored)
  }

  async #open(secret: Secret, version: number): Promise<string> {
    const { organizationId, id, name } = secret
    const query = this.#database.write.selectFrom('secret_versions').selectAll()
      .where('organization_id', '=', columns.organizationId.encode(organizationId))
      .where('secret_id', '=', columns.id.encode(id))
      .where('version', '=', columns.version.encode(version))
    const stored = await this.#database.first(query)
    if (stored === undefined) throw notFound()
    const { keyVersion, envelope } = decodeRow(secretVersions, stored)
    const opening = {
      resourceKind: 'secret' as const, resourceId: id,
      details: { name, owner: this.#owner, version },
    }
    const rejecting = { source: this.#parts.source, scope: this.#scope, opening }
    return openedOrRejected(this.#database, rejecting, async () => {
      const { keyring } = this.#parts
      const key = await keyring.keyOf(this.#database, organizationId, keyVersion)
      return decodedText(await opened(key, envelope, bindingOfVersion(secret, version)))
    })
  }

  /** Runs `write` with the key that encrypts; again when that was replaced meanwhile. */
  async #underActiveKey(
    write: (
      database: Database<SecretTables>,
      key: OrganizationKey,
    ) => Promise<Secret | undefined>,
  ): Promise<Secret> {
    for (let count = 0; count < attemptsMax; count += 1) {
      const key = await this.#parts.keyring.activeKey(this.#database, this.#organizationId)
      try {
        return await this.#database.transaction(async (database) => {
          const secret = await write(database, key)
          if (secret === undefined) throw new KeyReplaced()
          return secret
        })
      } catch (error) {
        if (!(error instanceof KeyReplaced)) throw error
      }
    }
    throw new TransactionConflict('The keys of the organization change too fast; repeat the call.')
  }

  async #insert(
    database: Database<SecretTables>,
    secret: Secret,
    { key, value }: Sealing,
  ): Promise<Secret | undefined> {
    if (!(await this.#parts.rows.insert(database, secret))) {
      throw new SecretLimitReached('The organization has as many secrets as it may have.')
    }
    if (!(await this.#addVersion(database, secret, { key, value }))) return undefined
    await this.#record(database, secret, { action: 'secret.created' })
    return secret
  }

  async #addVersion(
    database: Database<SecretTables>,
    secret: Secret,
    { key, value }: Sealing,
  ): Promise<boolean> {
    const { organizationId, id, version, updatedAt } = secret
    const envelope = await sealed(key, value, bindingOfVersion(secret, version))
    const isWritten = await this.#parts.rows.insertVersion(database, {
      organizationId, secretId: id, version, keyVersion: key.version, envelope,
      actorId: this.#scope.actor.id, createdAt: updatedAt,
    })
    if (isWritten) await this.#parts.rows.prune(database, secret, this.#parts.historyMax)
    return isWritten
  }

  /** The row first: it hands out the version, and whoever changes it waits for us. */
  async #change(
    database: Database<SecretTables>,
    name: string,
    { changes, ifRevision }: { changes: SecretChanges; ifRevision: number | undefined },
  ): Promise<Secret> {
    const one = 1 as Stored<'integer'>
    const { value, description, expiresAt } = changes
    let update = this.#owned(database.write.updateTable('secrets').set((expression) => ({
      updated_at: columns.updatedAt.encode(this.#now()),
      revision: expression('revision', '+', one),
      ...(value === undefined ? {} : { version: expression('version', '+', one) }),
      ...(description === undefined
        ? {}
        : { description: columns.description.encode(description, 'description') }),
      ...(expiresAt === undefined
        ? {}
        : { expires_at: columns.expiresAt.encode(expiresAt, 'expires_at') }),
    }))).where('name', '=', this.#nameOf(name)).returningAll()
    if (ifRevision !== undefined) {
      update = update.where('revision', '=', columns.revision.encode(ifRevision, 'revision'))
    }
    const stored = await database.first(update)
    if (stored === undefined) {
      const { revision } = await this.#find(database, name)
      throw new RevisionConflict(`The secret is at revision ${revision}; read it again.`)
    }
    const secret = decodeRow(table, stored)
    await this.#record(database, secret, { action: 'secret.updated', changed: changedIn(changes) })
    return secret
  }

  /** Narrows a statement to the secrets of the owner. */
  #owned<Q extends Narrowable<Q>>(query: Q): Q {
    const mine = query.where('organization_id', '=', this.#organizationId)
    const userId = this.#userId()
    return userId === null
      ? mine.where('user_id', 'is', null)
      : mine.where('user_id', '=', columns.userId.encode(userId, 'user_id'))
  }

  #userId(): string | null {
    if (this.#owner === 'organization') return null
    const { userId } = this.#scope.actor
    if (typeof userId === 'string') return userId
    throw new SecretOwnerRequired('Own secrets belong to a person, and nobody stands behind this.')
  }

  #nameOf(name: string): Stored<'text'> {
    return columns.name.encode(checkedName(name), 'name')
  }

  #check({ description = null, expiresAt = null }: SecretChanges): void {
    checkDescription(description)
    columns.expiresAt.encode(expiresAt, 'expires_at')
    checkExpiry(expiresAt, this.#parts.source.clock)
  }

  #now(): Instant {
    return instantOf(this.#parts.source.clock.now())
  }

  async #record(
    database: Database<SecretTables>,
    { id, name, version }: Secret,
    { action, ...more }: { action: string } & NonNullable<AuditRecord['details']>,
  ): Promise<void> {
    const details = { name, owner: this.#owner, version, ...more }
    const record = { action, resourceKind: 'secret', resourceId: id, details }
    await recordAudit(database.as(), this.#parts.source, { ...this.#scope, record })
  }
}

interface Sealing {
  readonly key: OrganizationKey
  readonly value: Uint8Array
}

/** A statement that takes conditions. Kysely types each kind of statement for itself. */
interface Narrowable<Q> {
  // The columns differ from statement to statement; those named here are in all of them.
  where(column: any, operator: any, value: any): Q // any: see the line above
}

/** The key was replaced between its choice and its use. */
class KeyReplaced extends Error {}

const changedIn = (changes: SecretChanges): string[] =>
  Object.entries(changes).flatMap(([name, value]) => (value === undefined ? [] : [name]))

/** Without the name: what is not here and what is another's are told alike. */
const notFound = () => new SecretNotFound('There is no such secret here.')
