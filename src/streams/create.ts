import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { type Statement } from '../database/engine.js'
import { Busy } from '../database/failures.js'
import { type IdGenerator } from '../ids.js'
import { type CreateStatements, type NewRow } from './create-statements.js'
import { StreamExists } from './errors.js'
import { anchorOf, type ForkPlan, type ForkPoint, planOf } from './fork.js'
import { mediaTypeOf } from './media.js'
import { type Position } from './offset.js'
import { type StreamKey } from './reader.js'
import { type ReadStatements } from './read-statements.js'
import { streams, type StreamTables } from './tables.js'

/** A stream to be made, its content checked and in stored form. */
export interface Draft {
  readonly key: StreamKey
  readonly contentType: string
  readonly data: Stored<'bytes'> | null
  readonly closed: boolean
  readonly ttlSeconds: number | undefined
  readonly expiresAt: string | undefined
  readonly fork: ForkPoint | undefined
  /** Path of the source in stored form. */
  readonly forkKey: StreamKey | undefined
  readonly conversationId: string | null
  readonly createdBy: string
}

/** What `create` works with. */
export interface CreateSource {
  readonly ids: IdGenerator
  readonly statements: CreateStatements & ReadStatements
}

/** How often it is tried to make a stream while others make and delete it. */
const attemptsMax = 5

const { columns } = streams
const noBytes = new Uint8Array()

/** A stored stream, and whether this call has made it. */
export interface Created {
  readonly row: Record<string, unknown>
  readonly created: boolean
}

/**
 * Makes a stream with its first bytes in one atomic batch, or finds the one that is the same.
 * Throws StreamExists for one that is not.
 */
export async function createStream(
  database: Database<StreamTables>,
  source: CreateSource,
  draft: Draft,
): Promise<Created> {
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    const plan = await planned(database, source, draft)
    const row = newRow(source, draft, plan)
    const { statements, insertAt } = statementsOf(source, row, { draft, plan })
    const results = await database.atomic(statements)
    const made = results[insertAt]!.rows[0]
    if (made !== undefined) return { row: made, created: true }
    const found = results.at(-1)!.rows[0]
    if (found === undefined) continue
    const difference = differenceOf(found, row, draft)
    if (difference === undefined) return { row: found, created: false }
    throw new StreamExists(difference)
  }
  throw new Busy('Others make and delete this stream all the time; repeat the call.')
}

async function planned(
  database: Database<StreamTables>,
  { statements }: CreateSource,
  { fork, forkKey, contentType }: Draft,
): Promise<ForkPlan | undefined> {
  if (fork === undefined || forkKey === undefined) return undefined
  // Nothing lies behind the end: only the stream itself comes back.
  const anchor = anchorOf(fork) ?? Number.MAX_SAFE_INTEGER - 2 ** 21
  const { rows: [row] } = await database.execute(statements.boundary([{
    organization_id: forkKey.organizationId, path: forkKey.path, from: anchor as Stored<'integer'>,
  }]))
  return planOf(row, fork, contentType)
}

function newRow({ ids }: CreateSource, draft: Draft, plan: ForkPlan | undefined): NewRow {
  const { key, contentType, data, closed, ttlSeconds, expiresAt } = draft
  const inherits = ttlSeconds === undefined && expiresAt === undefined && plan !== undefined
  const ttl = inherits ? plan.ttlSeconds : (ttlSeconds ?? null)
  const tail = startOf(plan) + (data?.length ?? 0)
  return {
    organization_id: key.organizationId,
    path: key.path,
    id: columns.id.encode(ids.next()),
    content_type: columns.contentType.encode(contentType, 'content_type'),
    media_type: columns.mediaType.encode(mediaTypeOf(contentType), 'content_type'),
    tail: tail as Stored<'integer'>,
    closed: columns.closed.encode(closed),
    ttl_seconds: columns.ttlSeconds.encode(ttl),
    expires_at: ttl !== null
      ? null
      : columns.expiresAt.encode(inherits ? plan.expiresAt : (expiresAt ?? null), 'expires_at'),
    source_id: plan?.sourceId ?? null,
    source_offset: columns.sourceOffset.encode(plan === undefined ? null : anchored(plan, draft)),
    source_sub_offset: columns.sourceSubOffset.encode(plan?.subOffset ?? null),
    conversation_id: columns.conversationId.encode(draft.conversationId, 'conversation_id'),
    created_by: columns.createdBy.encode(draft.createdBy, 'created_by'),
  }
}

/** The place that the fork was asked for, before any part of a chunk. */
function anchored(plan: ForkPlan, { fork }: Draft): Position {
  return anchorOf(fork!) ?? plan.until
}

const startOf = (plan: ForkPlan | undefined): Position =>
  plan === undefined ? 0 : plan.until + plan.prefix.length

function statementsOf(
  { statements }: CreateSource,
  row: NewRow,
  { draft: { key, data }, plan }: { draft: Draft; plan: ForkPlan | undefined },
): { statements: Statement[]; insertAt: number } {
  const path = { organization_id: row.organization_id, path: row.path }
  const begin = (bytes: Uint8Array, end: Position) => (bytes.length === 0 ? [] : [
    statements.begin([{
      ...path, id: row.id, end_offset: end as Stored<'integer'>, data: bytes as Stored<'bytes'>,
    }]),
  ])
  const copied = plan === undefined || plan.until === 0 ? [] : [{
    ...path, id: row.id, source_id: plan.sourceId, until: plan.until as Stored<'integer'>,
  }]
  const before = [...copied.map((copy) => statements.hold([copy])), statements.clear([path])]
  return {
    insertAt: before.length,
    statements: [
      ...before,
      statements.insert([row]),
      ...copied.map((copy) => statements.copy([copy])),
      ...begin(plan?.prefix ?? noBytes, startOf(plan)),
      ...begin(data ?? noBytes, row.tail!),
      statements.find({ organization: key.organizationId, path: key.path }),
    ],
  }
}

/** In what a stream differs from the one that was asked for; undefined when in nothing. */
function differenceOf(
  found: Record<string, unknown>,
  row: NewRow,
  { fork }: Draft,
): string | undefined {
  if (found.deleted_at !== null) {
    return 'A stream at this path was deleted and has forks; its path is not free before they go.'
  }
  const same = (column: 'mediaType' | 'ttlSeconds' | 'closed' | 'sourceId', name: keyof NewRow) =>
    columns[column].decode(found[name]) === columns[column].decode(row[name])
  const sameMoment = row.ttl_seconds !== null ||
    columns.expiresAt.decode(found.expires_at) === columns.expiresAt.decode(row.expires_at)
  const isSameFork = same('sourceId', 'source_id') && (fork?.offset === undefined ||
    columns.sourceOffset.decode(found.source_offset) === Number(row.source_offset)) &&
    Number(found.source_sub_offset ?? 0) === Number(row.source_sub_offset ?? 0)
  const checks: readonly [boolean, string][] = [
    [same('mediaType', 'media_type'), 'content type'],
    [same('ttlSeconds', 'ttl_seconds'), 'time to live'],
    [sameMoment, 'expiry'],
    [same('closed', 'closed'), 'state, open or closed'],
    [isSameFork, 'source'],
  ]
  const different = checks.find(([isSame]) => !isSame)
  return different && `There is a stream at this path with another ${different[1]}.`
}
