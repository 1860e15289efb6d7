import { type JsonValue } from '../database/json.js'
import { textsOf } from './texts.js'
import { wordsOf } from './words.js'

/** Places of words in one value at most; words behind them are not found. */
export const placesMax = 16_383

/** Places of one word in one value at most. */
export const placesOfWordMax = 256

/** What all different words together may take, at three bytes a code unit. */
const bytesMax = 900 * 1024

/**
 * The words of a value by their places, as an index keeps them. A place without a word is left
 * between two texts, so that no phrase goes over, and where a word stands too often.
 */
export function indexWordsOf(value: JsonValue): (string | undefined)[] {
  const places: (string | undefined)[] = []
  const counts = new Map<string, number>()
  let bytes = 0
  for (const { text } of textsOf(value)) {
    if (places.length > 0) places.push(undefined)
    for (const { word } of wordsOf(text)) {
      const count = counts.get(word) ?? 0
      if (count === 0) bytes += word.length * 3 + 4
      if (places.length >= placesMax || bytes > bytesMax) return places
      counts.set(word, count + 1)
      places.push(count < placesOfWordMax ? word : undefined)
    }
  }
  return places
}
