import { createHash } from 'node:crypto'
import { type Instant } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { type JsonInput, type JsonValue } from '../database/json.js'
import { cursorOf, keyOf, largeRowsOf, type Page, type PageRequest } from '../database/page.js'
import { decodeRow } from '../database/table.js'
import { RevisionConflict } from '../errors.js'
import { changesOf, type GraphChange } from './diff.js'
import { WorkflowVersionNotFound } from './errors.js'
import { plainText } from './plain-text.js'
import {
  checkLength, checkLimit, checkObject, checkText, graphLengthMax, require, textLengthMax,
} from './rules.js'
import {
  type Metadata, versionOf, type WorkflowTables, type WorkflowVersion, type WorkflowVersionEntry,
  workflowVersions as table,
} from './tables.js'
import { unifiedDiff } from './unified.js'

/** A version to be made. */
export interface NewVersion {
  /** Any JSON value, at most 8 Mi characters; it never changes. */
  readonly graph: JsonInput
  /** What runs are configured with, unless they bring their own. @default {} */
  readonly configuration?: Metadata | undefined
  /** At most 10000 characters. @default null */
  readonly notes?: string | null | undefined
}

/** What of a version may change; what is left out stays. */
export type VersionChanges = Omit<NewVersion, 'graph'>

/** How two versions of a workflow differ. */
export interface VersionDiff {
  /** Their numbers. */
  readonly base: number
  readonly target: number
  /** Where the graphs differ, by JSON pointer. */
  readonly changes: readonly GraphChange[]
  /** A unified diff of the graphs, keys sorted, two blanks a level; empty for equal graphs. */
  readonly unified: string
}

/** Which version: its number, or the latest one. */
export type VersionNumber = number | 'latest'

/** A version on its way into the database. */
export interface VersionDraft {
  readonly graph: Stored<'json'>
  readonly configuration: Stored<'json'>
  readonly notes: Stored<'text'> | null
  readonly checksum: string
}

type On = Database<WorkflowTables>

/** Which workflow's versions are meant. */
export interface VersionsOf {
  readonly organization_id: Stored<'id'>
  readonly workflow_id: Stored<'id'>
}

const { columns } = table
const entryColumns = table.columnNames.filter((name) => name !== 'graph') as
  readonly Exclude<keyof WorkflowTables['workflow_versions'], 'graph'>[]

/** The stored form of a new version. Throws InvalidInput, InvalidValue. */
export function versionDraft(version: NewVersion): VersionDraft {
  const { graph, configuration = {}, notes = null } = version
  require(graph !== undefined, 'graph', 'is missing')
  const stored = columns.graph.encode(graph, 'graph')
  checkLength(stored, 'graph', graphLengthMax)
  return {
    graph: stored,
    configuration: storedConfiguration(configuration),
    notes: storedNotes(notes),
    checksum: createHash('sha256').update(plainText(graph as JsonValue)).digest('hex'),
  }
}

function storedConfiguration(configuration: Metadata): Stored<'json'> {
  checkObject(configuration, 'configuration')
  const stored = columns.configuration.encode(configuration, 'configuration')
  checkLength(stored, 'configuration')
  return stored
}

function storedNotes(notes: string | null): Stored<'text'> | null {
  if (notes !== null) checkText(notes, 'notes', [0, textLengthMax])
  return columns.notes.encode(notes, 'notes')
}

/** What is known of a version beside its draft. */
export interface VersionPlace extends VersionsOf {
  readonly number: number
  readonly createdBy: string
  readonly now: Instant
}

/** Inserts a version at the number that the workflow handed out in the same transaction. */
export async function insertVersion(
  transaction: On,
  draft: VersionDraft,
  { createdBy, number, now, ...of }: VersionPlace,
): Promise<WorkflowVersion> {
  const row = {
    ...of,
    number: columns.number.encode(number),
    graph: draft.graph,
    configuration: draft.configuration,
    notes: draft.notes,
    checksum: columns.checksum.encode(draft.checksum),
    created_by: columns.createdBy.encode(createdBy, 'actor'),
    revision: columns.revision.encode(1),
    created_at: columns.createdAt.encode(now),
    updated_at: columns.updatedAt.encode(now),
  }
  await transaction.run(transaction.write.insertInto('workflow_versions').values(row))
  return versionOf(row)
}

