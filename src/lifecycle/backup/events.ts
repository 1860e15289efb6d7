import { type Pace, Meter, type TransferEvent } from '../transfer/events.js'
import { BackupStopped } from './errors.js'

/** What a backup tells while it works. */
export type BackupEvent =
  /** A part of the work begins. */
  | { readonly type: 'phase'; readonly phase: BackupPhase }
  /** Rows were copied or read, of the table named. */
  | ({ readonly type: 'rows'; readonly table: string } & Pace)
  /** Bytes were written or read. */
  | { readonly type: 'bytes'; readonly done: number; readonly total: number }

/**
 * `snapshot`: one state of the source is taken. `digest`: its rows are counted and hashed. `pack`
 * and `unpack`: files are written, encrypted where asked, and read again. `compare`: what was
 * restored is held to what was read of the source. `load`: rows go into a server. `place`: what is
 * restored gets its name. `prune`: old ones go.
 */
export type BackupPhase =
  | 'snapshot' | 'digest' | 'pack' | 'unpack' | 'compare' | 'load' | 'place' | 'prune'

/** How callers follow the work and end it early. */
export interface BackupWatch {
  readonly signal?: AbortSignal | undefined
  readonly onEvent?: ((event: BackupEvent) => void) | undefined
}

/** Throws BackupStopped once the signal was given. */
export function stopIfAsked({ signal }: BackupWatch): void {
  if (signal?.aborted !== true) return
  throw new BackupStopped('It was stopped; what it had begun is cleared away.', {
    cause: signal.reason,
  })
}

/** A meter of rows, which also ends the work when it is asked to. */
export function rowMeter(watch: BackupWatch, total: number) {
  const onEvent = (event: TransferEvent) => {
    if (event.type === 'rows') watch.onEvent?.(event)
  }
  const meter = new Meter({ onEvent }, total)
  return (table: string, rows: number) => {
    stopIfAsked(watch)
    meter.add(table, rows)
  }
}

/** Tells of bytes, a mebibyte at a time or more. */
export function byteMeter(watch: BackupWatch, total: number) {
  let done = 0
  let told = 0
  return (bytes: number) => {
    stopIfAsked(watch)
    done += bytes
    if (done - told < 1_048_576 && done < total) return
    told = done
    watch.onEvent?.({ type: 'bytes', done, total: Math.max(total, done) })
  }
}
