import { type WordQuery } from '../database/engine.js'
import { type JsonValue } from '../database/json.js'
import { standsAt } from './matches.js'
import { textsOf } from './texts.js'
import { type Word, wordsOf } from './words.js'

/** A part of a text, in UTF-16 code units. */
export interface TextRange {
  readonly start: number
  readonly end: number
}

/** Where a query is fulfilled: a piece of plain text, and what in it was asked for. */
export interface Highlight {
  /** A JSON pointer to the text in the value; empty for the value itself. */
  readonly path: string
  /** Where in that text the snippet begins, in UTF-16 code units. */
  readonly offset: number
  /** At most 240 code units of the text, as they are: nothing is escaped and nothing added. */
  readonly snippet: string
  /** What was asked for, by its place in the snippet; in order, never overlapping. */
  readonly ranges: readonly TextRange[]
}

const snippetLength = 240
const before = 60

/** The first text that holds something of what a query asks for; undefined when none does. */
export function highlightOf(value: JsonValue, query: WordQuery): Highlight | undefined {
  for (const { path, text } of textsOf(value)) {
    const found = rangesOf(wordsOf(text), query)
    if (found.length > 0) return cutOut({ path, text }, found)
  }
  return undefined
}

function rangesOf(words: readonly Word[], { required }: WordQuery): TextRange[] {
  const places = words.map(({ word }) => word)
  const ranges = places.flatMap((_, from) =>
    required.filter((phrase) => standsAt(phrase, places, from)).map((phrase) => ({
      start: words[from]!.start, end: words[from + phrase.words.length - 1]!.end,
    })))
  return joined(ranges)
}

function joined(ranges: readonly TextRange[]): TextRange[] {
  const whole: TextRange[] = []
  for (const range of [...ranges].sort((a, b) => a.start - b.start)) {
    const last = whole.at(-1)
    if (last === undefined || last.end < range.start) whole.push(range)
    else whole[whole.length - 1] = { start: last.start, end: Math.max(last.end, range.end) }
  }
  return whole
}

function cutOut(
  { path, text }: { readonly path: string; readonly text: string },
  found: readonly TextRange[],
): Highlight {
  const offset = whole(text, Math.max(0, found[0]!.start - before))
  const end = whole(text, Math.min(text.length, offset + snippetLength))
  const ranges = found.filter(({ start }) => start < end).map((range) => ({
    start: range.start - offset, end: Math.min(range.end, end) - offset,
  }))
  return { path, offset, snippet: text.slice(offset, end), ranges }
}

/** A place that parts no surrogate pair. */
function whole(text: string, place: number): number {
  const isPair = /^[\uD800-\uDBFF][\uDC00-\uDFFF]/.test(text.slice(place - 1, place + 1))
  return place > 0 && isPair ? place - 1 : place
}
