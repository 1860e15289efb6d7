import { type Clock, nowOf } from '../../clock.js'
import { ConversationExists, type ConversationStore } from '../../conversations/index.js'
import { type Database } from '../../database/database.js'
import { ForeignKeyViolation } from '../../database/failures.js'
import { decodeRow, type Table } from '../../database/table.js'
import { linesIn } from '../../lines.js'
import { organizationKeys, RootKeyMismatch, type RootKeyProvider } from '../../secrets/index.js'
import { membersOf } from '../import/exact-json.js'
import { ArchiveConflict, InvalidArchive } from './errors.js'
import { leftOut, rowOf } from './lines.js'
import {
  type ArchiveFile, type ArchiveManifest, type ArchiveScope, manifestText, openFile,
  verifiedManifest,
} from './manifest.js'
import { manifestName } from './names.js'
import { type AnyTables, ArchiveRows, insertFile } from './rows.js'
import { type ArchiveSource, sourceAt } from './source.js'
import { type ArchiveTarget, type Lines, targetAt } from './target.js'

/** What archives take from outside. */
export interface ArchiveParts {
  readonly clock: Clock
  /** Sees all organizations. */
  readonly database: Database<AnyTables>
  /** Every declared table, parents before children. */
  readonly tables: readonly Table[]
  /** The newest migration. */
  readonly schema: string
  /** What opens the keys of organizations, where there is something. */
  readonly rootKeys: RootKeyProvider | undefined
  conversations(organizationId: string): ConversationStore
}

/** What is told of an archive while it is written or read. */
export interface ArchiveProgress {
  readonly type: 'file'
  readonly file: string
  readonly rows: number
}

export interface ArchiveOptions {
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: ArchiveProgress) => void) | undefined
}

/** Tables whose rows a new database has as well. */
const given: ReadonlySet<string> = new Set(['organizations', 'root_keys'])

/** Writes archives and reads them: directories, or tars, of JSON lines with a manifest. */
export class Archives {
  readonly #parts: ArchiveParts

  constructor(parts: ArchiveParts) {
    this.#parts = parts
  }

  /**
   * Writes an archive of one state of the database: one file in the tar format where the path ends
   * in `.tar`, else into a new or empty directory. The manifest comes last. One that fails leaves
   * the place as it was. Throws InvalidInput, ConversationNotFound, the error of the file system,
   * and the reason of a signal.
   */
  async export(
    path: string, scope: ArchiveScope, options: ArchiveOptions = {},
  ): Promise<ArchiveManifest> {
    const target = await targetAt(path, this.#parts.clock)
    try {
      const manifest = await this.#write(target, scope, options)
      await target.finish()
      return manifest
    } catch (error) {
      await target.discard()
      throw error
    }
  }

  async #write(
    target: ArchiveTarget, scope: ArchiveScope, { signal, onProgress }: ArchiveOptions,
  ): Promise<ArchiveManifest> {
    const files: ArchiveFile[] = []
    const write = async (name: string, lines: Lines) => {
      const file = `${name}.jsonl`
      const { rows, sha256 } = await target.write(file, lines, signal)
      onProgress?.({ type: 'file', file, rows })
      files.push({ name, file, rows, sha256 })
    }
    if (scope.kind === 'conversation') {
      const { conversations } = this.#parts
      await write('conversation',
        conversations(scope.organization_id).export(scope.conversation_id))
    } else {
      const rows = await ArchiveRows.of(scope, this.#tables())
      await this.#parts.database.snapshot(async (database) => {
        for (const table of this.#tables()) {
          await write(table.name, rows.lines(database, table))
        }
      })
    }
    const manifest: ArchiveManifest = {
      format: 'holdfast.archive', version: 1, schema: this.#parts.schema, scope,
      created_at: nowOf(this.#parts.clock), files, notes: notesOf(scope),
    }
    await target.write(manifestName, [manifestText(manifest)], signal)
    return manifest
  }

