import { isDeepStrictEqual } from 'node:util'
import { InvalidValue } from '../errors.js'

/** A value as it is kept: its JSON text, and a copy that nobody can change. */
export interface Kept {
  /** Undefined when it is kept that there is no value. */
  readonly value: unknown
  /** Empty when there is no value. */
  readonly text: string
}

export const absent: Kept = { value: undefined, text: '' }

/** Throws InvalidValue for what JSON cannot hold exactly. */
export function keep(value: unknown): Kept {
  try {
    const kept = keptOf(JSON.stringify(value))
    if (isDeepStrictEqual(kept.value, value)) return kept
    const exact = keptOf(write(value))
    if (isDeepStrictEqual(exact.value, value)) return exact
  } catch (error) {
    throw refusal(error)
  }
  throw refusal()
}

/** What `keep` has kept. Throws SyntaxError for another text. */
export function keptOf(text: string): Kept {
  return { value: frozen(JSON.parse(text)), text }
}

const refusal = (cause?: unknown) =>
  new InvalidValue('A cached value must be plain JSON', { field: 'value', cause })

function frozen(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  for (const each of Object.values(value)) frozen(each)
  return Object.freeze(value)
}

/** As JSON.stringify, but -0 stays -0. */
function write(value: unknown): string {
  if (Object.is(value, -0)) return '-0'
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`
  const members = Object.entries(value)
    .map(([key, each]) => `${JSON.stringify(key)}:${write(each)}`)
  return `{${members.join(',')}}`
}
