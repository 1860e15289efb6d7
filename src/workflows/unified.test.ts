import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type JsonValue } from '../database/json.js'
import { changesOf } from './diff.js'
import { plainText } from './plain-text.js'
import { unifiedDiff } from './unified.js'

const names = { before: 'old', after: 'new' }

/** What a patch of a text makes of it, as any program that applies one. */
function patched(text: string, diff: string): string {
  if (diff === '') return text
  const old = text.split('\n')
  const made: string[] = []
  let at = 0
  for (const line of diff.slice(0, -1).split('\n').slice(2)) {
    const header = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@$/.exec(line)
    if (header !== null) {
      const start = Number(header[1]) - (header[2] === '0' ? 0 : 1)
      while (at < start) made.push(old[at++]!)
      expect(made.length + 1 - (header[4] === '0' ? 1 : 0)).toBe(Number(header[3]))
    } else if (line.startsWith('+')) {
      made.push(line.slice(1))
    } else {
      expect(old[at]).toBe(line.slice(1))
      if (line.startsWith(' ')) made.push(old[at]!)
      at += 1
    }
  }
  return [...made, ...old.slice(at)].join('\n')
}

const texts = fc.array(fc.constantFrom('a', 'b', 'c', '', '{'), { maxLength: 30 })
  .map((lines) => lines.join('\n'))

it('a unified diff makes the second text of the first', () => {
  fc.assert(fc.property(texts, texts, (before, after) => {
    const diff = unifiedDiff(before, after, names)
    expect(patched(before, diff)).toBe(after)
    expect(diff === '').toBe(before === after)
  }), { numRuns: 2_000 })
})

it('a unified diff is as short as it can be', () => {
  const diff = unifiedDiff('a\nb\nc\na\nb\nb\na', 'c\nb\na\nb\na\nc', names)
  // Myers' own example: five lines change.
  expect(diff.split('\n').filter((line) => /^[+-](?![+-])/.test(line))).toHaveLength(5)
})

it('long texts that have nothing in common are compared at once', () => {
  const text = (word: string) => Array.from({ length: 20_000 }, (_, index) => `${word}${index}`)
  const [before, after] = [text('a').join('\n'), text('b').join('\n')]
  const sinceMs = performance.now()
  expect(patched(before, unifiedDiff(before, after, names))).toBe(after)
  expect(performance.now() - sinceMs).toBeLessThan(5_000)
})

/** A value with the changes made in it, one by one from the last to the first. */
function changed(value: JsonValue, changes: ReturnType<typeof changesOf>): JsonValue {
  const whole = { value: structuredClone(value) } as { value: JsonValue }
  for (const { path, kind, after } of changes.toReversed()) {
    const keys = path.split('/').slice(1)
      .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
    let place = whole as unknown as Record<string, JsonValue>
    let last = 'value'
    for (const key of keys) [place, last] = [place[last] as Record<string, JsonValue>, key]
    if (kind === 'removed') {
      if (Array.isArray(place)) place.length -= 1
      else delete place[last]
    } else {
      Object.defineProperty(place, last, {
        value: after, writable: true, enumerable: true, configurable: true,
      })
    }
  }
  return whole.value
}

it('the changes of two graphs make the second of the first', () => {
  const graph = fc.jsonValue({ maxDepth: 4 })
  fc.assert(fc.property(graph, graph, (one, other) => {
    const [before, after] = [one, other] as JsonValue[]
    const changes = changesOf(before!, after!)
    expect(plainText(changed(before!, changes))).toBe(plainText(after!))
    expect(changes.length === 0).toBe(plainText(before!) === plainText(after!))
  }), { numRuns: 2_000 })
})
