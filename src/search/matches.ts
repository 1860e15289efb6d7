import { type WordPhrase, type WordQuery } from '../database/engine.js'

/** Words by their places, as `placesOf` gives them. */
export type Places = readonly (string | undefined)[]

/** Whether a phrase stands at a place. */
export function standsAt({ words, isPrefix }: WordPhrase, places: Places, from: number): boolean {
  return words.every((word, index) => {
    const there = places[from + index]
    const isOpen = isPrefix && index === words.length - 1
    return there !== undefined && (isOpen ? there.startsWith(word) : there === word)
  })
}

/** Whether a phrase stands anywhere. */
export function holds(places: Places, phrase: WordPhrase): boolean {
  return places.some((_, from) => standsAt(phrase, places, from))
}

/** Whether words fulfil a query; what every engine must answer. */
export function fulfils(places: Places, { required, excluded }: WordQuery): boolean {
  return required.length > 0 && required.every((phrase) => holds(places, phrase)) &&
    !excluded.some((phrase) => holds(places, phrase))
}
