import { sql } from 'kysely'
import { type Stored } from '../database/columns.js'
import { type Database, type Placeholder, prepareRaw } from '../database/database.js'
import { isUuid } from '../ids.js'
import { WorkflowArchived, WorkflowNotFound, WorkflowVersionNotFound } from './errors.js'
import { checkedReference } from './rules.js'
import { type RunTables } from './run-tables.js'
import { workflows, workflowVersions } from './tables.js'

type On = Database<RunTables>

/** What is asked for. */
export interface WantedVersion {
  readonly organizationId: Stored<'id'>
  /** The id of the workflow, or its handle while it is active. */
  readonly workflow: string
  /** @default the latest */
  readonly version?: number | undefined
}

/** Which version of which workflow runs. */
export interface VersionPlace {
  readonly workflowId: Stored<'id'>
  readonly version: number
  /** In stored form. */
  readonly configuration: Stored<'json'>
}

interface Parameters {
  readonly organization: Stored<'id'>
  readonly name: Stored<'id'> | Stored<'text'>
  readonly version: Stored<'integer'> | null
}

/** An archived workflow is named by its id alone. */
const wantedBy = {
  id: (name: unknown) => sql`w.id = ${name}`,
  handle: (name: unknown) => sql`w.handle = ${name} and w.archived_at is null`,
} as const

const found = (by: keyof typeof wantedBy) => (parameter: Placeholder<Parameters>) => sql`
  select w.id, w.archived_at, w.version_count, v.number, v.configuration
  from workflows w
  left join workflow_versions v
    on v.organization_id = w.organization_id and v.workflow_id = w.id
      and v.number = coalesce(cast(${parameter('version')} as bigint), w.version_count)
  where w.organization_id = ${parameter('organization')} and ${wantedBy[by](parameter('name'))}`

/** Finds the version of a workflow that is to run, in one statement. */
export class VersionPlaces {
  readonly #statements

  constructor(database: On) {
    const by = (way: keyof typeof wantedBy) => prepareRaw<Parameters>(database, {
      name: `workflow_version_by_${way}`, readOnly: true, build: found(way),
    })
    this.#statements = { id: by('id'), handle: by('handle') }
  }

  /** Throws WorkflowNotFound, WorkflowArchived, WorkflowVersionNotFound, InvalidInput. */
  async find(database: On, { organizationId, workflow, version }: WantedVersion) {
    const { id, handle } = workflows.columns
    const [statement, name] = isUuid(workflow)
      ? [this.#statements.id, id.encode(workflow, 'workflow')]
      : [this.#statements.handle, handle.encode(checkedReference(workflow))!]
    const { rows: [row] } = await database.execute(statement({
      organization: organizationId, name,
      version: version === undefined
        ? null : workflowVersions.columns.number.encode(version, 'version'),
    }))
    return placeOf(row, workflow, version)
  }
}

function placeOf(
  row: Record<string, unknown> | undefined,
  workflow: string,
  version: number | undefined,
): VersionPlace {
  if (row === undefined) throw new WorkflowNotFound(`There is no workflow ${workflow} here.`)
  const workflowId = workflows.columns.id.decode(row.id)
  if (row.archived_at !== null) {
    throw new WorkflowArchived(`The workflow ${workflowId} is archived; restore it first.`)
  }
  if (row.number === null) {
    throw new WorkflowVersionNotFound(version === undefined
      ? 'The workflow has no version yet, so that nothing of it can run.'
      : `The workflow has no version ${version}.`)
  }
  return {
    workflowId: workflows.columns.id.encode(workflowId),
    version: workflowVersions.columns.number.decode(row.number),
    configuration: row.configuration as Stored<'json'>,
  }
}
