import { type RawBuilder, sql } from 'kysely'
import { type Instant } from '../clock.js'
import { type BatchRow, type Database, prepareBatch } from '../database/database.js'
import { type Statement } from '../database/engine.js'
import { decodeRow, encodeRow } from '../database/table.js'
import { organizationKeys as table, type OrganizationKeyRow, type SecretTables } from './tables.js'

type Keys = Database<SecretTables>
const { columns } = table

const insertKinds = {
  organization_id: 'id', version: 'integer', root_kid: 'text', wrapped_key: 'text',
  rotation_id: 'id', created_at: 'instant',
} as const

const useKinds = {
  organization_id: 'id', version: 'integer', uses: 'integer', uses_max: 'integer',
} as const

/** Ends a subquery whose row must stay as it is until the transaction ends. */
export const held = ({ engine }: Database<never>): RawBuilder<unknown> =>
  engine.rowLocks ? sql`for share` : sql``

/** A key to be written. */
export type NewKeyRow = Pick<
  OrganizationKeyRow,
  'organizationId' | 'version' | 'rootKid' | 'wrappedKey' | 'rotationId' | 'createdAt'
>

/** The statements on organizations' keys. */
export class KeyRows {
  readonly #insert: (rows: readonly BatchRow<typeof insertKinds>[]) => Statement
  readonly #use: (rows: readonly BatchRow<typeof useKinds>[]) => Statement

  constructor(database: Database<never>) {
    // A key comes only under the root key that is active at this moment.
    this.#insert = prepareBatch(database, {
      name: 'secrets_key_insert',
      kinds: insertKinds,
      build: (rows) => sql`
        insert into organization_keys (organization_id, version, root_kid, wrapped_key, state,
          uses, rotation_id, created_at)
        select g.organization_id, g.version, g.root_kid, g.wrapped_key, 'active', 0,
          g.rotation_id, g.created_at
        from ${rows} as g
        where exists (select 1 from root_keys
          where root_keys.kid = g.root_kid and root_keys.state = 'active' ${held(database)})
        on conflict do nothing`,
    })
    this.#use = prepareBatch(database, {
      name: 'secrets_key_use',
      kinds: useKinds,
      build: (rows) => sql`
        update organization_keys set uses = organization_keys.uses + g.uses
        from ${rows} as g
        where organization_keys.organization_id = g.organization_id
          and organization_keys.version = g.version and organization_keys.state = 'active'
          and organization_keys.uses + g.uses <= g.uses_max`,
    })
  }

  /** The key that encrypts; undefined when the organization has none yet. */
  async active(database: Keys, organizationId: string): Promise<OrganizationKeyRow | undefined> {
    const query = database.write.selectFrom('organization_keys').selectAll()
      .where('organization_id', '=', columns.organizationId.encode(organizationId))
      .where('state', '=', columns.state.encode('active'))
    const stored = await database.first(query)
    return stored && decodeRow(table, stored)
  }

  /** The key of a version. */
  async find(
    database: Keys,
    organizationId: string,
    version: number,
  ): Promise<OrganizationKeyRow | undefined> {
    const query = database.write.selectFrom('organization_keys').selectAll()
      .where('organization_id', '=', columns.organizationId.encode(organizationId))
      .where('version', '=', columns.version.encode(version))
    const stored = await database.first(query)
    return stored && decodeRow(table, stored)
  }

  /** False when there is such a key already, or the root key is not the active one any more. */
  async insert(database: Keys, row: NewKeyRow): Promise<boolean> {
    const { organization_id, version, root_kid, wrapped_key, rotation_id, created_at } =
      encodeRow(table, { ...row, state: '', uses: 0, replacedAt: null, retiredAt: null })
    const given = { organization_id, version, root_kid, wrapped_key, rotation_id, created_at }
    return (await database.execute(this.#insert([given]))).changed === 1
  }

  /** Makes way for another active key; false when another call just did. */
  async replace(
    database: Keys,
    { organizationId, version }: Pick<OrganizationKeyRow, 'organizationId' | 'version'>,
    at: Instant,
  ): Promise<boolean> {
    return (await database.run(database.write.updateTable('organization_keys')
      .set({ state: columns.state.encode('old'), replaced_at: columns.replacedAt.encode(at) })
      .where('organization_id', '=', columns.organizationId.encode(organizationId))
      .where('version', '=', columns.version.encode(version))
      .where('state', '=', columns.state.encode('active')))) === 1
  }

  /** Takes uses from an active key; false when it has too few, or is not active any more. */
  async use(
    database: Keys,
    { organizationId, version }: Pick<OrganizationKeyRow, 'organizationId' | 'version'>,
    { uses, usesMax }: { readonly uses: number; readonly usesMax: number },
  ): Promise<boolean> {
    const given = {
      organization_id: columns.organizationId.encode(organizationId),
      version: columns.version.encode(version),
      uses: columns.uses.encode(uses),
      uses_max: columns.uses.encode(usesMax),
    }
    return (await database.execute(this.#use([given]))).changed === 1
  }
}
