import { sql } from 'kysely'
import { type BatchRow, type Database, prepareBatch } from '../database/database.js'
import { type Statement } from '../database/engine.js'
import { decodeRow } from '../database/table.js'
import { EnvelopeBroken, rewrapped } from './envelope.js'
import { SecretKeyRetired } from './errors.js'
import { type Keyring, type OrganizationKey } from './keyring.js'
import { type Moved } from './sealed-columns.js'
import { secretVersions as table, type SecretTables } from './tables.js'

type Secrets = Database<SecretTables>
type VersionRow = ReturnType<typeof decodeRow<typeof table.columns>>

const kinds = {
  organization_id: 'id', secret_id: 'id', version: 'integer',
  old_key: 'integer', old_envelope: 'text', new_key: 'integer', new_envelope: 'text',
} as const

const { columns } = table

/** Puts versions of secrets under the active key; their values stay closed. */
export class VersionMover {
  readonly #keyring: Keyring
  readonly #update: (rows: readonly BatchRow<typeof kinds>[]) => Statement

  constructor(database: Database<never>, keyring: Keyring) {
    this.#keyring = keyring
    // Only what still stands as it was read: a row may have been moved or deleted meanwhile.
    this.#update = prepareBatch(database, {
      name: 'secrets_move',
      kinds,
      build: (rows) => sql`
        update secret_versions set envelope = g.new_envelope, key_version = g.new_key
        from ${rows} as g
        where secret_versions.organization_id = g.organization_id
          and secret_versions.secret_id = g.secret_id
          and secret_versions.version = g.version
          and secret_versions.key_version = g.old_key
          and secret_versions.envelope = g.old_envelope`,
    })
  }

  /** Versions of an organization under other keys than the active one, `batch` rows at a time. */
  async *move(
    database: Secrets,
    organizationId: string,
    batch: number,
  ): AsyncGenerator<Moved> {
    let after: VersionRow | undefined
    for (;;) {
      const rows = await this.#due(database, organizationId, { after, batch })
      if (rows.length === 0) return
      const key = await this.#keyring.activeKey(database, organizationId, rows.length)
      const moves = await Promise.all(rows.map((row) => this.#moved(database, row, key)))
      const done = moves.filter((each) => each !== undefined)
      const moved = done.length === 0
        ? 0
        : (await database.execute(this.#update(done))).changed
      yield { moved, unreadable: rows.length - done.length }
      after = rows.at(-1)
    }
  }

  async #due(
    database: Secrets,
    organizationId: string,
    { after, batch }: { readonly after: VersionRow | undefined; readonly batch: number },
  ): Promise<VersionRow[]> {
    const { version } = await this.#keyring.activeKey(database, organizationId, 0)
    let query = database.write.selectFrom('secret_versions').selectAll()
      .where('organization_id', '=', columns.organizationId.encode(organizationId))
      .where('key_version', '<', columns.keyVersion.encode(version))
      .orderBy('secret_id').orderBy('version').limit(batch)
    if (after !== undefined) {
      const [secret, last] = [columns.secretId.encode(after.secretId), after.version]
      query = query.where(
        sql<boolean>`(secret_id, version) > (${secret}, ${columns.version.encode(last)})`)
    }
    return (await database.all(query)).map((stored) => decodeRow(table, stored))
  }

  /** Undefined for what does not open: it stays, and blocks the retirement of its key. */
  async #moved(
    database: Secrets,
    row: VersionRow,
    key: OrganizationKey,
  ): Promise<BatchRow<typeof kinds> | undefined> {
    try {
      const from = await this.#keyring.keyOf(database, row.organizationId, row.keyVersion)
      const envelope = await rewrapped(row.envelope, from, key)
      return {
        organization_id: columns.organizationId.encode(row.organizationId),
        secret_id: columns.secretId.encode(row.secretId),
        version: columns.version.encode(row.version),
        old_key: columns.keyVersion.encode(row.keyVersion),
        old_envelope: columns.envelope.encode(row.envelope),
        new_key: columns.keyVersion.encode(key.version),
        new_envelope: columns.envelope.encode(envelope),
      }
    } catch (error) {
      if (error instanceof EnvelopeBroken || error instanceof SecretKeyRetired) return undefined
      throw error
    }
  }
}
