const [quote, backslash, comma] = [34, 92, 44]
const [openArray, closeArray, openObject, closeObject] = [91, 93, 123, 125]
const byteOrderMark = 0xfeff

/**
 * Takes the text of a JSON array apart into the texts of its elements, however it comes in pieces.
 * Nothing is checked but quotes and brackets: an element that is no JSON stands in the way of none.
 */
export class ArrayElements {
  #place: 'before' | 'between' | 'within' | 'behind' = 'before'
  #isText = false
  #isEscaped = false
  #depth = 0
  #parts: string[] = []

  /** Whether the array has come to its end. */
  get isWhole(): boolean {
    return this.#place === 'behind'
  }

  /** The elements that end in a further piece of the text. */
  *take(text: string): Generator<string> {
    let from = 0
    for (let at = 0; at < text.length && this.#place !== 'behind'; at += 1) {
      const unit = text.charCodeAt(at)
      if (this.#place === 'within') {
        if (!this.#isEnd(unit)) continue
        yield this.#element(text.slice(from, at))
        this.#place = unit === comma ? 'between' : 'behind'
      } else if (this.#place === 'before') {
        if (unit === openArray) this.#place = 'between'
        else if (!isBlank(unit) && unit !== byteOrderMark) this.#place = 'behind'
      } else if (unit === closeArray) {
        this.#place = 'behind'
      } else if (!isBlank(unit) && unit !== comma) {
        this.#place = 'within'
        from = at
        this.#isEnd(unit)
      }
    }
    if (this.#place === 'within') this.#parts.push(text.slice(from))
  }

  /** An element behind which the text was cut off. */
  *rest(): Generator<string> {
    const isWhole = this.#place === 'within' && !this.#isText && this.#depth === 0
    if (isWhole) yield this.#element('')
  }

  #element(end: string): string {
    const element = [...this.#parts, end].join('')
    this.#parts = []
    return element
  }

  /** Whether an element ends before this unit. */
  #isEnd(unit: number): boolean {
    if (this.#isText) {
      if (this.#isEscaped) this.#isEscaped = false
      else if (unit === backslash) this.#isEscaped = true
      else if (unit === quote) this.#isText = false
      return false
    }
    if (unit === quote) this.#isText = true
    else if (unit === openArray || unit === openObject) this.#depth += 1
    else if (this.#depth === 0) return unit === comma || unit === closeArray
    else if (unit === closeArray || unit === closeObject) this.#depth -= 1
    return false
  }
}

/** The whole elements of a JSON array; an end that is cut off is left out. */
export function elementsOf(text: string): string[] {
  const elements = new ArrayElements()
  return [...elements.take(text), ...elements.rest()]
}

const isBlank = (unit: number): boolean =>
  unit === 32 || unit === 9 || unit === 10 || unit === 13
