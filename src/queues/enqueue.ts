import { sql } from 'kysely'
import { type Stored } from '../database/columns.js'
import {
  type BatchRow, type Database, type Placeholder, prepareBatch, prepareRaw, repeated,
} from '../database/database.js'
import { type Result, type Statement } from '../database/engine.js'
import { ForeignKeyViolation } from '../database/failures.js'
import { type Beside, besideStatements } from './beside.js'
import { type KeyRow, type KeyTurns, type Rows } from './keys.js'
import { defaults } from './rules.js'
import { type QueueTables } from './tables.js'
import { type Rings } from './wake-ups.js'

/** One row a job that is ready at once, with nothing to compare. */
const plainKinds = {
  organization_id: 'id',
  id: 'id',
  queue: 'text',
  priority: 'integer',
  payload: 'json',
  attempts_max: 'integer',
  crashes_max: 'integer',
  backoff_base_ms: 'integer',
  backoff_cap_ms: 'integer',
} as const

const draftKinds = {
  ...plainKinds,
  dedupe_key: 'text',
  fingerprint: 'text',
  concurrency_key: 'text',
  delay_ms: 'integer',
  run_at: 'instant',
} as const

const queueKinds = { organization_id: 'id', name: 'text' } as const
const dedupeKinds = { organization_id: 'id', queue: 'text', dedupe_key: 'text' } as const

/** The stored form of a job to insert. */
export type JobDraft = BatchRow<typeof draftKinds>
type QueueRow = BatchRow<typeof queueKinds>
type DedupeRow = BatchRow<typeof dedupeKinds>
type MadeJob = Pick<JobDraft, 'organization_id' | 'id'>

/** One call of enqueue. */
export interface EnqueueCall {
  readonly drafts: readonly JobDraft[]
  /** Written before the jobs. */
  readonly beside?: Beside | undefined
}

/** What became of a draft. */
export interface Placed {
  /** State and times of the inserted job. */
  readonly inserted?: Record<string, unknown>
  /** The job that had the dedupe key before. */
  readonly earlier?: Record<string, unknown>
}

interface Inserting {
  readonly besides: readonly Statement[]
  readonly rings: Rings
  readonly transaction: Database<QueueTables> | undefined
}

/** Queues known to be there, at most; beyond it all are forgotten. */
const knownMax = 10_000

const columns = sql`
  (organization_id, id, queue, state, priority, payload, dedupe_key, fingerprint, concurrency_key,
   holds_key, attempt, attempts_max, failures, crashes, crashes_max, backoff_base_ms,
   backoff_cap_ms, run_at, created_at, redrives)`

/** Inserts the jobs of many calls; makes the queues that are missing. */
export class EnqueueBatch {
  readonly #database: Database<QueueTables>
  readonly #keys: KeyTurns
  readonly #ensure: (rows: readonly QueueRow[]) => Statement
  readonly #plain: (rows: readonly BatchRow<typeof plainKinds>[]) => Statement
  readonly #lone: (rows: readonly BatchRow<typeof plainKinds>[]) => Statement
  readonly #madeAt: (job: MadeJob) => Statement
  readonly #insert: (rows: readonly JobDraft[]) => Statement
  readonly #earlier: (rows: readonly DedupeRow[]) => Statement
  readonly #known = new Set<string>()

