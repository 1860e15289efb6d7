import { type z } from 'zod'
import { type JsonValue } from '../database/json.js'
import { InvalidConfiguration, InvalidInput } from '../errors.js'
import { isMask } from './merge.js'
import { type Pattern, patternOf, secretFieldsMax } from './places.js'
import { type SettingsDocument } from './tables.js'

/** Which settings an application knows. */
export interface SettingsOptions {
  /**
   * Schemas by first key, `{ llm: z.object({ model: z.string().optional() }) }`. A schema checks
   * and never changes what is stored. Since a user's settings lie over the organization's, let
   * fields be optional. A field with `.meta({ secret: true })` is a secret one. @default {}
   */
  readonly schemas?: Readonly<Record<string, z.ZodType>>
  /** First keys without a schema. @default 'allow' */
  readonly unknownKeys?: 'allow' | 'refuse'
  /** Secret fields beside those the schemas mark: `llm.api_key`, `servers.*.token`. @default [] */
  readonly secretFields?: readonly string[]
}

/** Bytes of a document as JSON at most. */
export const documentBytesMax = 64 * 1024

/** Characters of one secret value as JSON at most. */
export const secretLengthMax = 16 * 1024

/** Secret values of one document at most. */
export const secretsMax = 64

/** What an application's options say, ready to be asked. */
export class SettingsRules {
  readonly patterns: readonly Pattern[]
  readonly #schemas: ReadonlyMap<string, z.ZodType>
  readonly #refusesUnknown: boolean

  /** Throws InvalidConfiguration. */
  constructor({ schemas = {}, unknownKeys = 'allow', secretFields = [] }: SettingsOptions = {}) {
    this.#schemas = new Map(Object.entries(schemas))
    this.#refusesUnknown = unknownKeys === 'refuse'
    const marked = [...this.#schemas].flatMap(([key, schema]) => marksOf(schema, [key]))
    this.patterns = [...marked, ...secretFields.map(configuredPattern)]
  }

  /**
   * Refuses what a schema refuses, among the first keys that a change touches. Values that are
   * sealed already cannot be looked at, and were checked when they were set.
   */
  check(document: SettingsDocument, touched: ReadonlySet<string>): void {
    for (const [key, value] of Object.entries(document)) {
      if (!touched.has(key)) continue
      const schema = this.#schemas.get(key)
      if (schema !== undefined) checkValue(schema, value, key)
      else if (this.#refusesUnknown) throw refused([key], 'is not known here')
    }
  }
}

function configuredPattern(field: string): Pattern {
  try {
    return patternOf(field)
  } catch (cause) {
    const given = JSON.stringify(field)
    throw new InvalidConfiguration(
      `settings.secretFields: ${given} is no place such as llm.api_key`, { cause })
  }
}

function checkValue(schema: z.ZodType, value: JsonValue, key: string): void {
  const issues = schema.safeParse(value).error?.issues ?? []
  const seen = issues.find(({ path }) => !leadsToMask(value, path))
  if (seen === undefined) return
  const [unknown] = seen.code === 'unrecognized_keys' ? seen.keys : []
  const keys = [key, ...seen.path.map(String), ...(unknown === undefined ? [] : [unknown])]
  throw refused(keys, unknown === undefined ? `does not fit: ${seen.message}` : 'is not known here')
}

/** Whether a fault lies at a mask or beneath it. */
function leadsToMask(value: JsonValue, path: readonly PropertyKey[]): boolean {
  let here: JsonValue | undefined = value
  for (const key of path) {
    if (isMask(here) || typeof here !== 'object' || here === null) break
    here = (here as { [key: string]: JsonValue })[String(key)]
  }
  return isMask(here)
}

function refused(keys: readonly string[], rule: string): Error {
  const field = `settings.${keys.join('.')}`.slice(0, 300)
  return new InvalidInput(`${field} ${rule}`, { field })
}

/** The places a schema marks. */
function marksOf(schema: z.ZodType, keys: readonly string[]): Pattern[] {
  if ((schema.meta() as { secret?: unknown } | undefined)?.secret === true) return [keys]
  // Told by what it is called: Holdfast does not load zod for those who bring no schema.
  const { def } = schema._zod as z.core.$ZodTypes['_zod']
  switch (def.type) {
    case 'object':
      return Object.entries(def.shape)
        .flatMap(([key, part]) => marksOf(whole(part), [...keys, key]))
    case 'record': return marksOf(whole(def.valueType), [...keys, '*'])
    case 'array': return refuseMarks(whole(def.element), keys)
    case 'union': return def.options.flatMap((option) => marksOf(whole(option), keys))
    case 'optional':
    case 'nullable':
    case 'default':
    case 'readonly':
      return marksOf(whole(def.innerType), keys)
    default: return []
  }
}

const whole = (part: z.core.$ZodType) => part as z.ZodType

function refuseMarks(element: z.ZodType, keys: readonly string[]): Pattern[] {
  if (marksOf(element, keys).length === 0) return []
  const place = keys.join('.')
  throw new InvalidConfiguration(
    `settings.schemas: ${place} is an array with secret fields; mark the array itself, or use a ` +
      'record, whose keys tell its entries apart.')
}

/** The marks of a document with further ones, each once. Throws InvalidInput. */
export function joinedMarks(marks: readonly string[], more: readonly string[] = []): string[] {
  if (!Array.isArray(more)) {
    throw new InvalidInput('secret_fields must be an array', { field: 'secret_fields' })
  }
  for (const field of more) patternOf(field)
  const joined = [...new Set([...marks, ...more])]
  if (joined.length <= secretFieldsMax) return joined
  const message = `secret_fields must be ${secretFieldsMax} at most`
  throw new InvalidInput(message, { field: 'secret_fields' })
}

/** Refuses a document that is too large. */
export function checkSize(json: string): void {
  if (Buffer.byteLength(json) <= documentBytesMax) return
  const message = `settings must be at most ${documentBytesMax} bytes of JSON`
  throw new InvalidInput(message, { field: 'settings' })
}

/** Refuses settings that are no object, with what JSON cannot hold refused by their column. */
export function checkObject(value: JsonValue): void {
  const isDocument = typeof value === 'object' && value !== null && !Array.isArray(value)
  if (isDocument && !isMask(value)) return
  throw new InvalidInput('settings must be a JSON object', { field: 'settings' })
}
