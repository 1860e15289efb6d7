import { type PlacedWords } from '../database/engine.js'
import { type JsonValue } from '../database/json.js'
import { textsOf } from './texts.js'
import { eachWord } from './words.js'

/** Places of words in one value at most; words behind them are not found. */
export const placesMax = 16_383

/** Places of one word in one value at most. */
export const placesOfWordMax = 256

/** What all different words together may take, at three bytes a code unit. */
const bytesMax = 900 * 1024

/**
 * The words of a value and their places, as an index keeps them. A place without a word is left
 * between two texts, so that no phrase goes over, and where a word stands too often.
 */
export function indexWordsOf(value: JsonValue): PlacedWords {
  const words = new Map<string, number[]>()
  let places = 0
  let bytes = 0
  const take = (word: string): void => {
    if (places >= placesMax || bytes > bytesMax) return
    const known = words.get(word)
    if (known === undefined) {
      words.set(word, [places])
      bytes += word.length * 3 + 4
    } else if (known.length < placesOfWordMax) known.push(places)
    places += 1
  }
  for (const { text } of textsOf(value)) {
    if (places > 0 && places < placesMax) places += 1
    eachWord(text, take)
  }
  return { words, places }
}

/** The same by place; undefined where no word is. */
export function placesOf({ words, places }: PlacedWords): (string | undefined)[] {
  const list = new Array<string | undefined>(places).fill(undefined)
  for (const [word, at] of words) for (const place of at) list[place] = word
  return list
}
