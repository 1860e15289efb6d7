import { type WakeUps } from '../coordination/coordination.js'
import { CoalescingWriter } from '../database/coalesce.js'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { type IdGenerator } from '../ids.js'
import { batchMax, ClaimBatch, type ClaimCall } from './claim.js'
import { EnqueueBatch, type EnqueueCall, type Placed } from './enqueue.js'
import { type Answer, FinishBatch, type FinishCall } from './finish.js'
import { KeyTurns } from './keys.js'
import { checkInteger, checkKey, checkQueue, leaseSecondsDefault } from './rules.js'
import { Sweep, type Swept } from './sweep.js'
import { type Job, jobs, type QueueTables } from './tables.js'
import { Transitions } from './transitions.js'
import { Rings } from './wake-ups.js'

/** Parts that the log takes from outside. */
export interface JobSource {
  readonly ids: IdGenerator
  readonly wakeUps: WakeUps
  /** Longest wait of a call for the batches before it. @default 5000 */
  readonly waitingTimeoutMs?: number
  /** How often, at most, claims that find enough look for scheduled jobs. @default 250 */
  readonly promoteEveryMs?: number
}

/** A claim by the system's own worker, in all organizations. */
export interface ClaimAny {
  /** Names of queues, 1 to 100. */
  readonly queues: readonly string[]
  /** Jobs at most, 1 to 100. @default 1 */
  readonly limit?: number
  /** @default 30 */
  readonly leaseSeconds?: number
  /** Who claims, for people; 1 to 255 characters. */
  readonly worker: string
  /** The one of them that rang just now. */
  readonly rung?: string | undefined
}

/** Who takes concurrency keys waits for who has them; the others do not wait for those. */
interface Pair<Writer> {
  readonly free: Writer
  readonly keyed: Writer
}

/** How long one organization alone is served before it is looked whether others have jobs. */
const aloneMs = 50

const firstId = '00000000-0000-0000-0000-000000000000' as Stored<'id'>

/** What all queue stores of one database share: the writers and the compiled statements. */
export class JobLog {
  /** Of all organizations: workers and sweeps serve them all. */
  readonly database: Database<QueueTables>
  readonly ids: IdGenerator
  readonly wakeUps: WakeUps
  readonly transitions: Transitions
  readonly #enqueues: EnqueueBatch
  readonly #claims: ClaimBatch
  readonly #finishes: FinishBatch
  readonly #sweep: Sweep
  readonly #promoteEveryMs: number
  readonly #enqueueWriters: Pair<CoalescingWriter<EnqueueCall, Placed[]>>
  readonly #claimWriter: CoalescingWriter<ClaimCall, Job[]>
  readonly #finishWriters: Pair<CoalescingWriter<FinishCall, Answer>>
  /** The organization each queue gave to last. */
  readonly #lastServed = new Map<string, Stored<'id'>>()
  /** Queues in which one organization alone had jobs when it was looked last. */
  readonly #alone = new Map<string, { readonly organization: Stored<'id'>; sinceMs: number }>()
  #promoting: Promise<number> | undefined
  #promotedAtMs = -Infinity

