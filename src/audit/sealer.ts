import { BackgroundLoop } from '../background.js'
import { type Stored } from '../database/columns.js'
import { programActor } from '../scope.js'
import { genesisHash } from './canonical.js'
import { Pruning, type PruningParts } from './prune.js'
import { installationId } from './record.js'
import { type Sealing } from './sealing.js'
import { auditChains } from './tables.js'

/** What a sealer tells; for logs. */
export type SealerEvent =
  | { readonly kind: 'sealed'; readonly entries: number }
  | { readonly kind: 'pruned'; readonly organizationId: string; readonly entries: number }
  /** The chain cannot go on from its head: it was tampered with. */
  | { readonly kind: 'stuck'; readonly organizationId: string }
  /** What is to be pruned is not as it was sealed. */
  | { readonly kind: 'refused'; readonly organizationId: string; readonly error: unknown }
  /** The database could not be asked; it is tried again. */
  | { readonly kind: 'unavailable'; readonly error: unknown }

/** How to seal. */
export interface SealerOptions {
  /** How often to look, 10 to 60000. @default 1000 */
  readonly pollMs?: number
  /** Entries older than so many days are pruned. @default kept for ever */
  readonly retentionDays?: number | undefined
  /** Told what happens; must not throw. */
  readonly onEvent?: (event: SealerEvent) => void
}

/** What a sealer works with. */
export interface SealerParts extends PruningParts {
  readonly sealing: Sealing
}

/** How long a sealer may be silent before another takes over, and how soon it says so again. */
const claimMs = 10_000
const renewMs = 4_000

/** Beside a flood of writes sealing takes no more of the time than this, and falls behind. */
const share = 0.1

/** Heads are signed and old entries looked for in between, however much is left to seal. */
const lookMs = 2_000

/** How often old entries are looked for. */
const pruneEveryMs = 3_600_000

/** Pauses while the database cannot be reached. */
const pauseMostMs = 5_000

const { columns } = auditChains

/**
 * Seals all chains, signs their heads and prunes what is too old, again and again. Of several, one
 * works while the others stand by; that only saves work, since sealing is safe anyway.
 */
export class Sealer {
  readonly #parts: SealerParts
  readonly #pollMs: number
  readonly #retentionDays: number | undefined
  readonly #tellTo: SealerOptions['onEvent']
  readonly #loop: BackgroundLoop
  #pauseMs: number
  readonly #name: Stored<'text'>
  readonly #stuck = new Set<string>()
  #hasRow = false
  #claimedMs = -Infinity
  #prunedMs = -Infinity
  /** Chains that are still to be looked at, where there was more to prune than time. */
  #unpruned: { organizationId: string; retentionDays: number | null }[] | undefined

  constructor(parts: SealerParts, options: SealerOptions = {}) {
    const { pollMs = 1_000, retentionDays, onEvent } = options
    this.#parts = parts
    this.#pollMs = Math.min(60_000, Math.max(10, pollMs))
    this.#pauseMs = this.#pollMs
    this.#loop = new BackgroundLoop(() => this.#turn())
    this.#retentionDays = retentionDays
    this.#tellTo = onEvent
    this.#name = columns.claimedBy.encode(parts.source.ids.next())!
  }

  /** Begins to seal; once started it stays so. */
  start(): this {
    this.#loop.start()
    return this
  }

  /** Ends after what is being sealed; calling it again does no harm. */
  close(): Promise<void> {
    return this.#loop.close()
  }

  async #turn(): Promise<number> {
    try {
      if (await this.#claim()) await this.#look()
      this.#pauseMs = this.#pollMs
    } catch (error) {
      this.#tell({ kind: 'unavailable', error })
      this.#pauseMs = Math.min(pauseMostMs, 2 * this.#pauseMs)
    }
    return this.#pauseMs * (0.75 + Math.random() / 2)
  }

  async #look(): Promise<void> {
    const { sealing } = this.#parts
    const entries = await sealing.seal({
      share, forMs: lookMs, stuck: (id) => this.#tellStuck(id),
    })
    if (entries > 0) this.#tell({ kind: 'sealed', entries })
    await sealing.sign()
    if (performance.now() - this.#prunedMs <= pruneEveryMs) return
    if (await this.#pruneSome()) this.#prunedMs = performance.now()
  }

  /** Whether this one seals. Where one process serves, there is nobody to agree with. */
  async #claim(): Promise<boolean> {
    const { database: { engine } } = this.#parts
    const nowMs = performance.now()
    if (!engine.shared || nowMs - this.#claimedMs < renewMs) return true
    if (!this.#hasRow) await this.#makeRow()
    this.#hasRow = true
    const isOurs = await this.#update()
    if (isOurs) this.#claimedMs = nowMs
    return isOurs
  }

  async #update(): Promise<boolean> {
    const { database } = this.#parts
    const update = database.write
      .updateTable('audit_chains')
      .set({ claimed_by: this.#name, claimed_until: database.engine.now(claimMs) })
      .where('organization_id', '=', columns.organizationId.encode(installationId))
      .where((where) => where.or([
        where('claimed_by', 'is', null),
        where('claimed_by', '=', this.#name),
        where('claimed_until', '<', database.engine.now()),
      ]))
    return await database.run(update) === 1
  }

  async #makeRow(): Promise<void> {
    const { database } = this.#parts
    const insert = database.write
      .insertInto('audit_chains')
      .values({
        organization_id: columns.organizationId.encode(installationId),
        sequence: columns.sequence.encode(0),
        hash: columns.hash.encode(genesisHash),
        signed_sequence: columns.signedSequence.encode(0),
        sealed_at: null, signed_at: null, claimed_by: null, claimed_until: null,
        retention_days: null,
      })
      .onConflict((conflict) => conflict.doNothing())
    await database.run(insert)
  }

  /** Prunes for a while, so that sealing goes on in between; whether no chain is left. */
  async #pruneSome(): Promise<boolean> {
    if (!this.#parts.keys.canSign) return true
    const untilMs = performance.now() + lookMs
    const isEnough = () => this.#loop.signal.aborted || performance.now() > untilMs
    this.#unpruned ??= await this.#parts.sealing.chains()
    for (let [chain] = this.#unpruned; chain !== undefined; [chain] = this.#unpruned) {
      const days = chain.retentionDays ?? this.#retentionDays
      const isDone = days === undefined || await this.#prune(chain.organizationId, days, isEnough)
      if (isDone) this.#unpruned.shift()
      if (isEnough()) return false
    }
    this.#unpruned = undefined
    return true
  }

  /** Whether there is nothing more to be done here. */
  async #prune(
    organizationId: string,
    days: number,
    isEnough: () => boolean,
  ): Promise<boolean> {
    try {
      const pruning = new Pruning(this.#parts, { organizationId, actor: programActor })
      const entries = await pruning.prune(days, isEnough)
      if (entries > 0) this.#tell({ kind: 'pruned', organizationId, entries })
      return entries === 0 || !isEnough()
    } catch (error) {
      this.#tell({ kind: 'refused', organizationId, error })
      return true
    }
  }

  /** Once for each chain: it stays so until somebody looks into it. */
  #tellStuck(organizationId: string): void {
    if (this.#stuck.has(organizationId)) return
    this.#stuck.add(organizationId)
    this.#tell({ kind: 'stuck', organizationId })
  }

  #tell(event: SealerEvent): void {
    try {
      this.#tellTo?.(event)
    } catch {
      // A listener's failure is no reason to stop.
    }
  }
}
