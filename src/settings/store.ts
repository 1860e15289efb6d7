import { isDeepStrictEqual } from 'node:util'
import { sql } from 'kysely'
import { type AuditRecord, recordAudit } from '../audit/index.js'
import { type Clock, type Instant, instantOf } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { ForeignKeyViolation } from '../database/failures.js'
import { decodeRow, encodeRow, type Row } from '../database/table.js'
import { InvalidInput, RevisionConflict } from '../errors.js'
import { type IdGenerator } from '../ids.js'
import { type Scope } from '../scope.js'
import { PersonRequired } from './errors.js'
import { changedPaths, layered, mergePatch } from './merge.js'
import { patternOf, type Pattern } from './places.js'
import { checkObject, checkSize, joinedMarks, type SettingsRules } from './rules.js'
import {
  masked, opened, required, type SealBinding, type SealedFields, Seals, sealingOf,
} from './sealing.js'
import { settings as table, type SettingsDocument, type SettingsTables } from './tables.js'

/** Whose settings: of the person who acts, or of the organization. */
export type SettingsOwner = 'user' | 'organization'

/** Settings as stores return them; secret fields are masked. */
export interface Settings {
  readonly owner: SettingsOwner
  /** Null for those of the organization. */
  readonly userId: string | null
  readonly settings: SettingsDocument
  /** Places marked by callers; those the application's schemas mark are secret as well. */
  readonly secretFields: readonly string[]
  /** 0 until something is set; rises with each change. */
  readonly revision: number
  readonly updatedAt: Instant | null
}

/** The settings in force for a person: theirs over those of the organization. */
export interface EffectiveSettings {
  readonly settings: SettingsDocument
  readonly userRevision: number
  readonly organizationRevision: number
}

/** How to change settings. */
export interface SettingsChange {
  /** Places to mark as secret from now on, `llm.api_key`. A mark stays until a reset. */
  readonly secretFields?: readonly string[] | undefined
  /** Change only while this is the revision. */
  readonly ifRevision?: number | undefined
}

/** Parts that the store takes from outside. */
export interface SettingsSource {
  readonly clock: Clock
  readonly ids: IdGenerator
  readonly rules: SettingsRules
  /** What seals secret fields; without it they are refused. */
  readonly sealer?: SealedFields | undefined
}

type StoredSettings = Row<typeof table>

/** What a change makes of the row before. */
interface Draft {
  readonly document: SettingsDocument
  readonly secretFields: readonly string[]
  /** First keys whose schemas are asked. */
  readonly touched: ReadonlySet<string>
}

interface Writing extends SettingsChange {
  readonly owner: SettingsOwner
  readonly action: string
  readonly draft: (before: StoredSettings) => Draft
}

type Attempt =
  | { readonly written: StoredSettings }
  | { readonly unsealed: Readonly<Record<string, string>> }

/** How often one change is tried while the row is made, or values become secret, beside it. */
const attemptsMax = 5

/** Changed places that one audit event tells. */
const toldMax = 100

const { columns } = table

/** The settings of one organization, and of the person who acts in it. */
export class SettingsStore {
  readonly #database: Database<SettingsTables>
  readonly #scope: Scope
  readonly #source: SettingsSource
  readonly #organizationId: Stored<'id'>

  constructor(database: Database<SettingsTables>, scope: Scope, source: SettingsSource) {
    this.#database = database.within([scope.organizationId])
    this.#scope = scope
    this.#source = source
    this.#organizationId = columns.organizationId.encode(scope.organizationId, 'organization_id')
  }

  /** The settings of one owner; empty at revision 0 when nothing was ever set. */
  async get(owner: SettingsOwner): Promise<Settings> {
    return this.#shown(owner, await this.#find(this.#database, owner))
  }