  constructor(database: Database<QueueTables>, source: JobSource) {
    this.database = database
    this.ids = source.ids
    this.wakeUps = source.wakeUps
    this.#promoteEveryMs = source.promoteEveryMs ?? 250
    const keys = new KeyTurns(database)
    this.transitions = new Transitions(database, keys)
    this.#enqueues = new EnqueueBatch(database, keys)
    this.#claims = new ClaimBatch(database)
    this.#finishes = new FinishBatch(database, keys)
    this.#sweep = new Sweep(database, this.transitions)
    const { waitingTimeoutMs } = source
    const waiting = waitingTimeoutMs === undefined ? {} : { waitingTimeoutMs }
    const enqueueWriter = () => new CoalescingWriter<EnqueueCall, Placed[]>({
      write: async (calls) => valuesOf(await this.#ringing((rings) => {
        return this.#enqueues.write(calls, rings)
      })),
      orderKey: orderOf,
      weigh: weightOf,
      ...waiting,
    })
    this.#enqueueWriters = { free: enqueueWriter(), keyed: enqueueWriter() }
    this.#claimWriter = new CoalescingWriter({
      write: async (calls) => valuesOf(await this.#claims.write(calls)),
      orderKey: ({ organization, queue }) => `${organization} ${queue}`,
      weigh: ({ limit }) => limit,
      batchWeightMax: batchMax,
      ...waiting,
    })
    const finishWriter = () => new CoalescingWriter<FinishCall, Answer>({
      write: async (calls) => valuesOf(await this.#ringing((rings) => {
        return this.#finishes.write(calls, rings)
      })),
      orderKey: ({ row }) => row.id!,
      weigh: finishWeightOf,
      ...waiting,
    })
    this.#finishWriters = { free: finishWriter(), keyed: finishWriter() }
  }

  /** What became of each draft; with a `transaction`, inside it. */
  enqueue(call: EnqueueCall, transaction?: Database<QueueTables>): Promise<Placed[]> {
    if (transaction === undefined) {
      return this.#enqueueWriters[isKeyed(call) ? 'keyed' : 'free'].append(call)
    }
    return this.#ringing(async (rings) => {
      const [placed] = await this.#enqueues.write([call], rings, transaction)
      return placed!
    }, transaction)
  }

  /** The claimed jobs; with a `transaction`, inside it. */
  async claim(call: ClaimCall, transaction?: Database<QueueTables>): Promise<Job[]> {
    const write = async (limit: number) => {
      const wanted = limit === call.limit ? call : { ...call, limit }
      if (transaction === undefined) return this.#claimWriter.append(wanted)
      return (await this.#claims.write([wanted], transaction))[0]!
    }
    const isFresh = this.#promoteEveryMs > performance.now() - this.#promotedAtMs
    if (!isFresh) await this.promote(transaction)
    const rows = await write(call.limit)
    if (rows.length === call.limit || !isFresh) return rows
    return claimedSoFar(rows, async () => {
      if (await this.promote(transaction) > 0) rows.push(...await write(call.limit - rows.length))
    })
  }

  /** Where somebody rang just now: what is ready at once, and only without it what is due. */
  async claimRung(call: ClaimCall): Promise<Job[]> {
    const rows = await this.#claimWriter.append(call)
    return rows.length > 0 ? rows : this.claim(call)
  }

  /**
   * Ready jobs of any organization for the system's own workers: organizations take turns, an even
   * share each. Throws InvalidInput.
   */
  async claimAny(given: ClaimAny): Promise<Job[]> {
    const { limit = 1, leaseSeconds = leaseSecondsDefault } = given
    given.queues.forEach(checkQueue)
    checkInteger('limit', limit)
    checkInteger('lease_seconds', leaseSeconds)
    checkKey(given.worker, 'worker')
    const call = {
      leaseMs: leaseSeconds * 1_000,
      worker: jobs.columns.worker.encode(given.worker, 'worker') as Stored<'text'>,
    }
    const [only] = given.queues
    const name = given.rung ?? (given.queues.length === 1 ? only : undefined)
    const atOnce = name === undefined ? [] : await this.#claimAlone(name, { ...call, limit })
    if (atOnce.length > 0) return atOnce
    const isFresh = this.#promoteEveryMs > performance.now() - this.#promotedAtMs
    if (!isFresh) await this.promote()
    const claimed = await this.#claimShares(given.queues, { ...call, limit })
    if (claimed.length === 0 && isFresh && await this.promote() > 0) {
      const rest = { ...call, limit: limit - claimed.length }
      claimed.push(...await this.#claimShares(given.queues, rest))
    }
    return claimed
  }

  /** What became of one call's attempt; with a `transaction`, inside it. */
  async finish(call: FinishCall, transaction?: Database<QueueTables>): Promise<Answer> {
    const answer = await this.#finish(call, transaction)
    const mayBeKeyed = !call.keyed && (call.kind === 'complete' || call.kind === 'fail')
    if (answer !== undefined || !mayBeKeyed) return answer
    return this.#finish({ ...call, keyed: true }, transaction)
  }

  #finish(call: FinishCall, transaction?: Database<QueueTables>): Promise<Answer> {
    if (transaction === undefined) {
      return this.#finishWriters[takesKeys(call) ? 'keyed' : 'free'].append(call)
    }
    return this.#ringing(async (rings) => {
      const [answer] = await this.#finishes.write([call], rings, transaction)
      return answer
    }, transaction)
  }

  /** Makes scheduled jobs ready whose time has come; how many. */
  async promote(transaction?: Database<QueueTables>): Promise<number> {
    if (transaction !== undefined) {
      return this.#ringing(
        (rings) => this.#sweep.promote(batchMax, rings, transaction), transaction)
    }
    this.#promoting ??= this.#ringing((rings) => this.#sweep.promote(batchMax, rings))
      .finally(() => {
        this.#promoting = undefined
        this.#promotedAtMs = performance.now()
      })
    return this.#promoting
  }

  /**
   * Gives back the jobs of lost workers, makes scheduled jobs ready, deletes what was kept long
   * enough: at most `limit` (1 to 1000) of each. Safe in any number of processes at once. Runs
   * every two seconds or more often, so that a lost worker's job runs again within lease + 5 s.
   */
  async sweep(limit: number = batchMax): Promise<Swept> {
    return this.#ringing(async (rings) => ({
      expired: await this.#sweep.expire(limit, rings),
      promoted: await this.#sweep.promote(limit, rings),
      deleted: await this.#sweep.delete(limit),
    }))
  }

  /** Resolves when every call handed in so far is settled. */
  async idle(): Promise<void> {
    const { free, keyed } = this.#enqueueWriters
    await Promise.all([
      free.idle(), keyed.idle(), this.#claimWriter.idle(), this.#finishWriters.free.idle(),
    ])
    // Where it turned out that a job has a key, its call went on there.
    await this.#finishWriters.keyed.idle()
  }

  /** Does the work, then rings for what became ready, once it is committed. */
  async #ringing<R>(
    work: (rings: Rings) => Promise<R>,
    database: Database<QueueTables> = this.database,
  ): Promise<R> {
    const rings = new Rings()
    const value = await work(rings)
    database.afterCommit(() => rings.ring(this.wakeUps))
    return value
  }

  /**
   * Jobs of the organization that was alone lately, without asking first whose turn it is. When it
   * is alone no more, the others wait for the claims of 50 ms.
   */
  async #claimAlone(
    name: string,
    call: Omit<ClaimCall, 'queue' | 'organization'>,
  ): Promise<Job[]> {
    const alone = this.#alone.get(name)
    if (alone === undefined) return []
    const queue = jobs.columns.queue.encode(name, 'queue')
    const { organization } = alone
    const claimed = await this.#claimWriter.append({ ...call, organization, queue })
    const isLookedFor = claimed.length === 0 || performance.now() - alone.sinceMs <= aloneMs
    // Only now, and once the handlers have begun: these jobs wait for nothing else.
    if (!isLookedFor) setImmediate(() => this.#lookAround(name))
    return claimed
  }

  /** Whether the organization is still alone, and what has become due. */
  #lookAround(name: string): void {
    const nowMs = performance.now()
    const alone = this.#alone.get(name)
    if (alone !== undefined) alone.sinceMs = nowMs
    // The claims tell when the database is away.
    void this.#waitingIn([name], 2).catch(() => this.#alone.delete(name))
    if (nowMs - this.#promotedAtMs > this.#promoteEveryMs) {
      void this.promote().catch(() => undefined)
    }
  }

  async #claimShares(
    queues: readonly string[],
    call: Omit<ClaimCall, 'queue' | 'organization'>,
  ): Promise<Job[]> {
    const claimed: Job[] = []
    return claimedSoFar(claimed, async () => {
      for (let inVain = 0; claimed.length < call.limit && inVain < 2;) {
        const rest = call.limit - claimed.length
        const turns = await this.#turnsOf(queues, rest)
        const wanted = turns.map((_, index) => Math.ceil((rest - index) / turns.length))
        const shares = await settled(turns.map((turn, index) => {
          return this.#claimWriter.append({ ...call, ...turn, limit: wanted[index]! })
        }), (share) => claimed.push(...share))
        const isEmpty = shares.every((share, index) => share.length < wanted[index]!)
        if (isEmpty && turns.length < rest) return
        // Other workers may have been faster: they have the jobs then.
        inVain = shares.some((share) => share.length > 0) ? 0 : inVain + 1
      }
    })
  }

  /** Queues and organizations that are next; of each queue as many, its last served ones last. */
  async #turnsOf(names: readonly string[], limit: number) {
    // One more than wanted tells whether an organization is alone.
    const turns = interleaved(await this.#waitingIn(names, limit + 1)).slice(0, limit)
    for (const { queue, organization } of turns) this.#lastServed.set(queue, organization)
    return turns
  }

  /** Organizations with ready jobs, of each queue `limit` (2 or more) if there are so many. */
  async #waitingIn(names: readonly string[], limit: number) {
    return Promise.all(names.map(async (name) => {
      const queue = jobs.columns.queue.encode(name, 'queue')
      const after = this.#lastServed.get(name) ?? firstId
      const all = await this.#claims.turns({ queue, after: firstId, limit })
      const isAll = after === firstId || all.length < limit
      const later = isAll ? all.filter((each) => each > after)
        : await this.#claims.turns({ queue, after, limit })
      const organizations = [...later, ...all.filter((each) => each <= after)]
      const [organization, other] = organizations
      if (other !== undefined) this.#alone.delete(name)
      else if (organization !== undefined) {
        this.#alone.set(name, { organization, sinceMs: performance.now() })
      }
      return organizations.map((each) => ({ organization: each, queue }))
    }))
  }
}

