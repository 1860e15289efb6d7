import { z } from 'zod'
import { isUuid } from '../ids.js'

/** Schemas that appear by name in the OpenAPI document. */
export const namedSchemas = z.registry<{ id: string }>()

/** Gives a schema its name in the OpenAPI document. */
export function named<S extends z.ZodType>(id: string, schema: S): S {
  namedSchemas.add(schema, { id })
  return schema
}

/** How a schema that checks by code shows in the OpenAPI document. */
export function shownAs<S extends z.ZodType>(schema: S, openapi: object): S {
  return schema.meta({ openapi }) as S
}

/** A UUID in any case. */
export const idSchema = (description: string) =>
  shownAs(z.string().refine(isUuid, 'must be a UUID'), {
    type: 'string', format: 'uuid', description,
  })

/** A moment as the API writes it. */
export const instantSchema = (description: string) =>
  shownAs(z.string(), { type: 'string', format: 'date-time', description })

const momentPattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z$/

/** A moment in a query string; the store wants six fraction digits. */
export const momentText = (description: string) => {
  const rule = 'must be a moment in UTC such as 2026-01-31T12:00:00Z'
  const schema = z.string().refine((given) => momentPattern.test(given), rule).transform(padded)
  return shownAs(schema, { type: 'string', format: 'date-time', description })
}

function padded(moment: string): string {
  const [seconds = '', fraction = ''] = moment.slice(0, -1).split('.')
  return `${seconds}.${fraction.padEnd(6, '0')}Z`
}

/** Any JSON value; the store checks depth and size. */
export const jsonSchema = (description: string) =>
  shownAs(z.unknown().refine((value) => value !== undefined, 'is required'), { description })

const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A JSON object with any keys, passed on untouched. */
export const metadataSchema = () =>
  shownAs(
    z.custom<Record<string, never>>(isObject, 'must be a JSON object'),
    { type: 'object', additionalProperties: true, description: 'Free JSON object.' },
  )

/** A whole number in a query string. */
export const integerText = (range: { min: number; max: number }, description: string) => {
  const rule = `must be an integer from ${range.min} to ${range.max}`
  const fits = (text: string) =>
    /^\d{1,16}$/.test(text) && Number(text) >= range.min && Number(text) <= range.max
  const schema = z.string().refine(fits, rule).transform(Number)
  return shownAs(schema, {
    type: 'integer', minimum: range.min, maximum: range.max, description,
  })
}

/** `true` or `false` in a query string. */
export const flagText = (description: string) =>
  shownAs(z.enum(['true', 'false']).transform((text) => text === 'true'), {
    type: 'boolean', description,
  })

/** A JSON object as text in a query string; the store checks depth and size. */
export const objectText = (description: string) => {
  const schema = z.string().transform((text, context): Record<string, never> => {
    try {
      const value: unknown = JSON.parse(text)
      if (isObject(value)) return value as Record<string, never>
    } catch {
      // Told below: whatever cannot be read is no object.
    }
    context.addIssue({ code: 'custom', message: 'must be a JSON object' })
    return z.NEVER
  })
  return shownAs(schema, {
    type: 'string', contentMediaType: 'application/json', description,
  })
}

const base64Pattern =
  '^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$'

/** Bytes in an answer, as base64. */
export const base64Text = (description: string) =>
  shownAs(z.string(), { type: 'string', contentEncoding: 'base64', description })

/** Bytes as base64, with its padding. */
export const base64Schema = (description: string) => {
  const schema = z.string().transform((text, context): Uint8Array => {
    const bytes = Buffer.from(text, 'base64')
    // A pattern would go through megabytes; what is no base64 decodes to fewer bytes.
    const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
    const isWhole = text.length % 4 === 0 && bytes.length === text.length / 4 * 3 - padding
    if (isWhole && !text.includes('-') && !text.includes('_')) return bytes
    context.addIssue({ code: 'custom', message: 'must be base64' })
    return z.NEVER
  })
  return shownAs(schema, {
    type: 'string', contentEncoding: 'base64', pattern: base64Pattern, description,
  })
}
