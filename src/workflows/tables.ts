import { id, instant, integer, json, text } from '../database/columns.js'
import { type JsonValue } from '../database/json.js'
import { decodeRow, type Row, type StoredRow, table } from '../database/table.js'

/** Free JSON object of whoever made something. */
export type Metadata = { [key: string]: JsonValue }

/** Whom a published workflow is for. Holdfast keeps it; what it opens is the application's. */
export const accessLevels = ['organization', 'authenticated', 'public'] as const

/** `organization`: its members; `authenticated`: whoever is logged in; `public`: everybody. */
export type AccessLevel = (typeof accessLevels)[number]

/** A workflow: what stays the same over its versions. */
export const workflows = table(
  'workflows',
  {
    organizationId: id(),
    id: id(),
    /** Lower case; no two that are not archived have the same. */
    handle: text().orNull(),
    name: text(),
    description: text().orNull(),
    tags: json<string[]>(),
    metadata: json<Metadata>(),
    /** Whom it is published for; null while it is not. */
    access: text().orNull(),
    publishedAt: instant().orNull(),
    publishedBy: text().orNull(),
    /** Versions so far; the number of the latest one. */
    versionCount: integer(),
    createdBy: text(),
    /** Rises with each change; versions do not count. */
    revision: integer(),
    createdAt: instant(),
    updatedAt: instant(),
    archivedAt: instant().orNull(),
  },
  { primaryKey: ['organizationId', 'id'] },
)

/** One version of a workflow. Its graph never changes; its configuration may. */
export const workflowVersions = table(
  'workflow_versions',
  {
    organizationId: id(),
    workflowId: id(),
    /** 1, 2, 3, …, handed out by the workflow. */
    number: integer(),
    graph: json(),
    /** What runs are configured with. */
    configuration: json<Metadata>(),
    notes: text().orNull(),
    /** SHA-256 of the graph with its keys sorted: equal graphs have equal ones. */
    checksum: text(),
    createdBy: text(),
    /** Rises with each change of configuration or notes. */
    revision: integer(),
    createdAt: instant(),
    updatedAt: instant(),
  },
  { primaryKey: ['organizationId', 'workflowId', 'number'] },
)

/** A workflow as stores return it. */
export interface Workflow extends Omit<Row<typeof workflows>, 'access'> {
  readonly access: AccessLevel | null
}

/** A version as stores return it. */
export type WorkflowVersion = Row<typeof workflowVersions>

/** A version in a list: everything but its graph. */
export type WorkflowVersionEntry = Omit<WorkflowVersion, 'graph'>

/** The tables of workflows, for `Database`. */
export interface WorkflowTables {
  workflows: StoredRow<typeof workflows>
  workflow_versions: StoredRow<typeof workflowVersions>
}

/** The workflow behind a stored row. */
export function workflowOf(stored: Record<string, unknown>): Workflow {
  return decodeRow(workflows, stored) as Workflow
}

/** The version behind a stored row. */
export function versionOf(stored: Record<string, unknown>): WorkflowVersion {
  return decodeRow(workflowVersions, stored)
}
