import { type Instant } from '../../clock.js'

/** What became of the entries of one kind: a table, the events of conversations, secrets. */
export interface ImportCount {
  /** Entries of the source. */
  found: number
  /** Added by this run; in a dry run, those that would be. */
  imported: number
  /** There already, from a run before. */
  present: number
  /** Left out on purpose; `skipped` of the report says why. */
  skipped: number
  /** Not as they should be; `damaged` of the report says how. */
  damaged: number
  /** SHA-256 of the rows as the source has them, in the order and form that the guide gives. */
  sha256?: string
}

/** Something that is not as it should be, or was left out. */
export interface ImportRemark {
  readonly kind: string
  /** A file below the path, or a table and the key of a row. */
  readonly place: string
  readonly reason: string
  /** Where it is now, when it could be saved: `recovered from …`, `attachment …`, `item …`. */
  readonly kept?: string
}

/** A column, field or table that has no place of its own here. */
export interface ImportUnmapped {
  readonly kind: string
  readonly field: string
  rows: number
  /** Where its values are kept. */
  readonly kept: string
}

/** Everything that an import did, or in a dry run would do. */
export interface ImportReport {
  readonly format: 'holdfast.import-report'
  readonly version: 1
  readonly source: string
  readonly path: string
  readonly organization_id: string
  readonly dry_run: boolean
  readonly started_at: Instant
  readonly finished_at: Instant
  readonly counts: Readonly<Record<string, ImportCount>>
  readonly damaged: readonly ImportRemark[]
  readonly skipped: readonly ImportRemark[]
  readonly unmapped: readonly ImportUnmapped[]
  /** What had to be assumed, such as a zone of times that say none. */
  readonly notes: readonly string[]
  /** One line each for what a count cannot say, such as a service token and its standing. */
  readonly details: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>
}

/** What an import tells while it runs. */
export type ImportProgress =
  | { readonly type: 'kind'; readonly kind: string; readonly total: number | null }
  | { readonly type: 'step'; readonly kind: string; readonly done: number }
  | { readonly type: 'remark'; readonly remark: ImportRemark; readonly is: 'damaged' | 'skipped' }
  | { readonly type: 'end'; readonly report: ImportReport }

/** What every import may be told. */
export interface ImportOptions {
  /** Write nothing, and report what would be done. @default false */
  readonly dryRun?: boolean | undefined
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined
}

/** Entries between two looks at the signal and two steps told. */
const stepEvery = 100

/** Collects what happens to everything that is found. */
export class Ledger {
  readonly #options: ImportOptions
  readonly #counts: Record<string, ImportCount> = {}
  readonly #damaged: ImportRemark[] = []
  readonly #skipped: ImportRemark[] = []
  readonly #unmapped = new Map<string, ImportUnmapped>()
  readonly #notes = new Set<string>()
  readonly #details: Record<string, Readonly<Record<string, unknown>>[]> = {}

  constructor(options: ImportOptions) {
    this.#options = options
  }

  get isDry(): boolean {
    return this.#options.dryRun === true
  }

  /** Throws the reason of the signal once it is aborted. */
  check(): void {
    this.#options.signal?.throwIfAborted()
  }

  /** Tells that the entries of a kind come now. */
  begin(kind: string, total: number | null = null): void {
    this.check()
    this.count(kind)
    this.#options.onProgress?.({ type: 'kind', kind, total })
  }

  count(kind: string): ImportCount {
    this.#counts[kind] ??= { found: 0, imported: 0, present: 0, skipped: 0, damaged: 0 }
    return this.#counts[kind]
  }

  found(kind: string, count = 1): void {
    const counts = this.count(kind)
    const before = counts.found
    counts.found += count
    if (Math.floor(before / stepEvery) === Math.floor(counts.found / stepEvery)) return
    this.check()
    this.#options.onProgress?.({ type: 'step', kind, done: counts.found })
  }

  imported(kind: string, count = 1): void {
    this.count(kind).imported += count
  }

  present(kind: string, count = 1): void {
    this.count(kind).present += count
  }

  /** Something is broken. `alone` when it is no entry to be counted, but a fault beside one. */
  damaged(remark: ImportRemark, alone = false): void {
    if (!alone) this.count(remark.kind).damaged += 1
    this.#damaged.push(remark)
    this.#options.onProgress?.({ type: 'remark', remark, is: 'damaged' })
  }

  skipped(remark: ImportRemark): void {
    this.count(remark.kind).skipped += 1
    this.#skipped.push(remark)
    this.#options.onProgress?.({ type: 'remark', remark, is: 'skipped' })
  }

  unmapped(kind: string, field: string, kept: string): void {
    const key = JSON.stringify([kind, field])
    const known = this.#unmapped.get(key) ?? { kind, field, rows: 0, kept }
    known.rows += 1
    this.#unmapped.set(key, known)
  }

  note(text: string): void {
    this.#notes.add(text)
  }

  detail(kind: string, detail: Readonly<Record<string, unknown>>): void {
    this.#details[kind] ??= []
    this.#details[kind].push(detail)
  }

  report(about: Pick<ImportReport,
    'source' | 'path' | 'organization_id' | 'started_at' | 'finished_at'>): ImportReport {
    const report: ImportReport = {
      format: 'holdfast.import-report', version: 1, ...about, dry_run: this.isDry,
      counts: this.#counts, damaged: this.#damaged, skipped: this.#skipped,
      unmapped: [...this.#unmapped.values()], notes: [...this.#notes], details: this.#details,
    }
    this.#options.onProgress?.({ type: 'end', report })
    return report
  }
}
