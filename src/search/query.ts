import { type WordPhrase, type WordQuery } from '../database/engine.js'
import { InvalidInput } from '../errors.js'
import { wordsOf } from './words.js'

/** UTF-16 code units of a query at most. */
export const queryLengthMax = 1_000

/** Words and phrases of a query at most. */
export const queryPartsMax = 32

/** A minus sign, then a phrase in quotes or what stands between blanks; a star behind it. */
const parts = /((?<!\S)-)?(?:"([^"]*)(?:"|$)|([^\s"]+))(\*?)/gu

/**
 * What a query asks for: `words` that must all be there, `"phrases"`, `-excluded` ones, and words
 * that `begin*` so. Everything else is taken literally: what is no letter or digit separates
 * words, and words that stand together, such as those of an address, are a phrase. There are no
 * wrong queries, only some that ask for nothing. Throws InvalidInput for one that is too long.
 */
export function queryOf(text: string): WordQuery {
  if (typeof text !== 'string' || text.length > queryLengthMax) {
    throw new InvalidInput(`q must be a text of at most ${queryLengthMax} characters`, {
      field: 'q',
    })
  }
  const required: WordPhrase[] = []
  const excluded: WordPhrase[] = []
  for (const [, minus, quoted, plain = '', star] of text.matchAll(parts)) {
    const phrase = phraseOf(quoted ?? plain, star === '*' || plain.endsWith('*'))
    if (phrase !== undefined) (minus === '-' ? excluded : required).push(phrase)
  }
  if (required.length + excluded.length > queryPartsMax) {
    throw new InvalidInput(`q must have at most ${queryPartsMax} words and phrases`, { field: 'q' })
  }
  return { required, excluded }
}

/** The last row of a script without blanks may go on in the text. */
function phraseOf(text: string, star: boolean): WordPhrase | undefined {
  const words = wordsOf(text)
  const last = words.at(-1)
  if (last === undefined) return undefined
  if (last.tail === 'last') return { words: words.slice(0, -1).map(wordOf), isPrefix: false }
  return { words: words.map(wordOf), isPrefix: star || last.tail === 'lone' }
}

const wordOf = ({ word }: { readonly word: string }): string => word
