import { type WakeUps } from '../coordination/coordination.js'

/**
 * The name under which a queue rings: of one organization for those who work for it alone, and of
 * all for the system's own workers.
 */
export function wakeUpName(queue: string, organizationId?: string): string {
  return organizationId === undefined ? queue : `${queue}:${organizationId}`
}

/** What tells where to ring: a job's row, or a part of it. */
interface RingingJob {
  readonly organization_id?: unknown
  readonly queue?: unknown
}

/** Jobs that became ready in one batch; rung once for each queue, after the commit. */
export class Rings {
  readonly #counts = new Map<string, number>()

  /** Counts a row of a job that is ready. */
  add({ organization_id: organizationId, queue }: RingingJob): void {
    this.#count(String(queue))
    this.#count(wakeUpName(String(queue), String(organizationId)))
  }

  /** Rings. A wake-up is a hint: one that fails is nobody's failure. */
  ring(wakeUps: WakeUps): void {
    if (this.#counts.size > 0) wakeUps.ringAll(this.#counts).catch(() => undefined)
  }

  #count(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1)
  }
}
