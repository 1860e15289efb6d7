import { type JsonValue, stringifyJson } from '../database/json.js'
import { InvalidInput } from '../errors.js'
import { SealingUnavailable } from './errors.js'
import { isMask, isObject, isWholeMask, mask } from './merge.js'
import { type Pattern, placeOf, pointerOf, walked } from './places.js'
import { secretLengthMax, secretsMax } from './rules.js'
import { type SettingsDocument } from './tables.js'

/** The row a sealed value belongs to; moved to another, it does not open. */
export interface SealBinding {
  readonly organizationId: string
  readonly ownerKind: 'user' | 'organization'
  readonly userId: string | null
  /** What kind of row. */
  readonly name: string
}

/** Encrypts values, each under its own name; handed in where keys are known. */
export interface SealedFields {
  seal(fields: Record<string, string>, binding: SealBinding): Promise<Record<string, string>>
  open(sealed: Record<string, string>, binding: SealBinding): Promise<Record<string, string>>
}

/** What a document has sealed, or is to have. */
export interface Sealing {
  /** With masks. */
  readonly document: SettingsDocument
  /** Sealed values that stay, by pointer. */
  readonly kept: Readonly<Record<string, string>>
  /** Plain values to be sealed, by pointer. */
  readonly fresh: Readonly<Record<string, string>>
}

interface Before {
  readonly document: SettingsDocument
  readonly sealed: Readonly<Record<string, string>>
}

/**
 * Tells which values of a changed document stay sealed and which are to be sealed. Throws
 * InvalidInput for a mask where nothing is sealed, and for secrets that break a limit.
 */
export function sealingOf(
  changed: SettingsDocument,
  patterns: readonly Pattern[],
  before: Before,
): Sealing {
  const [kept, fresh] = [new Map<string, string>(), new Map<string, string>()]
  const document = walked(changed, patterns, {
    secret(given, keys) {
      if (isMask(given) && !isWholeMask(given)) refuse(keys, 'holds $secret, and is no mask')
      const pointer = pointerOf(keys)
      const sealed = ownOf(before.sealed, pointer)
      if (isMask(given) && sealed !== undefined) {
        kept.set(pointer, sealed)
        return mask
      }
      // A place that was marked only now was read as a mask and stands in plain until here.
      const value = isMask(given) ? plainAt(before.document, keys) : given
      if (value === null) return null
      fresh.set(pointer, checkedText(value, keys))
      return mask
    },
    array: (_, keys) => refuse(keys, 'must be no array, since secret fields lie beneath it'),
    // The application no longer marks the place; what is sealed there stays sealed.
    strayMask(given, keys) {
      const pointer = pointerOf(keys)
      const sealed = isWholeMask(given) ? ownOf(before.sealed, pointer) : undefined
      if (sealed === undefined) refuse(keys, 'holds $secret, and is no secret field')
      kept.set(pointer, sealed)
      return mask
    },
  })
  if (kept.size + fresh.size <= secretsMax) {
    return { document, kept: Object.fromEntries(kept), fresh: Object.fromEntries(fresh) }
  }
  const message = `settings must hold at most ${secretsMax} secret values`
  throw new InvalidInput(message, { field: 'settings' })
}

function ownOf<V>(record: Readonly<Record<string, V>>, key: string): V | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined
}

function plainAt(document: SettingsDocument, keys: readonly string[]): JsonValue {
  let here: JsonValue | undefined = document
  for (const key of keys) here = isObject(here) ? ownOf(here, key) : undefined
  if (here !== undefined && !isMask(here)) return here
  return refuse(keys, 'holds a mask, but no secret is set there; read the settings again')
}

function checkedText(value: JsonValue, keys: readonly string[]): string {
  const text = stringifyJson(value)
  if (text.length <= secretLengthMax) return text
  return refuse(keys, `must be at most ${secretLengthMax} characters of JSON`)
}

function refuse(keys: readonly string[], rule: string): never {
  const field = `settings.${placeOf(keys)}`
  throw new InvalidInput(`${field} ${rule}`, { field })
}

/** The document as callers see it, though a place was marked after its value was written. */
export function masked(
  document: SettingsDocument,
  patterns: readonly Pattern[],
): SettingsDocument {
  return walked(document, patterns, {
    secret: (value) => (value === null ? null : mask), array: () => mask, strayMask: () => mask,
  })
}

/** The document with its masks replaced by what was sealed. */
export function opened(
  document: SettingsDocument,
  plain: Readonly<Record<string, string>>,
): SettingsDocument {
  const value = (_: JsonValue, keys: readonly string[]): JsonValue =>
    JSON.parse(ownOf(plain, pointerOf(keys)) ?? 'null') as JsonValue
  const same = (array: JsonValue) => array
  return walked(document, [], { secret: same, array: same, strayMask: value })
}

/** Seals on demand and remembers it, so that a repeated change does not seal again. */
export class Seals {
  readonly #sealer: SealedFields | undefined
  readonly #binding: SealBinding
  readonly #known = new Map<string, string>()

  constructor(sealer: SealedFields | undefined, binding: SealBinding) {
    this.#sealer = sealer
    this.#binding = binding
  }

  /** The sealed forms of these values; undefined while one of them is not sealed yet. */
  find(fresh: Readonly<Record<string, string>>): Record<string, string> | undefined {
    const found = Object.entries(fresh)
      .map(([pointer, text]) => [pointer, this.#known.get(keyOf(pointer, text))] as const)
    if (found.some(([, sealed]) => sealed === undefined)) return undefined
    return Object.fromEntries(found) as Record<string, string>
  }

  /** Seals these values. Throws SealingUnavailable. */
  async seal(fresh: Readonly<Record<string, string>>): Promise<void> {
    const sealed = await required(this.#sealer).seal({ ...fresh }, this.#binding)
    for (const [pointer, text] of Object.entries(fresh)) {
      this.#known.set(keyOf(pointer, text), sealed[pointer]!)
    }
  }
}

const keyOf = (pointer: string, text: string): string => JSON.stringify([pointer, text])

/** What seals. Throws SealingUnavailable when there is nothing. */
export function required(sealer: SealedFields | undefined): SealedFields {
  if (sealer !== undefined) return sealer
  throw new SealingUnavailable(
    'Secret fields of settings need a root key: set HOLDFAST_ROOT_KEY, or give openHoldfast the ' +
      'option rootKey.', { field: 'settings' })
}
