import { sql } from 'kysely'
import { type Clock, instantOf } from '../clock.js'
import { type Database } from '../database/database.js'
import { SchemaMismatch } from '../database/failures.js'
import { decodeRow, encodeRow, type Row } from '../database/table.js'
import { bindingOf } from './binding.js'
import { EnvelopeBroken } from './envelope.js'
import { RootKeyMismatch, RootKeyMissing } from './errors.js'
import { type RootKeyProvider } from './root-key.js'
import { rootKeys, type SecretTables } from './tables.js'

type RootKey = Row<typeof rootKeys>

/** What the check value of a root key is made of. */
const checked = new TextEncoder().encode('holdfast')

const checkBinding = (kid: string) => bindingOf('root_check', [kid])

const { columns } = rootKeys

/** The root keys given to this process, held against those that the database is under. */
export class RootRing {
  readonly #database: Database<SecretTables>
  readonly #provider: RootKeyProvider | undefined
  readonly #clock: Clock
  #isVerified = false

  constructor(
    database: Database<SecretTables>,
    provider: RootKeyProvider | undefined,
    clock: Clock,
  ) {
    this.#database = database
    this.#provider = provider
    this.#clock = clock
  }

  /** What keeps the root key. Throws RootKeyMissing. */
  get provider(): RootKeyProvider {
    if (this.#provider !== undefined) return this.#provider
    throw new RootKeyMissing('Secrets need a root key: set HOLDFAST_ROOT_KEY, or HOLDFAST_ROOT_' +
      'KEY_FILE, or give openHoldfast the option rootKey.')
  }

  get isGiven(): boolean {
    return this.#provider !== undefined
  }

  /**
   * Throws RootKeyMismatch unless the keys given open what the database is under. Writes nothing,
   * and does not mind a schema that is not made yet.
   */
  async verify(): Promise<void> {
    if (this.#provider === undefined) return
    const living = await this.living()
    for (const { kid, checkValue } of living) {
      if (this.#provider.knows(kid) && await this.#opens(kid, checkValue)) continue
      throw new RootKeyMismatch(
        `The secrets of this database are under the root key ${kid}, and that is not among the ` +
          'keys given. Nothing was changed. Give the right one; while a new one takes over, ' +
          'give both, the newest first.')
    }
    this.#isVerified = living.length > 0
  }

  /**
   * Lays an empty database under the newest key. Of several processes with different keys one
   * succeeds; the others throw RootKeyMismatch.
   */
  async found(): Promise<void> {
    if (this.#provider === undefined || this.#isVerified) return
    if ((await this.#rows()).length === 0) {
      await this.#insert(1, await this.#provider.newest())
    }
    await this.verify()
  }

  /** The name of the key that wraps new keys. Throws RootKeyMissing, RootKeyMismatch. */
  async active(database = this.#database): Promise<string> {
    const { provider } = this
    const active = (await this.#rows(database)).find(({ state }) => state === 'active')
    if (active !== undefined && provider.knows(active.kid)) return active.kid
    throw new RootKeyMismatch('The database is under a root key that this process was not given.')
  }

  /** Makes the newest key given the active one; its name. */
  async promote(): Promise<string> {
    const { provider } = this
    const kid = await provider.newest()
    const rows = await this.#rows()
    const last = rows.at(-1)
    if (last?.kid === kid && last.state === 'active') return kid
    if (rows.some((row) => row.kid === kid)) {
      throw new RootKeyMismatch('The newest root key given was replaced before; give a new one.')
    }
    // First the key on its own, then the change: a process that finds it active can use it.
    await this.#database.transaction(async (database) => {
      const replaced = database.write.updateTable('root_keys')
        .set({ state: columns.state.encode('old') })
        .where('state', '=', columns.state.encode('active'))
      await database.run(replaced)
      await this.#insert((last?.version ?? 0) + 1, kid, database)
    })
    return this.active()
  }

  /** Retires every key but the active one, where no organization's key is left under it. */
  async retireUnused(): Promise<number> {
    const now = columns.retiredAt.encode(instantOf(this.#clock.now()))
    const isUsed = sql<boolean>`exists (
      select 1 from organization_keys
      where organization_keys.root_kid = root_keys.kid and organization_keys.state <> 'retired')`
    return this.#database.run(this.#database.write.updateTable('root_keys')
      .set({ state: columns.state.encode('retired'), retired_at: now })
      .where('state', '=', columns.state.encode('old'))
      .where((where) => where.not(isUsed)))
  }

  /** The keys that still open something, oldest first. */
  async living(): Promise<RootKey[]> {
    return (await this.#rows()).filter(({ state }) => state !== 'retired')
  }

  async #opens(kid: string, checkValue: string): Promise<boolean> {
    try {
      const plain = await this.provider.unwrap(kid, checkValue, checkBinding(kid))
      return Buffer.compare(plain, checked) === 0
    } catch (error) {
      if (error instanceof EnvelopeBroken) return false
      throw error
    }
  }

  async #rows(database = this.#database): Promise<RootKey[]> {
    const query = database.write.selectFrom('root_keys').selectAll().orderBy('version')
    try {
      return (await database.all(query)).map((stored) => decodeRow(rootKeys, stored))
    } catch (error) {
      if (error instanceof SchemaMismatch) return []
      throw error
    }
  }

  async #insert(version: number, kid: string, database = this.#database): Promise<void> {
    const checkValue = await this.provider.wrap(kid, checked, checkBinding(kid))
    const createdAt = instantOf(this.#clock.now())
    const row = { version, kid, checkValue, state: 'active', createdAt, retiredAt: null }
    await database.run(database.write.insertInto('root_keys')
      .values(encodeRow(rootKeys, row))
      .onConflict((conflict) => conflict.doNothing()))
  }
}
