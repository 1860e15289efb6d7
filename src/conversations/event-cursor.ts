import { type Instant } from '../clock.js'
import { InvalidInput } from '../errors.js'

/** How far a reader of events has come; what lies behind each number is new to it. */
export interface EventCursor {
  /** The last message that it saw appended. */
  readonly position: number
  /** The last change that it saw of what was there. */
  readonly change: number
  /** The last change that it saw of the agent's states. */
  readonly state: number
  /**
   * When the conversation began, once it was looked at: one that is made anew under its id counts
   * from the beginning. No part of the id.
   */
  readonly since?: Instant | undefined
}

const pattern = /^(\d{1,16})\.(\d{1,16})\.(\d{1,16})$/

/** The id of an event: where a reader stands that has seen it. */
export const idOfCursor = ({ position, change, state }: EventCursor): string =>
  `${position}.${change}.${state}`

/** The place that an id names. Throws InvalidInput for what is no id of an event. */
export function cursorOfId(id: string, field = 'after'): EventCursor {
  const [, position, change, state] = typeof id === 'string' ? pattern.exec(id) ?? [] : []
  const cursor = { position: Number(position), change: Number(change), state: Number(state) }
  if (Object.values(cursor).every(Number.isSafeInteger)) return cursor
  throw new InvalidInput(`${field} must be the id of an event, such as 12.3.0`, { field })
}
