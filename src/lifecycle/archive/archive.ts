import { createHash } from 'node:crypto'
import {
  createReadStream, existsSync, mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync,
} from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, nowOf } from '../../clock.js'
import { ConversationExists, type ConversationStore } from '../../conversations/index.js'
import { type Database } from '../../database/database.js'
import { ForeignKeyViolation, UniqueViolation } from '../../database/failures.js'
import { type Table } from '../../database/table.js'
import { InvalidInput } from '../../errors.js'
import { linesIn } from '../../lines.js'
import { membersOf } from '../import/exact-json.js'
import { ArchiveConflict, InvalidArchive } from './errors.js'
import { leftOut, lineOf, rowOf } from './lines.js'
import {
  type ArchiveFile, type ArchiveManifest, type ArchiveScope, manifestName, manifestText,
  verifiedManifest,
} from './manifest.js'

type AnyTables = Record<string, Record<string, unknown>>

/** What archives take from outside. */
export interface ArchiveParts {
  readonly clock: Clock
  /** Sees all organizations. */
  readonly database: Database<AnyTables>
  /** Every declared table, parents before children. */
  readonly tables: readonly Table[]
  /** The newest migration. */
  readonly schema: string
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

const pageMax = 200

/** Characters that are written at once. */
const pieceLength = 65_536

/** Tables whose rows a new database has as well. */
const given: ReadonlySet<string> = new Set(['organizations', 'root_keys'])

/** Writes archives and reads them: directories of JSON lines with a manifest. */
export class Archives {
  readonly #parts: ArchiveParts

  constructor(parts: ArchiveParts) {
    this.#parts = parts
  }

  /**
   * Writes an archive into a new or empty directory, of one state of the database; the manifest
   * comes last. One that fails leaves the directory as it was. Throws InvalidInput,
   * ConversationNotFound, the error of the file system, and the reason of a signal.
   */
  async export(
    directory: string, scope: ArchiveScope, options: ArchiveOptions = {},
  ): Promise<ArchiveManifest> {
    const isThere = existsSync(directory)
    if (isThere && readdirSync(directory).length > 0) {
      throw new InvalidInput(`${directory} is not empty`, { field: 'directory' })
    }
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    const written: string[] = []
    try {
      return await this.#write(directory, { scope, options, written })
    } catch (error) {
      for (const name of written) rmSync(join(directory, name), { force: true })
      if (!isThere && readdirSync(directory).length === 0) rmdirSync(directory)
      throw error
    }
  }

