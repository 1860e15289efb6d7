import { randomInt } from 'node:crypto'

const letters = 'abcdefghijklmnopqrstuvwxyz'
const vocabulary = Array.from({ length: 4_000 }, () => (
  Array.from({ length: randomInt(2, 10) }, () => letters[randomInt(26)]).join('')))

/** About so many characters of text that nobody wrote before. */
export function words(length) {
  const text = []
  for (let size = 0; size < length; size += text.at(-1).length + 1) {
    text.push(vocabulary[randomInt(vocabulary.length)])
  }
  return text.join(' ').slice(0, length)
}
