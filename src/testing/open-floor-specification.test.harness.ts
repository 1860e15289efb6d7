import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { type JsonObject } from '../adapters/open-floor/shape.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The specification's own files; not part of this project, so they may be missing. */
const folder = [join(root, '../shared/fixtures/ofp'), join(root, '../../shared/fixtures/ofp')]
  .find((each) => existsSync(each))

/** Why tests against the specification's files do not run; undefined when they do. */
export const specificationMissing =
  folder === undefined ? 'the files of the specification are not here' : undefined

const read = (path: string): JsonObject =>
  JSON.parse(readFileSync(join(folder!, path), 'utf8')) as JsonObject

/** A file of the specification, or of the scenarios beside it. */
export const specificationFile = read

/** The published samples of 1.1.0, by name. */
export function samples(): { readonly name: string; readonly envelope: JsonObject }[] {
  return readdirSync(join(folder!, 'spec-1.1.0-samples')).sort()
    .map((name) => ({ name, envelope: read(join('spec-1.1.0-samples', name)) }))
}

const ids = { dialogEvent: 'urn:open-floor:dialog-event', manifest: 'urn:open-floor:manifest' }

/**
 * Faults that the official schemas find in an envelope of 1.1.0. They write `ref` where `$ref` is
 * meant, so that dialog events and manifests would not be looked at; here they are.
 */
export function officialFaults(): (envelope: unknown) => readonly string[] {
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  const dialogEvent = { ...read('schemas/dialog-event-1.0.2.json'), $id: ids.dialogEvent }
  Reflect.deleteProperty(dialogEvent, '$schema')
  ajv.addSchema(dialogEvent)
  ajv.addSchema({ ...read('schemas/assistant-manifest-1.0.1.json'), $id: ids.manifest })
  const schema = repaired(read('schemas/conversation-envelope-1.1.0.json'))
  const validate = ajv.compile(schema as object)
  return (envelope) => (validate(envelope)
    ? []
    : validate.errors!.map(({ instancePath, message }) => `${instancePath} ${message}`))
}

function repaired(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map((each) => repaired(each))
  if (typeof value !== 'object' || value === null) return value
  const ref = (value as { readonly ref?: unknown }).ref
  if (typeof ref !== 'string') {
    return Object.fromEntries(Object.entries(value).map(([key, each]) =>
      [key, repaired(each, key)]))
  }
  const $ref = ref.includes('manifest') ? ids.manifest : ids.dialogEvent
  // Lists whose items are not said to be items.
  return name.endsWith('Manifests') ? { type: 'array', items: { $ref } } : { $ref }
}