/** A version, or undefined. */
export async function findVersion(
  database: On,
  of: VersionsOf,
  number: VersionNumber,
): Promise<WorkflowVersion | undefined> {
  let query = database.write.selectFrom('workflow_versions').selectAll()
    .where((where) => where.and(of))
  query = number === 'latest'
    ? query.orderBy('number', 'desc').limit(1)
    : query.where('number', '=', columns.number.encode(number, 'version'))
  const stored = await database.first(query)
  return stored === undefined ? undefined : versionOf(stored)
}

/** A version. Throws WorkflowVersionNotFound. */
export async function getVersion(
  database: On,
  of: VersionsOf,
  number: VersionNumber,
): Promise<WorkflowVersion> {
  const found = await findVersion(database, of, number)
  if (found !== undefined) return found
  throw new WorkflowVersionNotFound(number === 'latest'
    ? 'The workflow has no version yet.'
    : `The workflow has no version ${number}.`)
}

type StoredEntry =
  Pick<WorkflowTables['workflow_versions'], (typeof entryColumns)[number]>

/**
 * One page of a workflow's versions without their graphs, newest first; shorter than asked for
 * where they are large.
 */
export async function listVersions(
  database: On,
  of: VersionsOf,
  request: PageRequest,
): Promise<Page<WorkflowVersionEntry>> {
  const limit = checkLimit(request)
  const list = ['workflow_versions', ...Object.values(of)]
  const first = request.cursor === undefined ? undefined
    : columns.number.encode(Number(keyOf(list, request.cursor)[0]), 'cursor')
  const { rows, more } = await largeRowsOf<StoredEntry>(limit, {
    fetch: (count, before) => {
      const query = database.write.selectFrom('workflow_versions')
        .select(entryColumns)
        .where((where) => where.and(of))
        .orderBy('number', 'desc')
        .limit(count)
      const last = before?.number ?? first
      return database.all(last === undefined ? query : query.where('number', '<', last))
    },
    lengthOf: ({ configuration }) => configuration.length,
  })
  const data = rows.map(entryOf)
  return { data, nextCursor: more ? cursorOf(list, [data.at(-1)!.number]) : null }
}

/** Which version is to change, and when. */
export interface VersionTarget extends VersionsOf {
  readonly number: number
  readonly ifRevision?: number | undefined
  readonly now: Instant
}

/** The statement that changes configuration or notes of a version. Throws InvalidInput. */
export function versionUpdate(
  database: On,
  { configuration, notes }: VersionChanges,
  { number, ifRevision, now, ...of }: VersionTarget,
) {
  return database.write.updateTable('workflow_versions')
    .set((expression) => ({
      ...(configuration === undefined
        ? {}
        : { configuration: storedConfiguration(configuration) }),
      ...(notes === undefined ? {} : { notes: storedNotes(notes) }),
      updated_at: columns.updatedAt.encode(now),
      revision: expression('revision', '+', 1 as Stored<'integer'>),
    }))
    .where((where) => where.and(of))
    .where('number', '=', columns.number.encode(number, 'version'))
    .$if(ifRevision !== undefined, (all) =>
      all.where('revision', '=', columns.revision.encode(ifRevision!, 'revision')))
    .returningAll()
}

/** The error of a version that is at another revision. */
export const versionConflict = ({ revision }: WorkflowVersion) =>
  new RevisionConflict(`The version is at revision ${revision}; read it again.`)

/** How two versions differ. */
export function diffOf(base: WorkflowVersion, target: WorkflowVersion): VersionDiff {
  const text = ({ graph }: WorkflowVersion) => plainText(graph, 'indented')
  return {
    base: base.number,
    target: target.number,
    changes: changesOf(base.graph, target.graph),
    unified: unifiedDiff(text(base), text(target), {
      before: `version ${base.number}`, after: `version ${target.number}`,
    }),
  }
}

function entryOf(stored: Record<string, unknown>): WorkflowVersionEntry {
  const { graph: _, ...entry } = decodeRow(table, { ...stored, graph: nothing })
  return entry
}

const nothing = columns.graph.encode(null)