  /** What is in force: the person's settings over the organization's, in one query. */
  async effective(): Promise<EffectiveSettings> {
    const { user, organization } = await this.#both()
    const document = layered(organization.document, user.document)
    return {
      settings: masked(document, this.#patterns([...user.secretFields,
        ...organization.secretFields])),
      userRevision: user.revision,
      organizationRevision: organization.revision,
    }
  }

  /**
   * Merges a patch into the settings (RFC 7396): null removes a key, objects merge, everything
   * else replaces. A mask that is sent back changes nothing. Changes at the same time all stand,
   * each on top of the one before. Throws InvalidInput, InvalidValue, RevisionConflict,
   * PersonRequired, SealingUnavailable.
   */
  async update(
    owner: SettingsOwner,
    patch: SettingsDocument,
    change: SettingsChange = {},
  ): Promise<Settings> {
    checkPlain(patch)
    return this.#write({
      ...change, owner, action: 'settings.updated',
      draft: ({ document, secretFields }) => ({
        document: mergePatch(document, patch),
        secretFields: joinedMarks(secretFields, change.secretFields),
        touched: new Set(Object.keys(patch)),
      }),
    })
  }

  /** Puts a document in the place of the settings; masks in it keep what is sealed there. */
  async replace(
    owner: SettingsOwner,
    document: SettingsDocument,
    change: SettingsChange = {},
  ): Promise<Settings> {
    checkPlain(document)
    return this.#write({
      ...change, owner, action: 'settings.updated',
      draft: ({ secretFields }) => ({
        document,
        secretFields: joinedMarks(secretFields, change.secretFields),
        touched: new Set(Object.keys(document)),
      }),
    })
  }

  /** Empties the settings and takes off all marks. The revision rises, so that none comes back. */
  async reset(owner: SettingsOwner, change: { ifRevision?: number | undefined } = {}) {
    return this.#write({
      ...change, owner, action: 'settings.reset',
      draft: () => ({ document: {}, secretFields: [], touched: new Set() }),
    })
  }

  /**
   * The settings with their secrets in plain, for use on the server, after an audit event. Inside
   * a transaction that event stands only if the transaction does. Throws SealingUnavailable.
   */
  async open(owner: SettingsOwner | 'effective'): Promise<SettingsDocument> {
    const rows = owner === 'effective'
      ? Object.values(await this.#both())
      : [await this.#find(this.#database, owner)]
    const secret = rows.filter(({ sealed }) => Object.keys(sealed).length > 0)
    await this.#record(this.#database, 'settings.revealed', {
      owner, paths: secret.flatMap(({ sealed }) => Object.keys(sealed)).slice(0, toldMax),
    })
    // The organization's first, so that the person's win.
    const plain = await Promise.all(secret.map(({ sealed, userId }) =>
      required(this.#source.sealer).open(sealed, this.#binding(userId))))
    const document = rows.map((row) => row.document).reduce(layered)
    return opened(document, Object.assign({}, ...plain) as Record<string, string>)
  }

  async #write(writing: Writing): Promise<Settings> {
    const { owner } = writing
    const seals = new Seals(this.#source.sealer, this.#binding(this.#userIdOf(owner)))
    for (let count = 0; count < attemptsMax; count++) {
      const attempt = await this.#database.transaction((transaction) =>
        this.#attempt(transaction, writing, seals))
      if ('written' in attempt) return this.#shown(owner, attempt.written)
      // Outside the transaction: what seals may need the database itself.
      if (Object.keys(attempt.unsealed).length > 0) await seals.seal(attempt.unsealed)
    }
    throw new RevisionConflict('The settings were changed by others at this time; read them again.')
  }

  async #attempt(
    database: Database<SettingsTables>,
    { owner, action, draft, ifRevision }: Writing,
    seals: Seals,
  ): Promise<Attempt> {
    const before = await this.#find(database, owner, true)
    checkRevision(before, ifRevision)
    const { document: changed, secretFields, touched } = draft(before)
    this.#source.rules.check(changed, touched)
    const { document, kept, fresh } =
      sealingOf(changed, this.#patterns(secretFields), before)
    const sealed = seals.find(fresh)
    if (sealed === undefined) return { unsealed: fresh }
    const after = this.#after(before, {
      document, secretFields: [...secretFields], sealed: { ...kept, ...sealed },
    })
    if (isSame(before, after)) return { written: before }
    const stands = await this.#store(database, after)
    // Somebody made the row since it was looked for; now it can be locked.
    if (!stands) return { unsealed: {} }
    await this.#record(database, action, {
      owner, revision: after.revision, ...toldOf(before, after),
    })
    return { written: after }
  }

  #after(
    before: StoredSettings,
    parts: Pick<StoredSettings, 'document' | 'secretFields' | 'sealed'>,
  ): StoredSettings {
    const now = instantOf(this.#source.clock.now())
    const createdAt = before.revision === 0 ? now : before.createdAt
    return { ...before, ...parts, revision: before.revision + 1, createdAt, updatedAt: now }
  }

  /** False when a row that is new to us is there already. */
  async #store(database: Database<SettingsTables>, after: StoredSettings): Promise<boolean> {
    const row = encodeRow(table, after)
    checkSize(row.document)
    if (after.revision > 1) {
      const { organization_id, owner_id, ...rest } = row
      const update = database.write.updateTable('settings').set(rest)
        .where('organization_id', '=', organization_id).where('owner_id', '=', owner_id)
      return (await database.run(update)) === 1
    }
    const insert = database.write
      .insertInto('settings').values(row).onConflict((conflict) => conflict.doNothing())
    try {
      return (await database.run(insert)) === 1
    } catch (cause) {
      if (!(cause instanceof ForeignKeyViolation)) throw cause
      const message = 'There is no such organization, or no such user.'
      throw new InvalidInput(message, { cause, field: 'organization_id' })
    }
  }

  async #find(
    database: Database<SettingsTables>,
    owner: SettingsOwner,
    locking = false,
  ): Promise<StoredSettings> {
    const userId = this.#userIdOf(owner)
    const query = database.write.selectFrom('settings').selectAll()
      .where('organization_id', '=', this.#organizationId)
      .where('owner_id', '=', columns.ownerId.encode(userId ?? this.#organizationId, 'user_id'))
    const isLocked = locking && database.engine.rowLocks
    const stored = await database.first(isLocked ? query.modifyEnd(sql`for update`) : query)
    return stored === undefined ? this.#nothing(userId) : decodeRow(table, stored)
  }

  async #both(): Promise<{ organization: StoredSettings; user: StoredSettings }> {
    const userId = this.#scope.actor.userId ?? null
    const owners = [this.#organizationId, ...(userId === null ? [] : [userId])]
      .map((owner) => columns.ownerId.encode(owner, 'user_id'))
    const query = this.#database.write.selectFrom('settings').selectAll()
      .where('organization_id', '=', this.#organizationId)
      .where('owner_id', 'in', owners)
    const rows = (await this.#database.all(query)).map((stored) => decodeRow(table, stored))
    return {
      organization: rows.find((row) => row.userId === null) ?? this.#nothing(null),
      user: rows.find((row) => row.userId !== null) ?? this.#nothing(userId),
    }
  }

  /** Stands for a row that is not there yet. */
  #nothing(userId: string | null): StoredSettings {
    return {
      organizationId: this.#organizationId, ownerId: userId ?? this.#organizationId, userId,
      document: {}, sealed: {}, secretFields: [], revision: 0, createdAt: '', updatedAt: '',
    }
  }

  #userIdOf(owner: SettingsOwner): string | null {
    if (owner === 'organization') return null
    if (owner !== 'user') {
      throw new InvalidInput('owner must be user or organization', { field: 'owner' })
    }
    const { userId = null } = this.#scope.actor
    if (userId !== null) return userId
    throw new PersonRequired('Settings of a person need a person: this caller acts for nobody.')
  }

  #shown(owner: SettingsOwner, row: StoredSettings): Settings {
    return {
      owner,
      userId: row.userId,
      settings: masked(row.document, this.#patterns(row.secretFields)),
      secretFields: row.secretFields,
      revision: row.revision,
      updatedAt: row.revision === 0 ? null : row.updatedAt,
    }
  }

  #patterns(secretFields: readonly string[]): Pattern[] {
    return [...this.#source.rules.patterns, ...secretFields.map(patternOf)]
  }

  #binding(userId: string | null): SealBinding {
    const ownerKind = userId === null ? 'organization' : 'user'
    return { organizationId: this.#organizationId, ownerKind, userId, name: 'settings' }
  }

  async #record(
    database: Database<SettingsTables>,
    action: string,
    details: AuditRecord['details'],
  ): Promise<void> {
    const { actor } = this.#scope
    const resourceId = details?.owner === 'user' ? actor.userId ?? null : null
    const record = { action, resourceKind: 'settings', resourceId, details }
    await recordAudit(database.as(), this.#source, {
      organizationId: this.#organizationId, actor, record: record as AuditRecord,
    })
  }
}

