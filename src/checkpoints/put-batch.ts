import { type Outcome } from '../database/coalesce.js'
import { type Database, repeated } from '../database/database.js'
import { type Result, type Statement } from '../database/engine.js'
import { TransactionConflict, UniqueViolation } from '../database/failures.js'
import { PolicyChanged, StaleFence } from './errors.js'
import { type ThreadMemory } from './memory.js'
import {
  type Call, keptChannels, type PutCall, roundOf, threadOf, type WritesCall,
} from './put-calls.js'
import {
  type Basis, fenceOf, nameRow, newToken, type PreparedPut, preparedPut, writeRow,
} from './put-rows.js'
import { type ArrivalRow, type PutStatements, type WriteRow } from './put-statements.js'
import { type KnownWrites, sourceIn } from './sources.js'
import {
  checkpointKeys, checkpoints, checkpointThreads, type CheckpointTables,
} from './tables.js'

/** What puts need beside their input. */
export interface PutParts {
  readonly database: Database<CheckpointTables>
  readonly statements: PutStatements
  readonly memory: ThreadMemory
  /** Draws the number of a log. @default at random */
  readonly newLog?: (() => number) | undefined
  /** Whether puts are part of a transaction, which is what has to be made again. @default false */
  readonly isInside?: boolean | undefined
}

/** How often numbers are drawn anew that others have already. */
const drawsMax = 5

type Outcomes = Map<Call, Outcome<void>>

/** How puts go on that cannot be made blindly. */
export interface PutWays {
  /** What a put is made from, if nobody else wrote. */
  basisOf(call: PutCall): Promise<Basis>
  /** Whether encryption was switched since the call was made ready. */
  isOutdated(call: Call): Promise<boolean>
  /** What becomes of a put of which nothing was written at first. */
  settle(call: PutCall): Promise<Outcome<void>>
}

const { columns } = checkpointThreads
const yes = checkpoints.columns.isPinned.encode(true)
const no = checkpoints.columns.isPinned.encode(false)

/** Writes many calls in one atomic batch, in one round trip where everything is as it seemed. */
export class PutBatch {
  readonly #parts: PutParts
  readonly #ways: PutWays

  constructor(parts: PutParts, ways: PutWays) {
    this.#parts = parts
    this.#ways = ways
  }

