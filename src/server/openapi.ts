import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { InvalidInput, InvalidValue } from '../errors.js'
import { Busy, Unavailable } from '../database/failures.js'
import {
  BodyTooLarge, InvalidRequest, RateLimited, UnsupportedMediaType,
} from '../http/problem.js'
import { type RawAnswerDefinition, type RawRoute } from '../http/raw.js'
import { type AnswerableError, type BodyChoice, type Endpoint, type Route } from '../http/route.js'
import { named, namedSchemas } from '../http/schema.js'
import { IdempotencyKeyReused } from '../idempotency/index.js'
import { Forbidden, OrganizationNotFound, Unauthenticated } from '../identity/index.js'
import { takesIfMatch } from './request.js'
import { rawRoutes, routes } from './routes.js'

type Json = Record<string, unknown>

const packageFile = new URL('../../package.json', import.meta.url)

/** The version of this package. */
export const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string }

named('Problem', z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string().describe('What is wrong and what to do next.'),
  code: z.string().describe('Stable name of the error.'),
  request_id: z.string(),
  errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
  head: z.string().nullable().optional()
    .describe('With checkpoint_conflict: the newest checkpoint there is; null for none.'),
  parent: z.string().nullable().optional()
    .describe('With checkpoint_conflict: the one that was taken for it.'),
}))

/** The OpenAPI 3.1 document, made from the schemas that check the requests. */
export function openApiDocument(): Json {
  const paths: Record<string, Json> = {}
  const add = ({ path, method }: Pick<Endpoint, 'path' | 'method'>, operation: Json) => {
    (paths[path] ??= {})[method.toLowerCase()] = operation
  }
  for (const route of routes) add(route, operationOf(route as Route))
  for (const route of rawRoutes) add(route as RawRoute, rawOperationOf(route as RawRoute))
  return {
    openapi: '3.1.0',
    info: {
      title: 'Holdfast',
      version,
      description: 'Durable state for AI agents. Every answer carries `Request-Id`; every error ' +
        'is an RFC 9457 problem with a stable `code`.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    security: [{ bearer: [] }],
    paths,
    components: {
      schemas: componentSchemas(),
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'A session or service token.' },
      },
    },
  }
}

const shown = (context: { zodSchema: unknown; jsonSchema: Json }): void => {
  const meta = (context.zodSchema as z.ZodType).meta?.() as { openapi?: Json } | undefined
  if (meta?.openapi === undefined) return
  for (const key of Object.keys(context.jsonSchema)) delete context.jsonSchema[key]
  Object.assign(context.jsonSchema, meta.openapi)
}

const conversion = { io: 'input', unrepresentable: 'any', override: shown } as const

function componentSchemas(): Json {
  const uri = (id: string) => `#/components/schemas/${id}`
  const { schemas } = z.toJSONSchema(namedSchemas, { ...conversion, uri })
  const entries = Object.entries(schemas).map(([name, schema]) => {
    const { $schema: _, $id: __, ...rest } = schema as Json
    return [name, rest] as const
  })
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}

function schemaOf(schema: z.ZodType): Json {
  const name = namedSchemas.get(schema)?.id
  if (name !== undefined) return { $ref: `#/components/schemas/${name}` }
  if (schema instanceof z.ZodUnion) {
    return { oneOf: schema.options.map((option) => schemaOf(option as z.ZodType)) }
  }
  const { $schema: _, ...rest } = z.toJSONSchema(schema, conversion) as Json
  return rest
}

function operationOf(route: Route): Json {
  const { input, output, status } = route
  const body = input.body === undefined ? undefined : bodySchema(input.body)
  const bodily = route.method === 'GET' ? [] : [BodyTooLarge, UnsupportedMediaType]
  const content = output && { 'application/json': { schema: schemaOf(output) } }
  const headers = route.etag && {
    ETag: { schema: { type: 'string' }, description: 'The revision, quoted.' },
  }
  return {
    ...aboutOperation(route),
    parameters: parametersOf(route),
    ...(body && { requestBody: { required: true, content: { 'application/json': body } } }),
    responses: {
      [status]: {
        description: route.status === 204 ? 'Done' : 'The result',
        ...(headers && { headers }),
        ...(content && { content }),
      },
      ...problemsOf(route, bodily),
    },
  }
}

