/** Deeper than this a server may not parse it. */
const depthMax = 1_000

/** A text's escapes that a server refuses, wherever they stand. */
const suspicious = /\\u(?:0000|[dD][89a-fA-F])/

/**
 * The rule that JSON text breaks which another engine would refuse or read otherwise, or null:
 * `json` (it is none), `json_nul`, `json_surrogate`, `json_depth`, `json_number` (no program reads
 * it exactly), `json_duplicate` (a key twice in one object).
 */
export function jsonFault(text: string): string | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return 'json'
  }
  const isSuspicious = suspicious.test(text)
  // What is written as this program writes it has no key twice and no number that is not exact.
  const isDeep = text.length > 2 * depthMax && depthOf(text) > depthMax
  if (!isSuspicious && !isDeep && JSON.stringify(value) === text) return null
  return new Scanner(text).scan()
}

function depthOf(text: string): number {
  let [depth, deepest, isInString] = [0, 0, false]
  for (let at = 0; at < text.length; at++) {
    const sign = text[at]
    if (isInString && sign === '\\') at += 1
    else if (sign === '"') isInString = !isInString
    else if (!isInString && (sign === '{' || sign === '[')) deepest = Math.max(deepest, ++depth)
    else if (!isInString && (sign === '}' || sign === ']')) depth -= 1
  }
  return deepest
}

const token = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|[{}[\],:]|[a-z]+/gs

/** Looks at valid JSON token by token; what is refused comes before what is only read otherwise. */
class Scanner {
  readonly #text: string
  /** The keys of each open object; undefined for an array. */
  readonly #open: (Set<string> | undefined)[] = []
  #mild: string | null = null

  constructor(text: string) {
    this.#text = text
  }

  scan(): string | null {
    const tokens = this.#text.match(token) ?? []
    for (const [index, each] of tokens.entries()) {
      const fault = this.#look(each, tokens[index + 1] === ':')
      if (fault !== null) return fault
    }
    return this.#mild
  }

  #look(each: string, isKey: boolean): string | null {
    const [first] = each
    if (first === '{' || first === '[') {
      this.#open.push(first === '{' ? new Set() : undefined)
      return this.#open.length > depthMax ? 'json_depth' : null
    }
    if (first === '}' || first === ']') this.#open.pop()
    if (first === '"') return this.#lookAtText(JSON.parse(each) as string, isKey)
    if (first === '-' || (first! >= '0' && first! <= '9')) return this.#lookAtNumber(each)
    return null
  }

  #lookAtText(text: string, isKey: boolean): string | null {
    if (text.includes('\0')) return 'json_nul'
    if (!(text as string & { isWellFormed(): boolean }).isWellFormed()) return 'json_surrogate'
    const keys = this.#open.at(-1)
    if (!isKey || keys === undefined) return null
    if (keys.has(text)) this.#mild ??= 'json_duplicate'
    keys.add(text)
    return null
  }

  #lookAtNumber(digits: string): string | null {
    const value = Number(digits)
    const isWhole = /^-?\d+$/.test(digits)
    // Beyond 131072 digits before the point a server refuses it.
    const exponent = Number(/[eE]([+-]?\d+)$/.exec(digits)?.[1] ?? 0)
    if (Math.abs(exponent) > 16_000) return 'json'
    const isExact = isWhole
      ? Number.isSafeInteger(value) || String(value) === digits
      : Number.isFinite(value)
    if (!isExact) this.#mild ??= 'json_number'
    return null
  }
}
