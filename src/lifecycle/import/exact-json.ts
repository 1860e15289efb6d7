import { type Stored } from '../../database/columns.js'
import { jsonDepthMax, type JsonValue } from '../../database/json.js'
import { decodeJson, encodeText, textLengthMax } from '../../database/values.js'
import { InvalidInput } from '../../errors.js'

/** JSON text of a source, ready for a column of JSON with every number spelled as it was. */
export interface ExactJson {
  readonly stored: Stored<'json'>
  readonly value: JsonValue
  /** What a program loses that reads it as JavaScript values, and where: `.a[2]: 2^53 + 1`. */
  readonly losses: readonly string[]
}

/** Losses that are told of one value. */
const lossesMax = 20

/**
 * Reads JSON text without giving its numbers away: what is stored has the digits of the source.
 * Throws InvalidInput, naming the place, for what is no JSON, `NaN` and `Infinity` included.
 */
export function exactJson(text: string): ExactJson {
  const reader = new Reader(text)
  const stored = reader.whole()
  if (stored.length > textLengthMax) throw new InvalidInput('the JSON is too long to be kept')
  const value = decodeJson(stored)
  return { stored: stored as Stored<'json'>, value, losses: reader.losses }
}

/** The first whole JSON value of a text, and how many characters stand behind it. */
export function firstJson(text: string): { readonly json: string; readonly rest: number } {
  const reader = new Reader(text)
  reader.first()
  const json = text.slice(0, reader.at)
  return { json, rest: text.slice(reader.at).trim() === '' ? 0 : text.length - reader.at }
}

/** The members of a JSON object, each as the text that stands there. */
export function membersOf(text: string): Map<string, string> {
  const reader = new Reader(text)
  return reader.members()
}

/** An object of members that are JSON text already. */
export function objectOf(members: Iterable<readonly [string, string]>): string {
  return `{${[...members].map(([key, text]) => `${JSON.stringify(key)}:${text}`).join(',')}}`
}

const numberPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const blanks = /[ \t\n\r]*/y
const words: Readonly<Record<string, string>> = { t: 'true', f: 'false', n: 'null' }

/** One reading of a text, from its beginning. */
class Reader {
  readonly #text: string
  readonly losses: string[] = []
  readonly #path: (string | number)[] = []
  at = 0

  constructor(text: string) {
    this.#text = text
  }

  whole(): string {
    const written = this.first()
    this.#skip()
    if (this.at < this.#text.length) throw this.#fault('something stands behind the value')
    return written
  }

  first(): string {
    this.#skip()
    return this.#value()
  }

  members(): Map<string, string> {
    const members = new Map<string, string>()
    this.#skip()
    if (this.#text[this.at] !== '{') throw this.#fault('is no object')
    this.at += 1
    this.#each('}', () => {
      const key = this.#characters()
      this.#colon()
      const from = this.at
      this.#value()
      members.set(key, this.#text.slice(from, this.at))
    })
    return members
  }

  #value(): string {
    const first = this.#text[this.at] ?? ''
    if (first === '"') return this.#string()
    if (first === '{' || first === '[') return this.#container(first)
    const word = Object.hasOwn(words, first) ? words[first]! : undefined
    if (word !== undefined && this.#text.startsWith(word, this.at)) {
      this.at += word.length
      return word
    }
    return this.#number()
  }

  #string(): string {
    return JSON.stringify(encodeText(this.#characters(), 'json'))
  }

  /** By hand: a pattern would need memory for every character of a long one. */
  #characters(): string {
    const text = this.#text
    let end = this.at + 1
    if (text[this.at] !== '"') throw this.#fault('a string is expected')
    while (end < text.length && text.charCodeAt(end) !== 34) {
      end += text.charCodeAt(end) === 92 ? 2 : 1
    }
    try {
      const string = JSON.parse(text.slice(this.at, end + 1)) as string
      this.at = end + 1
      return string
    } catch {
      // The parser's own message would show what stands there.
      throw this.#fault('a string does not end, or holds what no string may')
    }
  }

  #number(): string {
    const token = this.#token(numberPattern, 'a value')
    if (isChanged(token)) this.#lose(token.slice(0, 60))
    return token
  }

  #container(open: '{' | '['): string {
    if (this.#path.length >= jsonDepthMax) throw this.#fault('is nested too deep')
    this.at += 1
    const parts: string[] = []
    if (open === '[') {
      this.#each(']', (index) => {
        this.#path.push(index)
        parts.push(this.#value())
        this.#path.pop()
      })
      return `[${parts.join(',')}]`
    }
    const known = new Set<string>()
    this.#each('}', () => {
      const key = this.#string()
      this.#colon()
      this.#path.push(JSON.parse(key) as string)
      if (known.has(key)) this.#lose('the key stands there twice')
      known.add(key)
      parts.push(`${key}:${this.#value()}`)
      this.#path.pop()
    })
    return `{${parts.join(',')}}`
  }

  /** What stands between an opening and its end, separated by commas. */
  #each(end: '}' | ']', take: (index: number) => void): void {
    this.#skip()
    if (this.#text[this.at] === end) {
      this.at += 1
      return
    }
    for (let index = 0; ; index += 1) {
      this.#skip()
      take(index)
      this.#skip()
      const next = this.#text[this.at]
      if (next !== ',' && next !== end) throw this.#fault('a comma or an end is missing')
      this.at += 1
      if (next === end) return
    }
  }

  #colon(): void {
    this.#skip()
    if (this.#text[this.at] !== ':') throw this.#fault('a colon is missing')
    this.at += 1
    this.#skip()
  }

  #token(pattern: RegExp, what: string): string {
    pattern.lastIndex = this.at
    const match = pattern.exec(this.#text)
    if (match === null) throw this.#fault(`${what} is expected`)
    this.at += match[0].length
    return match[0]
  }

  #skip(): void {
    blanks.lastIndex = this.at
    this.at += blanks.exec(this.#text)![0].length
  }

  #lose(what: string): void {
    if (this.losses.length < lossesMax) this.losses.push(`${this.#place()}: ${what}`)
  }

  #place(): string {
    return this.#path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`)).join('')
      .slice(0, 300)
  }

  /** Never with the text itself: it may be a secret. */
  #fault(what: string) {
    return new InvalidInput(`is no JSON: ${what} at character ${this.at}${this.#place()}`)
  }
}

/** Whether a number is another one as a JavaScript value. */
function isChanged(token: string): boolean {
  const value = Number(token)
  if (!Number.isFinite(value)) return true
  if (/^-?\d+$/.test(token)) return token !== '-0' && BigInt(token) !== BigInt(value)
  const digits = token.replace(/[eE].*$/, '').replace(/[-.]/g, '').replace(/^0+|0+$/g, '')
  return digits.length > 17 || (value === 0 && digits !== '')
}