  /** Names the files in `written` as it begins them. */
  async #write(directory: string, { scope, options, written }: {
    readonly scope: ArchiveScope
    readonly options: ArchiveOptions
    readonly written: string[]
  }): Promise<ArchiveManifest> {
    const files: ArchiveFile[] = []
    const write = async (name: string, lines: AsyncIterable<string>) => {
      written.push(`${name}.jsonl`)
      const file = await writeLines(directory, name, { lines, signal: options.signal })
      options.onProgress?.({ type: 'file', file: file.file, rows: file.rows })
      files.push(file)
    }
    if (scope.kind === 'conversation') {
      const { conversations } = this.#parts
      await write('conversation',
        conversations(scope.organization_id).export(scope.conversation_id))
    } else {
      await this.#parts.database.snapshot(async (database) => {
        for (const table of this.#tables()) {
          await write(table.name, linesOf(database, table, scope))
        }
      })
    }
    const manifest: ArchiveManifest = {
      format: 'holdfast.archive', version: 1, schema: this.#parts.schema, scope,
      created_at: nowOf(this.#parts.clock), files, notes: notesOf(scope),
    }
    written.push(manifestName)
    writeFileSync(join(directory, manifestName), manifestText(manifest), { mode: 0o600 })
    return manifest
  }

  /** Holds an archive to its manifest, and changes nothing. Throws InvalidArchive. */
  verify(directory: string, { signal }: ArchiveOptions = {}): Promise<ArchiveManifest> {
    return verifiedManifest(directory, this.#parts.schema, signal)
  }

  /**
   * Reads an archive: all of it in one transaction, or nothing, once every hash and count of it is
   * right. Throws InvalidArchive, ArchiveConflict.
   */
  async import(directory: string, options: ArchiveOptions = {}): Promise<ArchiveManifest> {
    const manifest = await this.verify(directory, options)
    const { scope } = manifest
    if (scope.kind === 'conversation') {
      await this.#conversation(directory, scope)
      return manifest
    }
    await this.#checkRoom(scope)
    try {
      await this.#parts.database.transaction(async (database) => {
        // The one that every database begins with comes from the archive.
        if (scope.kind === 'everything') {
          await database.run(database.write.deleteFrom('organizations'))
        }
        for (const table of this.#tables()) {
          const file = manifest.files.find(({ name }) => name === table.name)
          if (file === undefined) throw new InvalidArchive(`the rows of ${table.name} are missing`)
          await insertFile(database, table, { path: join(directory, file.file), options })
          options.onProgress?.({ type: 'file', file: file.file, rows: file.rows })
        }
      })
    } catch (cause) {
      if (cause instanceof UniqueViolation) {
        const message = 'Something of the archive is here already: nothing was imported.'
        throw new ArchiveConflict(message, { cause })
      }
      if (!(cause instanceof ForeignKeyViolation)) throw cause
      const message = 'A row of the archive belongs to one that is not in it'
      throw new InvalidArchive(`${message}: nothing was imported.`, { cause })
    }
    return manifest
  }

  #tables(): Table[] {
    return this.#parts.tables.filter(({ name }) => !leftOut.has(name))
  }

  async #conversation(
    directory: string, scope: Extract<ArchiveScope, { kind: 'conversation' }>,
  ): Promise<void> {
    const file = createReadStream(join(directory, 'conversation.jsonl'))
    try {
      await this.#parts.conversations(scope.organization_id)
        .import(file as AsyncIterable<Uint8Array>, {})
    } catch (cause) {
      if (!(cause instanceof ConversationExists)) throw cause
      throw new ArchiveConflict(cause.message, { cause })
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

/** Rows by primary key, page by page. */
async function* linesOf(
  database: Database<AnyTables>, table: Table, scope: ArchiveScope,
): AsyncGenerator<string, void, void> {
  const { primaryKey: key, name } = table
  for (let after: readonly unknown[] | undefined; ;) {
    let query = database.write.selectFrom(name).selectAll().limit(pageMax)
    if (scope.kind === 'organization') {
      const filter = filterOf(table, scope.organization_id)
      if (filter === undefined) return
      query = query.where(filter.column, 'in', filter.values(database) as never)
    }
    for (const column of key) query = query.orderBy(column)
    if (after !== undefined) {
      const last = after
      query = query.where(({ eb, refTuple, tuple }) => (key.length === 1
        ? eb(key[0]!, '>', last[0])
        : eb(refTuple(...(key as [string, string])), '>', tuple(...(last as [string, string])))))
    }
    const rows = await database.all(query)
    for (const row of rows) {
      const isPerson = name === 'users' && scope.kind === 'organization'
      yield `${lineOf(table, isPerson ? { ...row, password_hash: null } : row)}\n`
    }
    if (rows.length < pageMax) return
    after = key.map((column) => rows.at(-1)![column])
  }
}

/** Which rows of a table are those of an organization; undefined for none. */
function filterOf({ name, columnNames }: Table, organizationId: string) {
  if (name === 'organizations') return { column: 'id', values: () => [organizationId] }
  if (name === 'users') {
    return {
      column: 'id',
      values: ({ write }: Database<AnyTables>) => write.selectFrom('organization_memberships')
        .select('user_id').where('organization_id', '=', organizationId),
    }
  }
  if (!columnNames.includes('organization_id') || name === 'default_organizations' ||
    name === 'personal_organizations') return undefined
  return { column: 'organization_id', values: () => [organizationId] }
}

async function writeLines(directory: string, name: string, { lines, signal }: {
  readonly lines: AsyncIterable<string>
  readonly signal: AbortSignal | undefined
}): Promise<ArchiveFile> {
  const file = `${name}.jsonl`
  const handle = await open(join(directory, file), 'w', 0o600)
  const hash = createHash('sha256')
  let rows = 0
  try {
    let pending = ''
    for await (const line of lines) {
      signal?.throwIfAborted()
      hash.update(line)
      rows += 1
      pending += line
      if (pending.length < pieceLength) continue
      await handle.appendFile(pending)
      pending = ''
    }
    await handle.appendFile(pending)
  } finally {
    await handle.close()
  }
  return { name, file, rows, sha256: hash.digest('hex') }
}

async function insertFile(database: Database<AnyTables>, table: Table, { path, options }: {
  readonly path: string
  readonly options: ArchiveOptions
}): Promise<void> {
  const step = Math.max(1, Math.floor(900 / table.columnNames.length))
  let rows: Record<string, unknown>[] = []
  const flush = async () => {
    if (rows.length === 0) return
    options.signal?.throwIfAborted()
    const insert = database.write.insertInto(table.name).values(rows)
    // A new database has founded its root key already; the archive's is the same, or of no use.
    await database.run(table.name === 'root_keys'
      ? insert.onConflict((conflict) => conflict.doNothing()) : insert)
    rows = []
  }
  for await (const line of linesIn(createReadStream(path))) {
    rows.push(rowOf(table, membersOf(line)))
    if (rows.length >= step) await flush()
  }
  await flush()
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