  /** Holds an archive to its manifest, and changes nothing. Throws InvalidArchive. */
  async verify(path: string, { signal }: ArchiveOptions = {}): Promise<ArchiveManifest> {
    return verifiedManifest(await sourceAt(path), this.#parts.schema, signal)
  }

  /**
   * Reads an archive, a directory or a tar: all of it in one transaction, or nothing, once every
   * hash and count of it is right. Throws InvalidArchive, ArchiveConflict, RootKeyMismatch.
   */
  async import(path: string, options: ArchiveOptions = {}): Promise<ArchiveManifest> {
    const source = await sourceAt(path)
    const manifest = await verifiedManifest(source, this.#parts.schema, options.signal)
    const { scope } = manifest
    if (scope.kind === 'conversation') {
      await this.#conversation(source, scope)
      return manifest
    }
    await this.#checkRoom(scope)
    await this.#checkKeys(source, manifest)
    await this.#parts.database.transaction(async (database) => {
      // The one that every database begins with comes from the archive.
      if (scope.kind === 'everything') {
        await database.run(database.write.deleteFrom('organizations'))
      }
      for (const table of this.#tables()) {
        const { file, rows } = fileOf(manifest, table.name)
        await insertFile(database, table, { file: openFile(source, file), signal: options.signal })
        options.onProgress?.({ type: 'file', file, rows })
      }
    })
    return manifest
  }

  #tables(): Table[] {
    return this.#parts.tables.filter(({ name }) => !leftOut.has(name))
  }

  async #conversation(
    source: ArchiveSource, scope: Extract<ArchiveScope, { kind: 'conversation' }>,
  ): Promise<void> {
    const file = openFile(source, 'conversation.jsonl')
    try {
      await this.#parts.conversations(scope.organization_id)
        .import(file as AsyncIterable<Uint8Array>, { bytesMax: Infinity })
    } catch (cause) {
      if (cause instanceof ConversationExists) throw new ArchiveConflict(cause.message, { cause })
      if (!(cause instanceof ForeignKeyViolation)) throw cause
      const message = `There is no organization ${scope.organization_id} here for the conversation.`
      throw new ArchiveConflict(message, { cause })
    }
  }

  /**
   * Secrets stay sealed: under a key that nobody has here, its organizations could not even make
   * new ones. Throws RootKeyMismatch.
   */
  async #checkKeys(source: ArchiveSource, manifest: ArchiveManifest): Promise<void> {
    const { rootKeys } = this.#parts
    if (rootKeys === undefined) return
    const { file } = fileOf(manifest, organizationKeys.name)
    for await (const line of linesIn(openFile(source, file))) {
      const row = rowOf(organizationKeys, membersOf(line))
      const { rootKid, state } = decodeRow(organizationKeys, row as never)
      if (state === 'retired' || rootKeys.knows(rootKid)) continue
      throw new RootKeyMismatch(`The secrets in the archive are under the root key ${rootKid}, ` +
        'and that is not among the keys given: nothing was imported. Give it as well, behind ' +
        'the newest, then let that one take over: holdfast secrets rotate --root')
    }
  }

  /** Throws ArchiveConflict where something stands in the way of an archive. */
  async #checkRoom(scope: ArchiveScope): Promise<void> {
    const { database } = this.#parts
    const isEmpty = async (table: string, id?: string) => {
      const query = database.write.selectFrom(table).selectAll().limit(1)
      return await database.first(id === undefined ? query : query.where('id', '=', id)) ===
        undefined
    }
    if (scope.kind === 'organization') {
      if (await isEmpty('organizations', scope.organization_id)) return
      const message = `There is an organization ${scope.organization_id} here already.`
      throw new ArchiveConflict(message)
    }
    for (const { name } of this.#tables()) {
      if (given.has(name) || await isEmpty(name)) continue
      throw new ArchiveConflict(`The database is not empty: there are rows of ${name}.`)
    }
  }
}

function fileOf({ files }: ArchiveManifest, table: string): ArchiveFile {
  const file = files.find(({ name }) => name === table)
  if (file !== undefined) return file
  throw new InvalidArchive(`the rows of ${table} are missing`)
}

function notesOf(scope: ArchiveScope): string[] {
  if (scope.kind === 'conversation') {
    return ['Messages with their tree; nothing that hangs on them.']
  }
  return [
    'Bytes of attachments that are kept outside the database are not in the archive.',
    'Secrets stay sealed: they open under the root key of the database it is of.',
    ...(scope.kind === 'organization' ? ['Passwords of people are left out.'] : []),
  ]
}
