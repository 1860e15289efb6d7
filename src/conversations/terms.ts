import { type Stored } from '../database/columns.js'
import { type Engine } from '../database/engine.js'
import { type JsonValue } from '../database/json.js'
import { indexWordsOf } from '../search/index.js'

/** What a message says, and whose it is. */
export interface Said {
  readonly organizationId: string
  /** Of the message. */
  readonly id: string
  readonly content: JsonValue
}

/** Numbers of a millisecond, so that its messages have their own; half of all are left behind. */
const perMillisecond = 1_024

/** Later moments than this (the year 2109) count as this. */
const millisecondsMax = 2 ** 42 - 1

const marksCount = 36 ** 3

/** Stands before each word of an organization: three characters, most often its own. */
export function markOf(organizationId: string): string {
  const number = Number.parseInt(organizationId.slice(-8), 16) % marksCount
  return number.toString(36).padStart(3, '0')
}

/** What is kept of a message for search. */
export function termsOf(engine: Engine, { organizationId, id, content }: Said) {
  const milliseconds = Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)
  const sequence = Math.min(milliseconds, millisecondsMax) * perMillisecond
  return {
    terms: engine.words.encode(indexWordsOf(content), markOf(organizationId)),
    sequence: sequence as Stored<'integer'>,
  }
}
