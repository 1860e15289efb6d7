import { InvalidInput } from '../errors.js'
import { type RunLog, type RunName, runTopic } from './run-log.js'
import { type RunStore } from './run-store.js'
import { type RunStatus, type WorkflowRun, type WorkflowStep } from './run-tables.js'

/** How often a run is looked at that somebody follows, in case a signal was lost. */
const lookEveryMs = 1_000

/** Steps that one look reads at most. */
const lookMax = 200

/** Steps that run at once and are watched at most; of more, the first ones. */
const openMax = 50

/** Where a follower begins, and when it ends. */
export interface RunFollowing {
  /** The id of the last event seen. @default before the first step */
  readonly after?: string | undefined
  /** False: ends once all that was missed is told. @default true */
  readonly live?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

/** What happened to a run. */
export type RunEvent =
  /** How the run stands: at first, and whenever its status or attempt changes. */
  | { readonly kind: 'run'; readonly id: string; readonly run: WorkflowRun }
  /** A step that began or ended. */
  | { readonly kind: 'step'; readonly id: string; readonly step: WorkflowStep }

/** Steps up to `last` were told; those of `open` as running. */
interface Place {
  readonly last: number
  readonly open: readonly number[]
}

const isOver = (status: RunStatus): boolean => status !== 'pending' && status !== 'running'

/** What happens to a run, read from its rows; signals only say when to look. */
export async function* followRun(
  runs: RunStore,
  log: RunLog,
  { name, after, live = true, signal }: RunFollowing & { readonly name: RunName },
): AsyncGenerator<RunEvent, void, void> {
  let place = placeOf(after)
  let told = ''
  const bell = await Bell.at(log, name)
  try {
    while (signal?.aborted !== true) {
      bell.reset()
      const run = await runs.get(name.runId)
      const standing = `${run.status} ${run.attempt}`
      // The end comes behind the last step.
      if (standing !== told && !isOver(run.status)) yield { kind: 'run', id: idOf(place), run }
      for (;;) {
        const steps = await newsOf(runs, name, place)
        if (steps.length === 0) break
        for (const step of steps) {
          place = placeBehind(place, step)
          yield { kind: 'step', id: idOf(place), step }
        }
      }
      if (isOver(run.status)) return yield { kind: 'run', id: idOf(place), run }
      told = standing
      if (!live) return
      await bell.wait(signal)
    }
  } finally {
    bell.close()
  }
}

/** Steps that ended since they were told as running, then those that are new. */
async function newsOf(runs: RunStore, { runId }: RunName, { last, open }: Place) {
  const ended: WorkflowStep[] = []
  for (const number of open) {
    const step = await runs.steps.get(runId, number)
    if (step.status !== 'running') ended.push(step)
  }
  if (ended.length > 0) return ended
  return (await runs.steps.list(runId, { after: last, limit: lookMax })).data
}

function placeBehind({ last, open }: Place, { number, status }: WorkflowStep): Place {
  const others = open.filter((each) => each !== number)
  const isOpen = status === 'running' && others.length < openMax
  return { last: Math.max(last, number), open: isOpen ? [...others, number] : others }
}

const idOf = ({ last, open }: Place): string => [last, ...open].join('.')

const placePattern = /^\d{1,15}(?:\.\d{1,15}){0,50}$/

function placeOf(after: string | undefined): Place {
  if (after === undefined) return { last: 0, open: [] }
  if (!placePattern.test(after)) {
    throw new InvalidInput('after must be the id of an event of this run', { field: 'after' })
  }
  const [last = 0, ...open] = after.split('.').map(Number)
  return { last, open: open.filter((number) => number >= 1 && number <= last) }
}

/** Rings when a run has changed, or once a second. */
class Bell {
  #ring: (() => void) | undefined
  #hasRung = false
  readonly #leave: () => void

  private constructor(leave: () => void) {
    this.#leave = leave
  }

  static async at(log: RunLog, name: RunName): Promise<Bell> {
    let bell: Bell | undefined
    // Signals are hints: without them one finds out by looking.
    const news = () => { if (bell !== undefined) bell.#news() }
    const subscription = await log.signals.subscribe(runTopic(name), news).catch(() => undefined)
    bell = new Bell(() => void subscription?.close())
    return bell
  }

  /** Whatever rang before is seen by the look that follows. */
  reset(): void {
    this.#hasRung = false
  }

  async wait(signal: AbortSignal | undefined): Promise<void> {
    if (this.#hasRung || signal?.aborted === true) return
    await new Promise<void>((done) => {
      const end = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', end)
        this.#ring = undefined
        done()
      }
      const timer = setTimeout(end, lookEveryMs)
      signal?.addEventListener('abort', end, { once: true })
      this.#ring = end
    })
  }

  close(): void {
    this.#leave()
  }

  #news(): void {
    this.#hasRung = true
    this.#ring?.()
  }
}