  /** One outcome a call, in order. Throws only when surely, or maybe, nothing was written. */
  async write(calls: readonly Call[]): Promise<Outcome<void>[]> {
    const outcomes: Outcomes = new Map()
    for (let waiting = calls; waiting.length > 0;) {
      const { round, left } = roundOf(waiting)
      waiting = left
      try {
        const refused = await this.#round(round, outcomes)
        for (const call of refused) outcomes.set(call, await this.#settled(call))
      } catch (error) {
        // Once others were written, the writer must not repeat the batch.
        if (outcomes.size === 0) throw error
        for (const call of calls) if (!outcomes.has(call)) outcomes.set(call, { error })
        break
      }
    }
    return calls.map((call) => outcomes.get(call)!)
  }

  /** What becomes of a call of which nothing was written. */
  async #settled(call: Call): Promise<Outcome<void>> {
    if (await this.#ways.isOutdated(call)) return { error: policyChanged() }
    return call.kind === 'put' ? this.#ways.settle(call) : { error: policyChanged() }
  }

  /** Writes what may be written; the calls of which nothing was. */
  async #round(round: readonly Call[], outcomes: Outcomes): Promise<Call[]> {
    const puts = round.filter((call) => call.kind === 'put')
    const writes = round.filter((call) => call.kind === 'writes')
    const alone = await Promise.all(aloneRows(writes))
    const together = writes.map((call, index) => (
      { call, remaining: Number(alone[index]!.remaining) }))
    const { prepared, results } = await this.#redrawn(async (mayGrow) => {
      const prepared = await Promise.all(puts.map(async (call) => {
        const { thread, parent, known, replaces } = await this.#ways.basisOf(call)
        const basis = { thread, parent, known, mayGrow, replaces }
        return this.#prepared(call, basis, besideOf(call, together))
      }))
      return { prepared, results: await this.#send(round, this.#all(round, prepared, alone)) }
    })
    const tokens = new Set(results.flatMap(({ rows: found }) =>
      found.flatMap(({ token }) => (token === undefined ? [] : [Number(token)]))))
    const standings = standingsIn(results[0]!)
    const isDone = puts.map((call, index) => {
      const done = tokens.has(Number(prepared[index]!.row.token))
      if (!done) return false
      this.#learn(call, prepared[index]!, standings)
      outcomes.set(call, { value: undefined })
      return true
    })
    this.#settleWrites(together, standings, outcomes)
    for (const [index, call] of puts.entries()) if (isDone[index]!) this.#forgetSources(call)
    return round.filter((call) => !outcomes.has(call))
  }

  /** Tells what became of pending writes, and remembers those that were written. */
  #settleWrites(
    together: readonly NumberedWrites[], standings: ReadonlyMap<string, Standing>,
    outcomes: Outcomes,
  ): void {
    for (const { call, remaining } of together) {
      const standing = standings.get(threadOf(call))
      // A thread is made for them, unless encryption was switched.
      if (standing === undefined) continue
      const outcome = writesOutcome(call, standing.fence)
      outcomes.set(call, outcome)
      if ('error' in outcome) continue
      const source = sourceIn(call, { number: standing.entryCount - remaining })
      if (source === undefined) continue
      const { namespace = '', checkpointId } = call.put
      const thread = this.#parts.memory.thread(call)
      thread.settle(standing.number)
      thread.learnWrites(namespace, checkpointId, source)
      this.#parts.memory.trim(call)
    }
  }

  /** Behind a put nothing comes from the pending writes on its parent any more. */
  #forgetSources(call: PutCall): void {
    const { namespace, parentId } = call.put
    if (parentId === null) return
    this.#parts.memory.thread(call).forgetWrites(namespace, parentId)
    this.#parts.memory.trim(call)
  }

  /** The statements of a round. */
  #all(
    round: readonly Call[], prepared: readonly PreparedPut[], alone: readonly WriteRow[],
  ): Statement[] {
    const { statements } = this.#parts
    const writes = [...prepared.flatMap((each) => each.writes), ...alone]
    const rows = prepared.map(({ row }) => row)
    return [
      statements.arrive(arrivalsOf(round)),
      ...some(rows.filter(({ parent_id: parent }) => parent === null), statements.open),
      ...(rows.length === 0 ? [] : statements.follow(rows)),
      ...some(prepared.flatMap(({ chunks }) => chunks), statements.chunk),
      ...some(writes, statements.write),
    ]
  }

  /**
   * Makes an attempt, again with other numbers where somebody has those that were drawn: of such an
   * attempt nothing is left. Then no log grows either: another checkpoint may have grown it.
   */
  async #redrawn<R>(attempt: (mayGrow: boolean) => Promise<R>): Promise<R> {
    for (let draws = 1; ; draws++) {
      try {
        return await attempt(draws === 1)
      } catch (error) {
        if (draws >= drawsMax || !(error instanceof UniqueViolation)) throw error
        if (this.#parts.isInside !== true) continue
        const message = 'A number that was drawn is taken; repeat the transaction.'
        throw new TransactionConflict(message, { cause: error, retryAfterSeconds: 1 })
      }
    }
  }

  async #prepared(call: PutCall, basis: Basis, beside: readonly KnownWrites[] = []) {
    const { newLog = newToken } = this.#parts
    const { organizationId, wrapping } = call
    const making = { organizationId, wrapping, newLog, beside }
    const { row, chunks, writes, known, growths } = await preparedPut(call.put, making, basis)
    return { row, chunks, writes, known, growths, thread: basis.thread }
  }

  /** Puts one checkpoint beside others; false when what it is made from is no longer so. */
  async branch(call: PutCall, basis: Basis): Promise<boolean> {
    return this.#single(call, basis, ({ row }) => [
      this.#parts.statements.branch([row]), this.#parts.statements.raise([row]),
    ])
  }

  /** Puts one checkpoint behind the head, or in its place; false when the head is another one. */
  async advance(call: PutCall, basis: Basis): Promise<boolean> {
    return this.#single(call, basis, ({ row }) => [
      ...some(row.parent_id === null ? [row] : [], this.#parts.statements.open),
      ...this.#parts.statements.follow([row]),
    ])
  }

  async #single(
    call: PutCall, basis: Basis, place: (prepared: PreparedPut) => readonly Statement[],
  ): Promise<boolean> {
    const { statements } = this.#parts
    const { prepared, results } = await this.#redrawn(async (mayGrow) => {
      const prepared = await this.#prepared(call, { ...basis, mayGrow: basis.mayGrow && mayGrow })
      const results = await this.#send([call], [
        statements.arrive(arrivalsOf([call])),
        ...place(prepared),
        ...some(prepared.chunks, statements.chunk),
        ...some(prepared.writes, statements.write),
      ])
      return { prepared, results }
    })
    const done = results.slice(1).some(({ rows }) => rows.some(({ token }) => token !== undefined))
    if (done) this.#learn(call, prepared, standingsIn(results[0]!))
    return done
  }

  /** Remembers what was written. */
  #learn(
    call: PutCall, { known, growths, thread }: PreparedPut & Pick<Basis, 'thread'>,
    standings: ReadonlyMap<string, Standing>,
  ): void {
    const standing = standings.get(threadOf(call))
    if (standing === undefined) return
    thread.settle(standing.number)
    for (const { log, start, bytes } of growths) thread.log(log).add(start, bytes)
    thread.learn(call.put.namespace, call.put.checkpointId, known)
    this.#parts.memory.trim(call)
  }

  #send(calls: readonly Call[], statements: readonly Statement[]): Promise<Result[]> {
    const database = this.#parts.database.within(calls.map(({ organizationId }) => organizationId))
    return repeated(() => database.atomic(statements))
  }
}

