/** A word of a text and where it stands there. */
export interface Word {
  /** As it is compared: folded, at most 64 code points. */
  readonly word: string
  /** Its place in the text, in UTF-16 code units. */
  readonly start: number
  readonly end: number
  /** Set on the last character of a row in a script without blanks: `lone` when it is the only. */
  readonly tail?: 'lone' | 'last'
}

/** Code points of a word that count. */
export const wordLengthMax = 64

/** Scripts that put no blanks between words: each of their characters is found with the next. */
const spaceless = String.raw`\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}` +
  String.raw`\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\u30FC\uFF70`

/** Marks that belong to the character before them, half-width sound marks included. */
const marks = String.raw`[\p{M}\uFF9E\uFF9F]*`

/** A character of those scripts, a row of letters, digits and marks of others, or a pictograph. */
const pieces = new RegExp(
  String.raw`((?=[\p{L}\p{N}])[${spaceless}]${marks})` +
  String.raw`|((?:(?![${spaceless}])[\p{L}\p{N}\p{M}])+)` +
  String.raw`|((?![\0-\xFF])[\p{Extended_Pictographic}\p{Regional_Indicator}])`, 'gu')

const plainText = /^[\0-\x7F]*$/
const letters = /[\p{L}\p{N}\p{M}]+/gu
const accents = /[\u0300-\u036F]/g

/** Takes a word and its place. */
type Take = (word: string, start: number, end: number) => void

/** The words of a text in order. The same rule holds for what is kept and for what is asked. */
export function wordsOf(text: string): Word[] {
  if (!plainText.test(text)) return anyWords(text)
  const words: Word[] = []
  plainWords(text, (word, start, end) => words.push({ word, start, end }))
  return words
}

/** Takes the words alone. */
export function eachWord(text: string, take: (word: string) => void): void {
  if (plainText.test(text)) plainWords(text, take)
  else for (const { word } of anyWords(text)) take(word)
}

/** Unit by unit: appends are hot, most texts are plain, and a pattern costs twice as much. */
function plainWords(text: string, take: Take): void {
  const lower = text.toLowerCase()
  let start = -1
  for (let place = 0; place <= lower.length; place++) {
    const unit = place < lower.length ? lower.charCodeAt(place) : 0
    const isInside = (unit >= 97 && unit <= 122) || (unit >= 48 && unit <= 57)
    if (isInside) {
      if (start === -1) start = place
    } else if (start !== -1) {
      take(lower.slice(start, Math.min(place, start + wordLengthMax)), start, place)
      start = -1
    }
  }
}

function anyWords(text: string): Word[] {
  const words: Word[] = []
  let row: Word[] = []
  for (const match of text.matchAll(pieces)) {
    const [piece, character, letter] = match
    const place = { start: match.index, end: match.index + piece.length }
    const isNext = character !== undefined && row.at(-1)?.end === place.start
    if (!isNext) {
      pairs(row, words)
      row = []
    }
    if (character !== undefined) row.push({ word: folded(character), ...place })
    else if (letter === undefined) words.push({ word: piece, ...place })
    else {
      const found = folded(letter).match(letters) ?? []
      words.push(...found.map((word) => ({ word: cut(word), ...place })))
    }
  }
  pairs(row, words)
  return words
}

/** Each character with the next one, and the last alone: any part of the row is then a phrase. */
function pairs(row: readonly Word[], words: Word[]): void {
  row.forEach(({ word, start, end }, index) => {
    const next = row[index + 1]
    if (next === undefined) words.push({ word, start, end, tail: index === 0 ? 'lone' : 'last' })
    else words.push({ word: word + next.word, start, end: next.end })
  })
}

/**
 * Compatible forms, accents, case and final sigma make no difference. Upper case first: it takes
 * ß to SS and ı to I. Marks that no accent is, such as vowels of Thai or Hindi, stay.
 */
function folded(text: string): string {
  return text.normalize('NFKD').replace(accents, '').toUpperCase().toLowerCase()
    .replaceAll('ς', 'σ').normalize('NFC')
}

function cut(word: string): string {
  return word.length <= wordLengthMax ? word : [...word].slice(0, wordLengthMax).join('')
}
