import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setPriority } from 'node:os'
import { join } from 'node:path'
import { backupsOn } from './backup.js'
import { type Settings } from './environment.js'
import { whileClaimed } from './folder-claim.js'

/** What a schedule of backups tells. */
export type BackupScheduleEvent =
  | { readonly kind: 'made'; readonly name: string; readonly pruned: number }
  | { readonly kind: 'failed'; readonly reason: string }

/** After a failure, and between two looks, at most. */
const retryMs = 15 * 60_000

/** Given to a backup that is to end, before it is killed: the next one clears up. */
const endMs = 10_000

const hourMs = 3_600_000

/**
 * Makes a backup whenever the newest verified one is old enough, in a process of its own, so that
 * whoever serves here does not wait for it. Of several servers that share the folder one does.
 */
export class BackupSchedule {
  readonly #settings: Settings
  readonly #onEvent: (event: BackupScheduleEvent) => void
  #timer: NodeJS.Timeout | undefined
  #child: ChildProcess | undefined
  #running: Promise<void> = Promise.resolve()
  #isClosed = false

  constructor(settings: Settings, onEvent: (event: BackupScheduleEvent) => void) {
    this.#settings = settings
    this.#onEvent = onEvent
  }

  /** None where the settings ask for none. */
  static of(settings: Settings, onEvent: (event: BackupScheduleEvent) => void): BackupSchedule[] {
    const { runScheduler, backups: { everyHours } } = settings
    return runScheduler && everyHours !== undefined ? [new BackupSchedule(settings, onEvent)] : []
  }

  start(): this {
    this.#wait(1_000)
    return this
  }

  /** Ends a backup that is being made. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#child?.kill('SIGTERM')
    const late = setTimeout(() => this.#child?.kill('SIGKILL'), endMs)
    await this.#running
    clearTimeout(late)
  }

  #wait(milliseconds: number): void {
    if (this.#isClosed) return
    this.#timer = setTimeout(() => { this.#running = this.#look() }, milliseconds)
    this.#timer.unref()
  }

  async #look(): Promise<void> {
    let next = retryMs
    try {
      const leftMs = this.#leftMs()
      if (leftMs > 0) next = Math.min(leftMs, retryMs)
      else {
        const claim = join(this.#settings.backups.directory, '.holdfast-backup-claim')
        await whileClaimed(claim, () => this.#make())
      }
    } catch (error) {
      if (!this.#isClosed) this.#onEvent({ kind: 'failed', reason: (error as Error).message })
    }
    this.#wait(next)
  }

  /** How long until the next one is due. */
  #leftMs(): number {
    const [newest] = backupsOn(this.#settings).verified()
    if (newest?.ageSeconds === undefined) return 0
    return this.#settings.backups.everyHours! * hourMs - newest.ageSeconds * 1_000
  }

  async #make(): Promise<void> {
    const { database, backups } = this.#settings
    // The program that this is, however it was packed.
    const words = [process.argv[1]!, 'backup', 'create', '--json', '--keep', String(backups.keep)]
    const child = spawn(process.execPath, words, {
      stdio: ['ignore', 'pipe', 'pipe'],
      // Not as an argument: everybody may read those.
      env: { ...process.env, HOLDFAST_DATABASE_URL: database },
    })
    this.#child = child
    // Who serves goes first.
    if (child.pid !== undefined) setPriority(child.pid, 10)
    let [said, told] = ['', '']
    child.stdout.on('data', (text) => { said += String(text) })
    child.stderr.on('data', (text) => { told += String(text) })
    const [code] = await once(child, 'close') as [number | null]
    this.#child = undefined
    if (this.#isClosed) return
    if (code !== 0) throw new Error(reasonIn(told))
    const { name, pruned } = JSON.parse(said) as { name: string; pruned: string[] }
    this.#onEvent({ kind: 'made', name, pruned: pruned.length })
  }
}

/** The sentence of the failure: its line, behind which the stack may stand. */
function reasonIn(told: string): string {
  const lines = told.trim().split('\n')
  for (const line of lines.toReversed()) {
    try {
      const { error } = JSON.parse(line) as { error: { message: string } }
      return error.message
    } catch {
      // Another line, such as one of a stack.
    }
  }
  return lines.at(-1) || 'it was ended'
}
