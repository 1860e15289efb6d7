import { sql } from 'kysely'
import { type BatchRow, type Database, prepareBatch } from '../database/database.js'
import { type Statement } from '../database/engine.js'
import { encodeRow, type Row } from '../database/table.js'
import { bindingOf } from './binding.js'
import { held } from './key-rows.js'
import { secretsMax } from './rules.js'
import { type SecretRow, secrets, type SecretTables, secretVersions } from './tables.js'

type SecretVersionRow = Row<typeof secretVersions>
type Secrets = Database<SecretTables>

const secretKinds = {
  organization_id: 'id', id: 'id', user_id: 'id', name: 'text', description: 'text',
  version: 'integer', revision: 'integer', created_at: 'instant', updated_at: 'instant',
  expires_at: 'instant',
} as const

const versionKinds = {
  organization_id: 'id', secret_id: 'id', version: 'integer', key_version: 'integer',
  envelope: 'text', actor_id: 'text', created_at: 'instant',
} as const

/** What the value of a version is bound to: all that says whose it is and which. */
export function bindingOfVersion(
  secret: Pick<SecretRow, 'organizationId' | 'userId' | 'id' | 'name'>,
  version: number,
): Uint8Array {
  const { organizationId, userId, id, name } = secret
  const [kind, owner] = userId === null ? ['organization', organizationId] : ['user', userId]
  return bindingOf('secret', [organizationId, kind, owner, id, name, version])
}

/** The statements that add secrets and versions. */
export class SecretRows {
  readonly #insert: (rows: readonly BatchRow<typeof secretKinds>[]) => Statement
  readonly #insertVersion: (rows: readonly BatchRow<typeof versionKinds>[]) => Statement

  constructor(database: Database<never>) {
    const names = (kinds: object) => sql.join(Object.keys(kinds).map((name) => sql.ref(name)))
    this.#insert = prepareBatch(database, {
      name: 'secrets_insert',
      kinds: secretKinds,
      build: (rows) => sql`
        insert into secrets (${names(secretKinds)}) select ${names(secretKinds)}
        from ${rows} as g
        where (select count(*) from (select 1 from secrets as s
            where s.organization_id = g.organization_id limit ${sql.lit(secretsMax)}) as counted)
          < ${sql.lit(secretsMax)}`,
    })
    // The key stays the active one until the transaction ends: no value comes in under a key that
    // a rotation has passed already.
    this.#insertVersion = prepareBatch(database, {
      name: 'secrets_insert_version',
      kinds: versionKinds,
      build: (rows) => sql`
        insert into secret_versions (${names(versionKinds)}) select ${names(versionKinds)}
        from ${rows} as g
        where exists (select 1 from organization_keys as k
          where k.organization_id = g.organization_id and k.version = g.key_version
            and k.state = 'active' ${held(database)})`,
    })
  }

  /** Adds a secret; false when the organization has as many as it may have. */
  async insert(database: Secrets, secret: SecretRow): Promise<boolean> {
    return (await database.execute(this.#insert([encodeRow(secrets, secret)]))).changed === 1
  }

  /** Adds a version; false when the key over it is not the active one any more. */
  async insertVersion(database: Secrets, version: SecretVersionRow): Promise<boolean> {
    const row = encodeRow(secretVersions, version)
    return (await database.execute(this.#insertVersion([row]))).changed === 1
  }

  /** Forgets all but the newest versions. */
  async prune(
    database: Secrets,
    { organizationId, id, version }: Pick<SecretRow, 'organizationId' | 'id' | 'version'>,
    kept: number,
  ): Promise<void> {
    const { columns } = secretVersions
    await database.run(database.write.deleteFrom('secret_versions')
      .where('organization_id', '=', columns.organizationId.encode(organizationId))
      .where('secret_id', '=', columns.secretId.encode(id))
      .where('version', '<=', columns.version.encode(version - kept)))
  }
}