/** Refuses what is no JSON object before anything is read or locked. */
function checkPlain(document: SettingsDocument): void {
  checkObject(document)
  checkSize(columns.document.encode(document, 'settings'))
}

function checkRevision({ revision }: StoredSettings, ifRevision: number | undefined): void {
  if (ifRevision === undefined) return
  columns.revision.encode(ifRevision, 'revision')
  if (ifRevision === revision) return
  throw new RevisionConflict(`The settings are at revision ${revision}; read them again.`)
}

function isSame(before: StoredSettings, after: StoredSettings): boolean {
  return isDeepStrictEqual(before.document, after.document) &&
    isDeepStrictEqual(before.sealed, after.sealed) &&
    isDeepStrictEqual(before.secretFields, after.secretFields)
}

/** The changed places for the audit, never a value. */
function toldOf(before: StoredSettings, after: StoredSettings) {
  const pointers = new Set([...Object.keys(before.sealed), ...Object.keys(after.sealed)])
  const resealed = [...pointers]
    .filter((pointer) => before.sealed[pointer] !== after.sealed[pointer])
    .map((pointer) => pointer.replaceAll('/', '.').slice(0, 200))
  const paths = [...new Set([...changedPaths(before.document, after.document), ...resealed])]
  return {
    paths: paths.slice(0, toldMax),
    ...(paths.length > toldMax ? { paths_untold: paths.length - toldMax } : {}),
  }
}
