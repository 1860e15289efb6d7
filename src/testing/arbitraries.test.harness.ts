import fc from 'fast-check'
import { type JsonValue } from '../database/json.js'

/** How many values a property tries; HOLDFAST_TEST_VALUES asks for more than the default. */
export function valuesWanted(byDefault: number): number {
  return Number(process.env.HOLDFAST_TEST_VALUES ?? byDefault)
}

const anyUnit = fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit))

/** Units around everything that some engine, encoding or escape treats specially. */
const hardUnit = fc.constantFrom(
  '\0', '\ufdd0', '\ufdcf', '\ufdd1', '\ud800', '\udbff', '\udc00', '\udfff', '\ud83d\ude00',
  '\ufffe', '\uffff', '\ufeff', '\ufffd', '\u2028', '\u0001', '\u001f', '\u007f', '\u0080',
  '\n', '\r', '\t', '\b', '"', '\'', '\\', '/', '{', '}', ',', ' ', '0', 'F', 'D', 'd', 'u',
  'x', 'N', 'e\u0301', '\u00e9', '\u{10ffff}', '$', '%', ':', '?', ';', '-',
)

/** Any JavaScript string: all code units, lone surrogates and U+0000 included. */
export const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: anyUnit }),
  fc.string({ unit: hardUnit, maxLength: 24 }),
  fc.constantFrom('', 'NULL', 'null', '{}', '\\x00', 'true', '1', '2026-01-01', '\ufdd0FDD0'),
)

/** Any 64-bit floating-point number but NaN and the infinities, every exponent as often. */
export const anyDouble = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(doubleOfBits)
  .filter(Number.isFinite)

function doubleOfBits(bits: bigint): number {
  const view = new DataView(new ArrayBuffer(8))
  view.setBigUint64(0, bits)
  return view.getFloat64(0)
}

const edgeNumbers = [
  0, -0, 1, -1, 0.1, -0.1, 1e-7, 1e-17, 1e21, 1e308, 5e-324, -5e-324, Number.MAX_VALUE,
  Number.MIN_VALUE, Number.EPSILON, 2 ** 31, 2 ** 53 - 1, 2 ** 53, 2 ** 63, 2 ** 64, 123456789.125,
]

const anyNumber = fc.oneof(
  fc.constantFrom(...edgeNumbers), anyDouble, fc.integer(), fc.double({ noNaN: true })
    .filter(Number.isFinite),
)

const anyKey = fc.oneof(
  anyText,
  fc.constantFrom(
    '__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'toJSON', 'length', '',
    '0', '1', '10', '2', '-1', '01', '4294967294', '4294967295', '1.5', 'a', 'b',
  ),
)

/** An object with these members of its own, in this order; a later one of a name wins. */
export function objectOf<V>(members: readonly (readonly [string, V])[]): { [key: string]: V } {
  const made: { [key: string]: V } = {}
  for (const [key, value] of members) {
    Object.defineProperty(made, key, {
      value, writable: true, enumerable: true, configurable: true,
    })
  }
  return made
}

const { custom } = fc.letrec<{ custom: JsonValue }>((tie) => ({
  custom: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(anyText, anyNumber, fc.boolean(), fc.constant(null)),
    fc.array(tie('custom'), { maxLength: 5 }),
    fc.array(fc.tuple(anyKey, tie('custom')), { maxLength: 5 }).map(objectOf<JsonValue>),
  ),
}))

/** Any JSON value, with all that JSON, JavaScript and the engines make hard. */
export const anyJson: fc.Arbitrary<JsonValue> = fc.oneof(
  { arbitrary: custom, weight: 3 },
  { arbitrary: fc.jsonValue() as fc.Arbitrary<JsonValue>, weight: 1 },
)

/** A value inside this many arrays and objects, by turns. */
export function nested(levels: number, inmost: JsonValue): JsonValue {
  let value = inmost
  for (let level = 0; level < levels; level++) {
    value = level % 2 === 0 ? [value] : { '\ufdd0': value }
  }
  return value
}

/** Where two values first differ, as a path; undefined when they are the same to the last bit. */
export function differenceOf(a: unknown, b: unknown, path = 'value'): string | undefined {
  if (Object.is(a, b)) return undefined
  const containers = typeof a === 'object' && typeof b === 'object' && a !== null && b !== null
  if (!containers || Array.isArray(a) !== Array.isArray(b)) return path
  const keys = Object.keys(a)
  const others = Object.keys(b)
  if (keys.length !== others.length) return `${path} (number of members)`
  for (const [index, key] of keys.entries()) {
    if (key !== others[index]) return `${path} (key ${index})`
    const [one, two] = [a, b] as Record<string, unknown>[]
    const found = differenceOf(one![key], two![key], `${path}.${key}`)
    if (found !== undefined) return found
  }
  return undefined
}
