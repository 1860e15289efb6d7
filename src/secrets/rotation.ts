import { type AuditSource, installationId, recordAudit } from '../audit/index.js'
import { instantOf } from '../clock.js'
import { type Database } from '../database/database.js'
import { decodeRow, encodeRow } from '../database/table.js'
import { InvalidInput } from '../errors.js'
import { type Actor, programActor } from '../scope.js'
import { EnvelopeBroken } from './envelope.js'
import { keyBinding, type Keyring } from './keyring.js'
import { VersionMover } from './moving.js'
import { moveColumn, type Moved, type SealedColumn } from './sealed-columns.js'
import {
  keyRotations, organizationKeys, type OrganizationKeyRow, type SecretTables,
} from './tables.js'

/** How to rotate. */
export interface RotationOptions {
  /** Rows of one statement, 1 to 1000. @default 200 */
  readonly batch?: number
  /** Told after each batch: what was done so far by this call. */
  readonly onProgress?: (sum: RotationSum) => void
}

/** What a rotation did in this call. */
export interface RotationSum extends Moved {
  /** Organizations that are done, or keys of organizations in the case of the root key. */
  readonly done: number
}

const { columns } = organizationKeys

/**
 * Rotates keys while everybody reads and writes. Progress is in the rows themselves: a call that
 * was broken off at any point goes on when it is made again, and any number may run at once.
 */
export class KeyRotation {
  readonly #database: Database<SecretTables>
  readonly #keyring: Keyring
  readonly #source: AuditSource
  readonly #columns: readonly SealedColumn[]
  readonly #mover: VersionMover
  readonly #actor: Actor

  constructor(
    database: Database<SecretTables>,
    keyring: Keyring,
    { columns: sealedColumns, actor = programActor, ...source }: AuditSource & {
      readonly columns: readonly SealedColumn[]
      readonly actor?: Actor
    },
  ) {
    this.#database = database
    this.#keyring = keyring
    this.#source = source
    this.#columns = sealedColumns
    this.#actor = actor
    this.#mover = new VersionMover(database.as(), keyring)
  }

  /** Gives an organization a new key and puts everything under it. */
  async rotateOrganization(
    organizationId: string,
    options: RotationOptions = {},
  ): Promise<RotationSum> {
    const id = await this.#begin('organization', organizationId)
    const sum = await this.#rotate([organizationId], id, options)
    await this.#finish(organizationId, id)
    return sum
  }

  /** The same for every organization that has a key. */
  async rotateAll(options: RotationOptions = {}): Promise<RotationSum> {
    const id = await this.#begin('all', installationId)
    const sum = await this.#rotate(await this.#organizations(), id, options)
    await this.#finish(installationId, id)
    return sum
  }

  /** Wraps the keys of all organizations by the newest root key, and retires the older ones. */
  async rotateRoot(options: RotationOptions = {}): Promise<RotationSum> {
    const { roots } = this.#keyring
    const batch = batchOf(options)
    const id = await this.#begin('root', installationId)
    const kid = await roots.promote()
    const sum = { done: 0, moved: 0, unreadable: 0 }
    let after: OrganizationKeyRow | undefined
    for (;;) {
      const rows = await this.#keysNotUnder(kid, { after, batch })
      if (rows.length === 0) break
      for (const row of rows) {
        const isMoved = await this.#wrapAgain(row, kid)
        sum[isMoved ? 'moved' : 'unreadable'] += 1
        sum.done += 1
      }
      options.onProgress?.({ ...sum })
      after = rows.at(-1)
    }
    await roots.retireUnused()
    await this.#finish(installationId, id)
    await this.#record(this.#database, installationId, { resourceKind: 'root_key', id: kid })
    return sum
  }

