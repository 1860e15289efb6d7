import { sql } from 'kysely'
import { type AuditSource, recordAudit } from '../audit/index.js'
import { instantOf } from '../clock.js'
import { type Database } from '../database/database.js'
import { decodeRow } from '../database/table.js'
import { programActor } from '../scope.js'
import { SecretKeyInUse } from './errors.js'
import { countBelow, type SealedColumn } from './sealed-columns.js'
import {
  organizationKeys as table, type OrganizationKeyRow, secretVersions, type SecretTables,
} from './tables.js'

/** A key that opens but no longer encrypts, and how many values still need it. */
export interface OldKey {
  readonly organizationId: string
  readonly version: number
  readonly blocking: number
}

/** Where the keys stand. */
export interface KeyReport {
  /** Organizations that have a key. */
  readonly organizations: number
  /** The largest number of uses that one active key has handed out. */
  readonly usesMost: number
  /** Keys that could be retired, or what hinders that. The first hundred. */
  readonly old: readonly OldKey[]
}

const { columns } = table
/** What was sealed just before a key was replaced must have reached its row by then. */
const graceMsDefault = 60_000
const oldMax = 100

/** Retires keys that nothing needs, and tells what still needs the others. */
export class KeyRetirement {
  readonly #database: Database<SecretTables>
  readonly #source: AuditSource
  readonly #columns: readonly SealedColumn[]

  constructor(
    database: Database<SecretTables>,
    { columns: sealedColumns, ...source }: AuditSource & {
      readonly columns: readonly SealedColumn[]
    },
  ) {
    this.#database = database
    this.#source = source
    this.#columns = sealedColumns
  }

  /**
   * Retires the old keys of an organization: what is under them fails from now on, wherever it
   * comes from. Keys replaced less than `graceMs` ago are left. The versions retired. Throws
   * SecretKeyInUse, and changes nothing, while a value is under one of them.
   */
  async retire(organizationId: string, graceMs = graceMsDefault): Promise<number[]> {
    const now = this.#source.clock.now()
    return this.#database.transaction(async (database) => {
      const retired = await database.all(database.write.updateTable('organization_keys')
        .set({
          state: columns.state.encode('retired'),
          retired_at: columns.retiredAt.encode(instantOf(now)),
        })
        .where('organization_id', '=', columns.organizationId.encode(organizationId))
        .where('state', '=', columns.state.encode('old'))
        .where('replaced_at', '<=', columns.createdAt.encode(instantOf(now - graceMs)))
        .returningAll())
      const versions = retired.map((stored) => decodeRow(table, stored).version)
        .sort((a, b) => a - b)
      const last = versions.at(-1)
      if (last === undefined) return []
      const blocking = await this.#countUpTo(database, { organizationId, version: last })
      if (blocking > 0) {
        throw new SecretKeyInUse(
          `${blocking} values are still under keys up to version ${last}; run: ` +
            `holdfast secrets rotate --organization ${organizationId}`)
      }
      const record = {
        action: 'key.retired', resourceKind: 'organization_key', resourceId: String(last),
      }
      const told = { organizationId, actor: programActor, record }
      await recordAudit(database.as(), this.#source, told)
      return versions
    })
  }

  /** Where the keys stand, of all organizations. */
  async report(): Promise<KeyReport> {
    const { write } = this.#database
    const active = await this.#database.first(write.selectFrom('organization_keys')
      .where('state', '=', columns.state.encode('active'))
      .select(({ fn }) => [fn.countAll().as('count'), fn.max('uses').as('uses')]))
    const old = await this.#database.all(write.selectFrom('organization_keys').selectAll()
      .where('state', '=', columns.state.encode('old'))
      .orderBy('organization_id').orderBy('version').limit(oldMax))
    const found: OldKey[] = []
    for (const row of old.map((stored) => decodeRow(table, stored))) {
      found.push(await this.#blocking(row, found.at(-1)))
    }
    const { count = 0, uses = 0 } = active ?? {}
    return { organizations: Number(count), usesMost: Number(uses ?? 0), old: found }
  }

  /** What is under one version is what is up to it, less what is up to the one before. */
  async #blocking(row: OrganizationKeyRow, before: OldKey | undefined): Promise<OldKey> {
    const { organizationId, version } = row
    const upTo = (last: number) =>
      this.#countUpTo(this.#database, { organizationId, version: last })
    const isNext = before?.organizationId === organizationId
    const blocking = (await upTo(version)) - (isNext ? await upTo(before!.version) : 0)
    return { organizationId, version, blocking }
  }

  async #countUpTo(
    database: Database<SecretTables>,
    { organizationId, version }: Pick<OrganizationKeyRow, 'organizationId' | 'version'>,
  ): Promise<number> {
    const { organizationId: organization, keyVersion } = secretVersions.columns
    const rows = await database.first(database.write.selectFrom('secret_versions')
      .where('organization_id', '=', organization.encode(organizationId))
      .where('key_version', '<=', keyVersion.encode(version))
      .select(sql<number>`count(*)`.as('count')))
    let count = Number(rows?.count ?? 0)
    for (const column of this.#columns) {
      count += await countBelow(database, column, { organizationId, version: version + 1 })
    }
    return count
  }
}