/** As `operationOf`, for an endpoint of bytes. */
function rawOperationOf(route: RawRoute): Json {
  const endpoint = route as unknown as Endpoint
  const headers = Object.entries(route.headers ?? {}).map(([name, text]) => header(name, text, {}))
  const takesBody = route.bodyBytesMax !== undefined
  const { bodyType = '*/*' } = route
  const content = { [bodyType]: { schema: { type: 'string', format: 'binary' } } }
  return {
    ...aboutOperation(endpoint),
    'x-speaks': 'bytes',
    parameters: [...parametersOf(endpoint), ...headers],
    ...(takesBody && { requestBody: { required: false, content } }),
    responses: {
      ...Object.fromEntries(
        Object.entries(route.answers).map(([status, answer]) => [status, rawAnswer(answer)])),
      ...problemsOf(endpoint, takesBody ? [BodyTooLarge, UnsupportedMediaType] : []),
    },
  }
}

function rawAnswer({ description, headers = {}, content }: RawAnswerDefinition): Json {
  const told = Object.entries(headers).map(([name, text]) => (
    [name, { schema: { type: 'string' }, description: text }]))
  return {
    description,
    ...(told.length > 0 && { headers: Object.fromEntries(told) as Json }),
    ...(content && { content: { [content]: { schema: { type: 'string', format: 'binary' } } } }),
  }
}

function aboutOperation(route: Endpoint): Json {
  return {
    operationId: route.operationId,
    summary: route.summary,
    tags: [route.tag],
    ...(route.action === 'public' ? { security: [] } : { 'x-action': route.action }),
    ...(route.isRepeatable === true && { 'x-repeatable': true }),
  }
}


function bodySchema(body: z.ZodType | BodyChoice): Json {
  if (!('choose' in body)) return { schema: schemaOf(body) }
  return { schema: { oneOf: body.options.map(schemaOf) } }
}

function parametersOf(route: Endpoint): Json[] {
  const { params, query } = route.input
  const list = [
    ...(params ? parametersIn('path', params) : []),
    ...(query ? parametersIn('query', query) : []),
  ]
  if (route.scope === 'organization') list.push(organizationHeader)
  if (route.idempotency !== 'none') list.push(idempotencyHeader)
  if (takesIfMatch(route)) list.push(ifMatchHeader)
  if (route.ifNoneMatch === true) list.push(ifNoneMatchHeader)
  return list
}

function parametersIn(place: 'path' | 'query', schema: z.ZodObject): Json[] {
  return Object.entries(schema.shape).map(([name, part]) => {
    const { description, ...rest } = schemaOf(part as z.ZodType)
    const required = place === 'path' || !(part as z.ZodType).safeParse(undefined).success
    return { name, in: place, required, ...(description ? { description } : {}), schema: rest }
  })
}

const header = (name: string, description: string, schema: Json): Json => ({
  name, in: 'header', required: false, description, schema: { type: 'string', ...schema },
})

const organizationHeader = header(
  'Holdfast-Organization',
  'Id or slug of the organization; needed with a session, implied by a service token.',
  { pattern: '^[0-9A-Za-z-]{1,63}$' },
)

const idempotencyHeader = header(
  'Idempotency-Key',
  'A repeated call with the same key has one effect and the same answer, for 24 hours.',
  { pattern: '^[\\x21-\\x7e]{1,255}$' },
)

const ifMatchHeader = header(
  'If-Match',
  'The ETag read before: the change happens only if nothing changed since.',
  { pattern: '^(\\*|"\\d{1,15}")$' },
)

const ifNoneMatchHeader = header(
  'If-None-Match', 'With `*`: only while nothing is there yet.', { pattern: '^\\*$' })

function problemsOf(route: Endpoint, bodily: readonly AnswerableError[]): Json {
  const always: AnswerableError[] = [
    InvalidRequest, InvalidInput, InvalidValue, RateLimited, Unavailable, Busy,
  ]
  const guarded = route.action === 'public' ? [] : [Unauthenticated, Forbidden]
  const inside = route.scope === 'organization' ? [OrganizationNotFound] : []
  const keyed = route.idempotency === 'none' ? [] : [IdempotencyKeyReused]
  const byStatus = new Map<number, Set<string>>()
  const kinds = [...always, ...bodily, ...guarded, ...inside, ...keyed, ...route.errors]
  for (const { definition } of kinds) {
    const codes = byStatus.get(definition.status) ?? new Set()
    byStatus.set(definition.status, codes.add(`\`${definition.code}\``))
  }
  const content = {
    'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
  }
  const answers = [...byStatus].map(([status, codes]) => {
    return [status, { description: [...codes].join(', '), content }] as const
  })
  return Object.fromEntries(answers)
}