  constructor(database: Database<QueueTables>, keys: KeyTurns) {
    this.#database = database
    this.#keys = keys
    const on = database.as<never>()
    this.#ensure = prepareBatch(on, {
      name: 'queues_ensure', kinds: queueKinds, build: (rows) => this.#ensureStatement(rows),
    })
    this.#plain = prepareBatch(on, {
      name: 'jobs_enqueue_plain', kinds: plainKinds, build: (rows) => this.#plainStatement(rows),
    })
    this.#lone = prepareBatch(on, {
      name: 'jobs_enqueue_lone', kinds: plainKinds,
      build: (rows) => sql`${this.#plainInsert(rows)} returning created_at`,
    })
    this.#madeAt = prepareRaw<MadeJob>(database, {
      name: 'jobs_made_at', build: madeAtStatement,
    })
    this.#insert = prepareBatch(on, {
      name: 'jobs_enqueue', kinds: draftKinds, build: (rows) => this.#insertStatement(rows),
    })
    this.#earlier = prepareBatch(on, {
      name: 'jobs_earlier', kinds: dedupeKinds, build: earlierStatement,
    })
  }

  /** One outcome a draft, in order; with a `transaction`, inside it. */
  async write(
    calls: readonly EnqueueCall[],
    rings: Rings,
    transaction?: Database<QueueTables>,
  ): Promise<Placed[][]> {
    const drafts = calls.flatMap((call) => call.drafts)
    const missing = queuesOf(drafts).filter((row) => {
      return transaction !== undefined || !this.#known.has(nameOf(row))
    })
    try {
      const besides = besideStatements(calls.map(({ beside }) => beside))
      const placed = await this.#insertAll(drafts, missing, { besides, rings, transaction })
      if (transaction === undefined) this.#remember(missing)
      return calls.map(({ drafts: own }) => own.map(({ id }) => placed.get(id!) ?? {}))
    } catch (error) {
      // A queue that was known is gone: with its organization, or by hand.
      const isWorthRepeating = error instanceof ForeignKeyViolation && missing.length === 0
      if (!isWorthRepeating || transaction !== undefined) throw error
      this.#known.clear()
      return this.write(calls, rings)
    }
  }

  async #insertAll(
    drafts: readonly JobDraft[],
    missing: readonly QueueRow[],
    { besides, rings, transaction }: Inserting,
  ): Promise<Map<string, Placed>> {
    const database = transaction ?? this.#database.within(reachOf(drafts))
    const before = [...besides, ...(missing.length === 0 ? [] : [this.#ensure(missing)])]
    if (drafts.every((draft) => isPlainDraft(draft))) {
      const statements = [...before, ...this.#plainStatements(drafts)]
      const results = await repeated(() => database.atomic(statements))
      return plainlyPlaced(drafts, rings, results.at(-1)!.rows[0]!)
    }
    const deduped = drafts.filter(({ dedupe_key }) => dedupe_key !== null)
    const keys = keysOf(drafts)
    const sorted = deduped.length === 0 ? drafts : inOrderOf(drafts, ({ dedupe_key: key }) => key)
    const inserts = [
      this.#insert(sorted),
      ...(deduped.length === 0 ? [] : [this.#earlier(deduped.map(dedupeOf))]),
    ]
    const keyed = drafts.filter(({ concurrency_key }) => concurrency_key !== null)
    const around = keys.length === 0 ? inserts : this.#keys.aroundNew(keyed, keys, inserts)
    const results = await repeated(() => database.atomic([...before, ...around]))
    const at = before.length + (keys.length === 0 ? 0 : 1)
    return placedOf(drafts, rings, {
      inserted: results[at]!,
      earlier: deduped.length === 0 ? undefined : results[at + 1],
      admitted: keys.length === 0 ? undefined : results.at(-2),
    })
  }

  /** The last of them answers when the jobs were made, all at one moment. */
  #plainStatements(drafts: readonly JobDraft[]): Statement[] {
    if (drafts.length === 1) return [this.#lone(drafts)]
    const insert = this.#plain(drafts)
    return this.#database.engine.writesInWith ? [insert] : [insert, this.#madeAt(drafts[0]!)]
  }

  #remember(queues: readonly QueueRow[]): void {
    if (this.#known.size > knownMax) this.#known.clear()
    for (const queue of queues) this.#known.add(nameOf(queue))
  }

  #ensureStatement(rows: Rows) {
    const now = this.#database.engine.now()
    return sql`
      insert into queues (organization_id, name, concurrency_per_key, retention_seconds,
        dead_retention_seconds, revision, created_at, updated_at)
      select b.organization_id, b.name, ${sql.lit(defaults.concurrencyPerKey)},
        ${sql.lit(defaults.retentionSeconds)}, ${sql.lit(defaults.deadRetentionSeconds)}, 1,
        ${now}, ${now}
      from ${rows} as b where true
      order by b.organization_id, b.name
      on conflict do nothing`
  }

  /** One row says what is the same of all: a row a job would cost a sixth of the insert. */
  #plainStatement(rows: Rows) {
    const insert = this.#plainInsert(rows)
    return this.#database.engine.writesInWith
      ? sql`with made as (${insert} returning created_at) select created_at from made limit 1`
      : insert
  }

  #plainInsert(rows: Rows) {
    const now = this.#database.engine.now()
    return sql`
      insert into jobs ${columns}
      select b.organization_id, b.id, b.queue, 'ready', b.priority, b.payload, null, null, null,
        false, 0, b.attempts_max, 0, 0, b.crashes_max, b.backoff_base_ms, b.backoff_cap_ms,
        ${now}, ${now}, 0
      from ${rows} as b where true`
  }

  #insertStatement(rows: Rows) {
    const { engine } = this.#database
    const delayed = engine.now(sql<number>`b.delay_ms`)
    const runAt = sql`case when b.run_at > ${delayed} then b.run_at else ${delayed} end`
    return sql`
      insert into jobs ${columns}
      select b.organization_id, b.id, b.queue,
        case when (${runAt}) > ${engine.now()} then 'scheduled'
          when b.concurrency_key is null then 'ready' else 'blocked' end,
        b.priority, b.payload, b.dedupe_key, b.fingerprint, b.concurrency_key,
        false, 0, b.attempts_max, 0, 0, b.crashes_max, b.backoff_base_ms, b.backoff_cap_ms,
        ${runAt}, ${engine.now()}, 0
      from ${rows} as b where true
      on conflict (organization_id, queue, dedupe_key) where dedupe_key is not null do nothing
      returning id, state, run_at, created_at`
  }
}

const madeAtStatement = (parameter: Placeholder<MadeJob>) => sql`
  select created_at from jobs
  where organization_id = ${parameter('organization_id')} and id = ${parameter('id')}`

const earlierStatement = (rows: Rows) => sql`
  select j.* from ${rows} as b
  join jobs j on j.organization_id = b.organization_id and j.queue = b.queue
    and j.dedupe_key = b.dedupe_key`

/** A draft carries the organization of its store, and no other. */
const reachOf = (drafts: readonly JobDraft[]) => drafts.map((draft) => draft.organization_id!)

interface Answers {
  readonly inserted: Result
  readonly earlier: Result | undefined
  readonly admitted: Result | undefined
}

function placedOf(
  drafts: readonly JobDraft[],
  rings: Rings,
  { inserted, earlier, admitted }: Answers,
): Map<string, Placed> {
  const placed = new Map<string, Placed>()
  const states = new Map((admitted?.rows ?? []).map((row) => [row.id, { state: 'ready' }]))
  for (const row of inserted.rows) {
    const admittedNow = states.get(row.id)
    placed.set(String(row.id), { inserted: admittedNow ? { ...row, ...admittedNow } : row })
  }
  for (const row of admitted?.rows ?? []) rings.add(row)
  const byKey = new Map((earlier?.rows ?? []).map((row) => [
    dedupeName(row.organization_id, row.queue, row.dedupe_key), row,
  ]))
  for (const draft of drafts) {
    const own = placed.get(draft.id!)?.inserted
    if (own?.state === 'ready' && draft.concurrency_key === null) rings.add(draft)
    if (own !== undefined || draft.dedupe_key === null) continue
    const row = byKey.get(dedupeName(draft.organization_id, draft.queue, draft.dedupe_key))
    if (row !== undefined) placed.set(draft.id!, { earlier: row })
  }
  return placed
}

/** Jobs that are all ready since they were made. */
function plainlyPlaced(
  drafts: readonly JobDraft[],
  rings: Rings,
  { created_at }: Record<string, unknown>,
): Map<string, Placed> {
  const placed = { inserted: { state: 'ready', run_at: created_at, created_at } }
  for (const draft of drafts) rings.add(draft)
  return new Map(drafts.map(({ id }) => [id!, placed]))
}

const dedupeName = (...parts: readonly unknown[]): string => JSON.stringify(parts)

const nameOf = ({ organization_id, name }: QueueRow): string => `${organization_id} ${name}`

function queuesOf(drafts: readonly JobDraft[]): QueueRow[] {
  const queues = new Map<string, QueueRow>()
  let last: JobDraft | undefined
  for (const draft of drafts) {
    const { organization_id, queue } = draft
    const isRun = last?.queue === queue && last.organization_id === organization_id
    last = draft
    if (isRun) continue
    const row = { organization_id, name: queue }
    queues.set(nameOf(row), row)
  }
  return [...queues.values()]
}

function keysOf(drafts: readonly JobDraft[]): KeyRow[] {
  const keys = new Map<string, KeyRow>()
  for (const { organization_id, queue, concurrency_key: key } of drafts) {
    if (key === null) continue
    keys.set(`${organization_id} ${queue} ${key}`, { organization_id, queue, key })
  }
  return [...keys.values()]
}

function isPlainDraft(draft: JobDraft): boolean {
  return draft.dedupe_key === null && draft.concurrency_key === null &&
    draft.run_at === null && Number(draft.delay_ms) === 0
}

const dedupeOf = ({ organization_id, queue, dedupe_key }: JobDraft): DedupeRow =>
  ({ organization_id, queue, dedupe_key })

/** Two processes with the same dedupe keys must insert them in one order. */
function inOrderOf(
  drafts: readonly JobDraft[],
  textOf: (draft: JobDraft) => Stored<'text'> | null,
): readonly JobDraft[] {
  return drafts.toSorted((a, b) => ((textOf(a) ?? '') < (textOf(b) ?? '') ? -1 : 1))
}
