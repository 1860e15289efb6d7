/** A JSON Schema as the OpenAPI document holds it, references resolved on the way. */
export interface Schema {
  readonly type?: string | readonly string[]
  readonly format?: string
  readonly pattern?: string
  readonly enum?: readonly unknown[]
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
}

/** A parameter of an operation. */
export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required: boolean
  readonly schema: Schema
}

/** One operation of the document. */
export interface Operation {
  readonly operationId: string
  readonly method: string
  /** With `{parameters}`. */
  readonly path: string
  readonly isPublic: boolean
  readonly parameters: readonly Parameter[]
  /** The forms its body may have; empty when it takes none. */
  readonly bodies: readonly Schema[]
}

interface OperationObject {
  readonly operationId: string
  readonly security?: readonly unknown[]
  readonly parameters?: readonly Parameter[]
  readonly 'x-speaks'?: string
  readonly requestBody?: { readonly content: Record<string, { readonly schema: Schema }> }
}

/** Every operation of an OpenAPI document that speaks JSON: any bytes are right for the others. */
export function operationsOf(document: Record<string, unknown>): readonly Operation[] {
  const { schemas } = document.components as { schemas: Record<string, Schema> }
  const paths = document.paths as Record<string, Record<string, OperationObject>>
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([, { 'x-speaks': speaks }]) => speaks === undefined)
      .map(([method, operation]) => operationOf({ path, method, operation }, schemas)),
  )
}

function operationOf(
  { path, method, operation }: { path: string; method: string; operation: OperationObject },
  schemas: Record<string, Schema>,
): Operation {
  const content = Object.values(operation.requestBody?.content ?? {})[0]
  const body = content && (resolved(content.schema, schemas) as Schema)
  return {
    operationId: operation.operationId,
    method: method.toUpperCase(),
    path,
    isPublic: operation.security?.length === 0,
    parameters: operation.parameters ?? [],
    bodies: body === undefined ? [] : body.oneOf ?? [body],
  }
}

function resolved(node: unknown, schemas: Record<string, Schema>): unknown {
  if (Array.isArray(node)) return node.map((each) => resolved(each, schemas))
  if (typeof node !== 'object' || node === null) return node
  const { $ref } = node as { $ref?: string }
  if ($ref !== undefined) return resolved(schemas[$ref.split('/').at(-1)!], schemas)
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => [key, resolved(value, schemas)]))
}

/** The choices of a schema: itself, or each member of its `anyOf`. */
export function choicesOf(schema: Schema): readonly Schema[] {
  return schema.anyOf ?? schema.oneOf ?? [schema]
}

/** True when any JSON value fits. */
export function isFree(schema: Schema): boolean {
  return schema.type === undefined && schema.anyOf === undefined && schema.enum === undefined
}

/** True when the value surely breaks the schema; a rule this does not know counts as kept. */
export function breaks(schema: Schema, value: unknown): boolean {
  return choicesOf(schema).every((choice) => breaksChoice(choice, value))
}

function breaksChoice(schema: Schema, value: unknown): boolean {
  if (isFree(schema)) return false
  const types = [schema.type ?? []].flat()
  if (types.length > 0 && !types.some((type) => isOfType(type, value))) return true
  if (schema.enum !== undefined && !schema.enum.includes(value)) return true
  if (typeof value === 'string') return breaksText(schema, value)
  if (typeof value === 'number') {
    return value < (schema.minimum ?? -Infinity) || value > (schema.maximum ?? Infinity)
  }
  if (!Array.isArray(value)) return false
  return value.length < (schema.minItems ?? 0) || value.length > (schema.maxItems ?? Infinity)
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

function breaksText({ format, pattern, minLength = 0, maxLength }: Schema, text: string): boolean {
  if (text.length < minLength || text.length > (maxLength ?? Infinity)) return true
  if (format === 'uuid' && !uuid.test(text)) return true
  return pattern !== undefined && !new RegExp(pattern).test(text)
}

function isOfType(type: string, value: unknown): boolean {
  switch (type) {
    case 'null':
      return value === null
    case 'integer':
      return Number.isInteger(value)
    case 'array':
      return Array.isArray(value)
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
    default:
      return typeof value === type
  }
}
