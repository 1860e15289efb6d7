/** How a check came out; only a problem makes the whole fail. */
export type State = 'ok' | 'warning' | 'problem'

/** The outcome of one check. */
export interface Check {
  readonly name: string
  readonly state: State
  /** What was found. */
  readonly message: string
  /** The exact command or setting that mends it. */
  readonly fix?: string
}

/** A check that found nothing wrong. */
export const ok = (name: string, message: string): Check => ({ name, state: 'ok', message })

/** A check that found something to know. */
export const warning = (name: string, message: string, fix: string): Check => ({
  name, state: 'warning', message, fix,
})

/** A check that found something to mend. */
export const problem = (name: string, message: string, fix: string): Check => ({
  name, state: 'problem', message, fix,
})