  async #rotate(
    organizationIds: readonly string[],
    rotationId: string,
    options: RotationOptions,
  ): Promise<RotationSum> {
    const batch = batchOf(options)
    const sum = { done: 0, moved: 0, unreadable: 0 }
    const add = ({ moved, unreadable }: Moved) => {
      sum.moved += moved
      sum.unreadable += unreadable
      options.onProgress?.({ ...sum })
    }
    for (const organizationId of organizationIds) {
      if (!(await this.#renew(organizationId, rotationId))) continue
      const moves = this.#mover.move(this.#database, organizationId, batch)
      for await (const moved of moves) add(moved)
      for (const column of this.#columns) {
        const place = { column, organizationId, batch }
        for await (const moved of moveColumn(this.#database, this.#keyring, place)) add(moved)
      }
      sum.done += 1
    }
    return sum
  }

  /** Makes the new key unless this rotation made it before; false when there is none at all. */
  async #renew(organizationId: string, rotationId: string): Promise<boolean> {
    for (;;) {
      const active = await this.#keyring.rows.active(this.#database, organizationId)
      if (active === undefined) return false
      if (active.rotationId === rotationId) return true
      await this.#database.transaction(async (database) => {
        if (!(await this.#keyring.replace(database, active, rotationId))) return
        const version = active.version + 1
        await this.#record(database, organizationId, {
          resourceKind: 'organization_key', id: String(version),
        })
      })
    }
  }

  async #wrapAgain(row: OrganizationKeyRow, kid: string): Promise<boolean> {
    const { provider } = this.#keyring.roots
    try {
      const raw = await provider.unwrap(row.rootKid, row.wrappedKey, keyBinding(row))
      const wrapped = await provider.wrap(kid, raw, keyBinding(row))
      raw.fill(0)
      await this.#database.run(this.#database.write.updateTable('organization_keys')
        .set({
          root_kid: columns.rootKid.encode(kid), wrapped_key: columns.wrappedKey.encode(wrapped),
        })
        .where('organization_id', '=', columns.organizationId.encode(row.organizationId))
        .where('version', '=', columns.version.encode(row.version))
        .where('wrapped_key', '=', columns.wrappedKey.encode(row.wrappedKey)))
      return true
    } catch (error) {
      if (error instanceof EnvelopeBroken) return false
      throw error
    }
  }

  async #keysNotUnder(
    kid: string,
    { after, batch }: { after: OrganizationKeyRow | undefined; batch: number },
  ): Promise<OrganizationKeyRow[]> {
    let query = this.#database.write.selectFrom('organization_keys').selectAll()
      .where('root_kid', '<>', columns.rootKid.encode(kid))
      .where('state', '<>', columns.state.encode('retired'))
      .orderBy('organization_id').orderBy('version').limit(batch)
    if (after !== undefined) {
      const [organization, version] = [after.organizationId, after.version]
      query = query.where(({ or, and, eb }) => or([
        eb('organization_id', '>', columns.organizationId.encode(organization)),
        and([
          eb('organization_id', '=', columns.organizationId.encode(organization)),
          eb('version', '>', columns.version.encode(version)),
        ]),
      ]))
    }
    const rows = await this.#database.all(query)
    return rows.map((stored) => decodeRow(organizationKeys, stored))
  }

  async #organizations(): Promise<string[]> {
    const query = this.#database.write.selectFrom('organization_keys').select('organization_id')
      .where('state', '=', columns.state.encode('active')).orderBy('organization_id')
    const rows = await this.#database.all(query)
    return rows.map((row) => columns.organizationId.decode(row.organization_id))
  }

  /** The rotation of this kind that is not finished, begun now if there is none. */
  async #begin(kind: string, organizationId: string): Promise<string> {
    const { columns: named } = keyRotations
    for (;;) {
      const row = encodeRow(keyRotations, {
        organizationId, id: this.#source.ids.next(), kind,
        createdAt: instantOf(this.#source.clock.now()), finishedAt: null,
      })
      await this.#database.run(this.#database.write.insertInto('key_rotations').values(row)
        .onConflict((conflict) => conflict.doNothing()))
      const stored = await this.#database.first(
        this.#database.write.selectFrom('key_rotations').select('id')
          .where('organization_id', '=', row.organization_id)
          .where('kind', '=', row.kind).where('finished_at', 'is', null))
      // Otherwise another call has finished it between the two.
      if (stored !== undefined) return named.id.decode(stored.id)
    }
  }

  async #finish(organizationId: string, id: string): Promise<void> {
    const { columns: named } = keyRotations
    const now = named.finishedAt.encode(instantOf(this.#source.clock.now()))
    await this.#database.run(this.#database.write.updateTable('key_rotations')
      .set({ finished_at: now })
      .where('organization_id', '=', named.organizationId.encode(organizationId))
      .where('id', '=', named.id.encode(id)))
  }

  async #record(
    database: Database<SecretTables>,
    organizationId: string,
    { resourceKind, id }: { readonly resourceKind: string; readonly id: string },
  ): Promise<void> {
    const record = { action: 'key.rotated', resourceKind, resourceId: id }
    const told = { organizationId, actor: this.#actor, record }
    await recordAudit(database.as(), this.#source, told)
  }
}

function batchOf({ batch = 200 }: RotationOptions): number {
  if (Number.isInteger(batch) && batch >= 1 && batch <= 1_000) return batch
  throw new InvalidInput('batch must be an integer from 1 to 1000', { field: 'batch' })
}