/**
 * What was claimed, after `more` has added to it. These jobs are leased: when something fails
 * behind them, whoever asked must have them all the same, or nobody does.
 */
export async function claimedSoFar(claimed: Job[], more: () => Promise<void>): Promise<Job[]> {
  try {
    await more()
  } catch (error) {
    if (claimed.length === 0) throw error
  }
  return claimed
}

/** Hands over each result, in order, before a failure is thrown. */
async function settled<R>(
  works: readonly Promise<R>[],
  take: (result: R) => void,
): Promise<R[]> {
  const outcomes = await Promise.allSettled(works)
  for (const outcome of outcomes) if (outcome.status === 'fulfilled') take(outcome.value)
  return Promise.all(works)
}

/** The first of each list, then the second of each, and so on. */
function interleaved<T>(lists: readonly (readonly T[])[]): T[] {
  const longest = Math.max(0, ...lists.map(({ length }) => length))
  return Array.from({ length: longest }, (_, place) => {
    return lists.flatMap((list) => list.slice(place, place + 1))
  }).flat()
}

const valuesOf = <V>(values: readonly V[]) => values.map((value) => ({ value }))

/** Jobs with a concurrency key stay in order; others need none. */
function orderOf(call: EnqueueCall): string {
  const { organization_id, queue, id } = call.drafts[0]!
  return isKeyed(call) ? `${organization_id} ${queue}` : id!
}

const isKeyed = ({ drafts }: EnqueueCall): boolean =>
  drafts.some(({ concurrency_key: key }) => key !== null)

const takesKeys = ({ kind, keyed }: FinishCall): boolean =>
  kind === 'stop' || (keyed && (kind === 'complete' || kind === 'fail'))

function weightOf({ drafts }: EnqueueCall): number {
  return drafts.reduce((sum, { payload }) => sum + payload!.length + 200, 0)
}

function finishWeightOf(call: FinishCall): number {
  const json = call.kind === 'complete' ? call.row.result
    : call.kind === 'fail' ? call.row.error
      : call.kind === 'extend' ? call.row.progress : null
  return (json?.length ?? 0) + 200
}
