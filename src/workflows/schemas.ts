import { z } from 'zod'
import {
  idSchema, instantSchema, jsonSchema, metadataSchema, named, shownAs,
} from '../http/schema.js'
import {
  handleLengthMax, handlePattern, nameLengthMax, tagLengthMax, tagsMax, textLengthMax,
} from './rules.js'
import { accessLevels } from './tables.js'

/** A workflow in a path: its id, or its handle while it is not archived. */
export const workflowSchema = shownAs(
  z.string().regex(handlePattern, 'must be an id or a handle').max(handleLengthMax),
  {
    type: 'string', pattern: '^[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*$', maxLength: handleLengthMax,
    description: 'The workflow: its id, or its handle while it is not archived.',
  },
)

const numberPattern = /^[1-9]\d{0,14}$/
const numberShown = { type: 'integer', minimum: 1, maximum: 999_999_999_999_999 }

/** A number from 1 in a path or query. */
export const numberText = (description: string) => shownAs(
  z.string().regex(numberPattern, 'must be a whole number from 1').transform(Number),
  { ...numberShown, description },
)

/** The number of a version in a path or query, or `latest`. */
export const versionText = (description: string) => shownAs(
  z.string().regex(/^(?:latest|[1-9]\d{0,14})$/, 'must be a whole number from 1, or latest')
    .transform((text) => (text === 'latest' ? text : Number(text))),
  { type: 'string', pattern: '^(?:latest|[1-9]\\d{0,14})$', description },
)

const handle = shownAs(
  z.string().regex(handlePattern, 'must be words of a-z and 0-9 joined by hyphens')
    .max(handleLengthMax),
  {
    type: 'string', pattern: '^[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*$', maxLength: handleLengthMax,
    description: 'Words of a-z and 0-9 joined by hyphens, no UUID; kept in lower case.',
  },
).nullable()
const name = z.string().min(1).max(nameLengthMax)
const description = z.string().max(textLengthMax).nullable()
const access = z.enum(accessLevels)

/** Tags of a workflow or run. */
export const tagsSchema = z.array(z.string().min(1).max(tagLengthMax)).max(tagsMax)
  .describe('One that stands twice counts once.')

/** Body of `POST /v1/workflows`. */
export const newWorkflowSchema = named('NewWorkflow', z.strictObject({
  name,
  handle: handle.optional(),
  description: description.optional(),
  tags: tagsSchema.optional(),
  metadata: metadataSchema().optional(),
}))

/** Body of `PATCH /v1/workflows/{workflow}`. */
export const workflowChangesSchema = named('WorkflowChanges', z.strictObject({
  name: name.optional(),
  handle: handle.optional(),
  description: description.optional(),
  tags: tagsSchema.optional(),
  metadata: metadataSchema().optional(),
  archived: z.boolean().optional()
    .describe('True archives and takes the publication back; false restores.'),
}))

/** Body of `PUT …/publication`. */
export const publicationSchema = named('Publication', z.strictObject({
  access: access.optional().describe('Default `organization`.'),
}))

/** A workflow as the API shows it. */
export const workflowViewSchema = named('Workflow', z.object({
  id: idSchema('UUIDv7.'),
  handle,
  name,
  description,
  tags: tagsSchema,
  metadata: metadataSchema(),
  access: access.nullable()
    .describe('Whom it is published for; null while it is not. What that opens is up to you.'),
  published_at: instantSchema('When that was said last.').nullable(),
  published_by: z.string().nullable().describe('By whom.'),
  version_count: z.int().describe('Versions so far; the number of the latest one.'),
  created_by: z.string().describe('Who made it.'),
  revision: z.int().describe('Rises with each change; also the ETag.'),
  created_at: instantSchema('When it was made.'),
  updated_at: instantSchema('The last change or version.'),
  archived_at: instantSchema('Set while archived.').nullable(),
}))

const notes = z.string().max(textLengthMax).nullable()

/** Body of `POST …/versions`. */
export const newVersionSchema = named('NewWorkflowVersion', z.strictObject({
  graph: jsonSchema('Any JSON value, at most 8 Mi characters; it never changes.'),
  configuration: metadataSchema().optional(),
  notes: notes.optional(),
}))

/** Body of `PATCH …/versions/{version}`. */
export const versionChangesSchema = named('WorkflowVersionChanges', z.strictObject({
  configuration: metadataSchema().optional(),
  notes: notes.optional(),
}))

const entry = {
  workflow_id: idSchema('The workflow.'),
  number: z.int().describe('1, 2, 3, … without gaps.'),
  configuration: metadataSchema(),
  notes,
  checksum: z.string()
    .describe('SHA-256 of the graph with its keys sorted: equal graphs have equal ones.'),
  created_by: z.string().describe('Who made it.'),
  revision: z.int().describe('Rises with each change of configuration or notes; also the ETag.'),
  created_at: instantSchema('When it was made.'),
  updated_at: instantSchema('The last change.'),
}

/** A version in a list. */
export const versionEntrySchema = named('WorkflowVersionEntry', z.object(entry))

/** A version as the API shows it. */
export const versionSchema = named('WorkflowVersion', z.object({
  ...entry, graph: jsonSchema('As it was made.'),
}))

/** How two versions differ. */
export const diffSchema = named('WorkflowVersionDiff', z.object({
  base: z.int(),
  target: z.int(),
  changes: z.array(named('GraphChange', z.object({
    path: z.string().describe('JSON pointer (RFC 6901); empty for the whole graph.'),
    kind: z.enum(['added', 'removed', 'changed']),
    before: jsonSchema('What was there; absent for `added`.').optional(),
    after: jsonSchema('What is there; absent for `removed`.').optional(),
  }))),
  unified: z.string()
    .describe('A unified diff of the graphs, keys sorted; empty for equal graphs.'),
}))
