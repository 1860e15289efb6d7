import { type Clock, millisecondsOf } from '../../clock.js'
import { InvalidInput } from '../../errors.js'
import { type Table } from '../../database/table.js'
import { providerOf, type RootKeyOption } from '../../secrets/index.js'
import { movedTables } from '../transfer/catalogue.js'
import { labelOf } from '../transfer/ends.js'
import { type BackupParts, createBackup, scratchOf, triedRestore } from './create.js'
import { type BackupWatch } from './events.js'
import { type BackupManifest, writeManifest } from './manifest.js'
import { clearLeftovers, entriesOf, type BackupEntry, inWorkFolder, removeEntry } from './places.js'
import { folderOf, openedBackup, restoreBackup, type RestoreReport } from './restore.js'

/** Of which database backups are, where they are, and how they are followed. */
export interface BackupsOptions extends BackupWatch {
  /** URL of the database that is backed up, or restored into. */
  readonly database: string
  /** The folder with the backups; made when it is missing. */
  readonly directory: string
  /** Keys of encrypted backups, as root keys are given: one, a list, a file, or a provider. */
  readonly key?: RootKeyOption | undefined
  /**
   * A folder where plain bytes of encrypted backups may lie while they are made and tried.
   * @default beside a database in a file, else the folder for temporary files
   */
  readonly scratch?: string | undefined
}

/** Options of `Backups.create`. */
export interface CreateBackupOptions {
  /** Whether it is encrypted, under the newest of the keys. @default false */
  readonly encrypt?: boolean
  /** Whether a restore of it is tried before it gets its name. @default true */
  readonly verify?: boolean
  /** Verified backups of this database that are kept, 1 or more; older ones go. @default all */
  readonly keep?: number | undefined
}

/** A backup that was made. */
export interface CreatedBackup {
  readonly path: string
  readonly manifest: BackupManifest
  /** Names of older ones that were removed. */
  readonly pruned: readonly string[]
}

/** A backup as it is listed. */
export interface ListedBackup extends BackupEntry {
  /** Seconds since its moment; undefined when that cannot be read, or a clock was ahead. */
  readonly ageSeconds: number | undefined
  /** Whether it counts: whole as far as is seen, and a restore of it was tried. */
  readonly isVerified: boolean
}

const readOnlyCodes: ReadonlySet<string> = new Set(['EROFS', 'EACCES', 'EPERM'])

/** Clocks of machines that share a folder may differ by as much. */
const skewMaxMs = 60 * 60_000

/** Makes backups of a database, lists, verifies and restores them. */
export class Backups {
  readonly #parts: BackupParts

  constructor(options: BackupsOptions & { readonly tables: readonly Table[]
    readonly clock: Clock }) {
    const { database, directory, scratch, key, tables, clock, signal, onEvent } = options
    this.#parts = {
      database, directory, scratch, clock, watch: { signal, onEvent },
      provider: key === undefined ? undefined : providerOf(key),
      catalogue: movedTables(tables),
    }
  }

  /**
   * Makes a backup while servers write, restores it beside, compares every row, and then gives it
   * its name. Throws BackupRefused, BackupMismatch, BackupStopped; nothing half made is left.
   */
  async create(options: CreateBackupOptions = {}): Promise<CreatedBackup> {
    const { encrypt = false, verify = true, keep } = options
    if (keep !== undefined) checkKeep(keep)
    const made = await createBackup(this.#parts, { encrypt, verify })
    const isCounted = made.manifest.verified !== null && keep !== undefined
    return { ...made, pruned: isCounted ? this.#prune(keep, made.manifest.name) : [] }
  }

  /**
   * All that have a name, newest first. Those that say they are of a time to come were made while
   * the clock was ahead, so before the others: they are last. Reads manifests, not files.
   */
  list(): ListedBackup[] {
    const { directory, clock } = this.#parts
    const nowMs = clock.now()
    const listed = entriesOf(directory).map((entry) => {
      const { manifest, fault } = entry
      const isAhead = manifest && millisecondsOf(manifest.created_at) - nowMs > skewMaxMs
      const ageMs = manifest && !isAhead ? nowMs - millisecondsOf(manifest.moment) : undefined
      return {
        ...entry,
        isAhead,
        ageSeconds: ageMs === undefined ? undefined : Math.max(0, Math.round(ageMs / 1000)),
        isVerified: fault === undefined && manifest?.verified != null,
      }
    })
    return [true, false].flatMap((isNow) => listed
      .filter(({ isAhead }) => (isAhead !== true) === isNow)
      .map(({ isAhead: _isAhead, ...each }) => each))
  }

  /** Those of this database that count, newest first. */
  verified(): ListedBackup[] {
    const source = labelOf(this.#parts.database)
    return this.list().filter(({ isVerified, manifest }) =>
      isVerified && manifest!.source === source)
  }

  /**
   * Restores one beside and compares every row with what was read when it was made; that is noted
   * in it, unless it may only be read. Throws InvalidBackup, BackupKeyMismatch, BackupTooNew,
   * BackupMismatch.
   */
  async verify(nameOrPath: string): Promise<BackupManifest> {
    const folder = folderOf(nameOrPath, this.#parts.directory)
    const { manifest, keys } = await openedBackup(folder, this.#parts)
    const verified = await inWorkFolder(scratchOf(this.#parts), (scratch) =>
      triedRestore(folder, manifest, { ...this.#parts, keys, scratch }))
    const noted = { ...manifest, verified }
    try {
      await writeManifest(folder, noted, keys?.seal)
    } catch (error) {
      // Where backups may only be read, it is told and not kept.
      if (!readOnlyCodes.has((error as NodeJS.ErrnoException).code ?? '')) throw error
    }
    return noted
  }

  /**
   * Restores one into the database: an empty one, or with `replace` in the place of what is there,
   * at one moment. Before that the backup is read to its end. Throws InvalidBackup,
   * BackupKeyMismatch, BackupTooNew, BackupMismatch, BackupRefused, BackupStopped.
   */
  async restore(
    nameOrPath: string, { replace = false }: { readonly replace?: boolean } = {},
  ): Promise<RestoreReport> {
    const folder = folderOf(nameOrPath, this.#parts.directory)
    return restoreBackup(folder, this.#parts, { replace })
  }

  /**
   * Removes backups of this database that are older than the newest `keep` verified ones, and what
   * processes left that have died. Returns the names removed.
   */
  prune(keep: number): string[] {
    return this.#prune(keep)
  }

  /** `newest` is what was just made, whatever the clocks say. */
  #prune(keep: number, newest?: string): string[] {
    checkKeep(keep)
    const { directory, database, watch } = this.#parts
    clearLeftovers(directory)
    const source = labelOf(database)
    const all = this.list().filter(({ manifest }) => manifest?.source === source)
    const ordered = [
      ...all.filter(({ name }) => name === newest), ...all.filter(({ name }) => name !== newest),
    ]
    const last = ordered.filter(({ isVerified }) => isVerified)[keep - 1]
    if (last === undefined) return []
    watch.onEvent?.({ type: 'phase', phase: 'prune' })
    const older = ordered.slice(ordered.indexOf(last) + 1)
    for (const entry of older) removeEntry(directory, entry)
    return older.map(({ name }) => name)
  }
}

function checkKeep(keep: number): void {
  if (Number.isInteger(keep) && keep >= 1) return
  throw new InvalidInput('keep must be an integer of 1 or more', { field: 'keep' })
}