function some<R>(rows: readonly R[], make: (rows: readonly R[]) => Statement) {
  return rows.length === 0 ? [] : [make(rows)]
}

/** One row a thread. */
function arrivalsOf(round: readonly Call[]): ArrivalRow[] {
  const arrivals = new Map<string, ArrivalRow>()
  for (const call of round) {
    const { organization_id, thread_id } = nameRow(call, call.put)
    const isPut = call.kind === 'put'
    const before = arrivals.get(threadOf(call))
    const added = (before?.added ?? 0) + (isPut ? call.put.writes.length : 1)
    const creates = before?.creates === yes || !isPut || isBeginning(call.put)
    arrivals.set(threadOf(call), {
      organization_id, thread_id,
      number: columns.number.encode(newToken()),
      fence: fenceOf(call.put.fence),
      added: columns.entryCount.encode(added),
      created_by: columns.createdBy.encode(call.createdBy),
      creates: creates ? yes : no,
      since: sinceOf(call),
    })
  }
  return [...arrivals.values()]
}

/** Whether a put may be the first of its thread. */
const isBeginning = (put: PutCall['put']) => put.parentId === null ||
  (put.whenStale === 'fork' && keptChannels(put).length === 0)

function sinceOf({ wrapping: { since } }: Call) {
  return since === null ? null : checkpointKeys.columns.createdAt.encode(since)
}

/** Pending writes, and how many of their thread follow in the batch. */
interface NumberedWrites {
  readonly call: WritesCall
  readonly remaining: number
}

/** Writes on the parent that are written in one batch with a put. */
const besideOf = (
  { put, organizationId, threadId }: PutCall, together: readonly NumberedWrites[],
): readonly KnownWrites[] => together.flatMap(({ call, remaining }) => {
  const { namespace = '', checkpointId } = call.put
  const isOnParent = checkpointId === put.parentId && namespace === put.namespace
    && call.threadId === threadId && call.organizationId === organizationId
  return isOnParent ? sourceIn(call, { remaining }) ?? [] : []
})

function aloneRows(calls: readonly WritesCall[]): Promise<WriteRow>[] {
  const left = new Map<string, number>()
  for (const call of calls) left.set(threadOf(call), (left.get(threadOf(call)) ?? 0) + 1)
  return calls.map((call) => {
    const remaining = left.get(threadOf(call))! - 1
    left.set(threadOf(call), remaining)
    return writeRow(call.put, call, { token: null, remaining })
  })
}

/** How a thread stands behind a batch. */
interface Standing {
  readonly number: number
  /** The greatest token. */
  readonly fence: number | null
  readonly entryCount: number
}

function standingsIn({ rows }: Result): Map<string, Standing> {
  return new Map(rows.map(({ organization_id, thread_id, number, fence, entry_count }) => [
    threadOf({
      organizationId: columns.organizationId.decode(organization_id),
      threadId: columns.threadId.decode(thread_id),
    }),
    {
      number: Number(number), entryCount: Number(entry_count),
      fence: fence === null ? null : Number(fence),
    },
  ]))
}

function writesOutcome(call: WritesCall, fence: number | null): Outcome<void> {
  const { fence: given } = call.put
  if (given === undefined || fence === null || given >= fence) return { value: undefined }
  return { error: staleFence(given, fence) }
}

const policyChanged = () =>
  new PolicyChanged('Encryption was just switched; repeat the call.', { retryAfterSeconds: 1 })

export const staleFence = (given: number, fence: number) =>
  new StaleFence(`A run with fence ${fence} has written since; this one had ${given}.`)
