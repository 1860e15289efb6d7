import { InvalidInput } from '../errors.js'

const lengthMax = 512

/**
 * A part of a key, such as an id: braces, which would make a hash tag, and colons of its own are
 * written as %7B, %7D and %3A, so that two lists of parts never give one key. Throws InvalidInput
 * when it is empty or longer than 512 characters.
 */
export function keyPart(field: string, text: string): string {
  requireName(field, text)
  return text.replace(/[%{}:]/g, (character) => encodeURIComponent(character))
}

/** A last part, in which colons need no escape. Throws like keyPart. */
export function lastPart(field: string, text: string): string {
  requireName(field, text)
  return text.replace(/[%{}]/g, (character) => encodeURIComponent(character))
}

export function requireName(field: string, text: string): void {
  if (typeof text === 'string' && text.length > 0 && text.length <= lengthMax) return
  throw new InvalidInput(`${field} must be text of 1 to ${lengthMax} characters.`, { field })
}

/** A duration in whole milliseconds, at least one. Throws InvalidInput when out of bounds. */
export function durationMs(field: string, seconds: number, mostSeconds: number): number {
  if (seconds >= 0.001 && seconds <= mostSeconds) return Math.ceil(seconds * 1_000)
  const rule = `${field} must be from 0.001 to ${mostSeconds} seconds.`
  throw new InvalidInput(rule, { field })
}
