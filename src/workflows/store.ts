import { type AuditRecord, Recorder } from '../audit/index.js'
import { type Clock, instantOf } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { ForeignKeyViolation, UniqueViolation } from '../database/failures.js'
import { type Page, type PageRequest } from '../database/page.js'
import { encodeRow } from '../database/table.js'
import { InvalidInput, RevisionConflict } from '../errors.js'
import { type IdGenerator, isUuid } from '../ids.js'
import { type Scope } from '../scope.js'
import { WorkflowArchived, WorkflowHandleTaken, WorkflowNotFound } from './errors.js'
import { listWorkflows, type WorkflowListing } from './listing.js'
import {
  checkAccess, checkedHandle, checkedReference, checkedTags, checkLength, checkObject, checkText,
  nameLengthMax, textLengthMax,
} from './rules.js'
import {
  type AccessLevel, type Metadata, type Workflow, workflowOf, workflows as table,
  type WorkflowTables, type WorkflowVersion, type WorkflowVersionEntry,
} from './tables.js'
import {
  diffOf, findVersion, getVersion, insertVersion, listVersions, type NewVersion,
  type VersionChanges, versionConflict, type VersionDiff, versionDraft, type VersionNumber,
  type VersionsOf, versionUpdate,
} from './versions.js'

/** A workflow to be made. */
export interface NewWorkflow {
  /** 1 to 200 characters. */
  readonly name: string
  /**
   * Words of a-z and 0-9 joined by hyphens, at most 64 characters, kept in lower case; no other
   * workflow that is not archived has it. @default null
   */
  readonly handle?: string | null | undefined
  /** At most 10000 characters. @default null */
  readonly description?: string | null | undefined
  /** At most 50 of at most 100 characters. @default [] */
  readonly tags?: readonly string[] | undefined
  /** @default {} */
  readonly metadata?: Metadata | undefined
}

/** What `update` may change; what is left out stays. */
export interface WorkflowChanges extends Partial<NewWorkflow> {
  /** True archives and takes the publication back; false restores. */
  readonly archived?: boolean | undefined
}

/** Parts that the store takes from outside. */
export interface WorkflowSource {
  readonly clock: Clock
  readonly ids: IdGenerator
  /** Takes away what others keep of a workflow, in the transaction that deletes it. */
  onDeleted?(transaction: Database<WorkflowTables>, workflowId: Stored<'id'>): Promise<void>
}

type On = Database<WorkflowTables>

const { columns } = table

/**
 * The workflows of one organization and their versions. A workflow is named by its id, or by its
 * handle while it is not archived.
 */
export class WorkflowStore {
  readonly #database: On
  readonly #scope: Scope
  readonly #source: WorkflowSource
  readonly #organizationId: Stored<'id'>
  readonly #recorder: Recorder

  constructor(database: On, scope: Scope, source: WorkflowSource) {
    this.#scope = scope
    this.#source = source
    this.#organizationId = columns.organizationId.encode(scope.organizationId, 'organization_id')
    this.#database = database.within([this.#organizationId])
    this.#recorder = new Recorder(scope, source)
  }

  /** Makes a workflow. Throws WorkflowHandleTaken, InvalidInput, InvalidValue. */
  async create(given: NewWorkflow): Promise<Workflow> {
    const now = this.#now()
    const workflow = {
      organizationId: this.#organizationId, id: this.#source.ids.next(), ...checked(given),
      access: null, publishedAt: null, publishedBy: null, versionCount: 0,
      createdBy: this.#scope.actor.id, revision: 1, createdAt: now, updatedAt: now,
      archivedAt: null,
    }
    const row = encodeRow(table, workflow)
    checkLength(row.metadata, 'metadata')
    const record = told('created', workflow.id)
    await this.#recorder.insert(this.#database, { table, row }, record).catch((cause: unknown) => {
      if (!(cause instanceof ForeignKeyViolation)) throw handleTaken(cause, workflow.handle)
      const message = `There is no organization ${this.#organizationId}.`
      throw new InvalidInput(message, { cause, field: 'organization_id' })
    })
    return workflowOf(row)
  }

  /** The workflow of an id, or the active one of a handle. Throws WorkflowNotFound. */
  async get(workflow: string): Promise<Workflow> {
    const found = await this.#find(workflow)
    if (found !== undefined) return found
    throw new WorkflowNotFound(`There is no workflow ${workflow} here.`)
  }

  /** Keeps one from being deleted until the transaction ends. Throws WorkflowNotFound. */
  async hold(workflowId: string): Promise<void> {
    const query = this.#database.write.selectFrom('workflows').select('id')
      .where((where) => where.and(this.#key(workflowId)))
    const isLocked = this.#database.engine.rowLocks
    if (await this.#database.first(isLocked ? query.forKeyShare() : query) !== undefined) return
    throw new WorkflowNotFound(`There is no workflow ${workflowId} here.`)
  }

  /** Whether there is such a workflow; one that is archived counts by its id. */
  async has(workflow: string): Promise<boolean> {
    return (await this.#find(workflow)) !== undefined
  }

  async #find(workflow: string): Promise<Workflow | undefined> {
    const query = this.#database.write.selectFrom('workflows').selectAll()
      .where((where) => where.and(this.#key(workflow)))
      .$if(!isUuid(workflow), (all) => all.where('archived_at', 'is', null))
    const stored = await this.#database.first(query)
    return stored && workflowOf(stored)
  }

  /** One page of workflows, newest first. Throws InvalidInput, InvalidCursor. */
  async list(listing: WorkflowListing = {}): Promise<Page<Workflow>> {
    return listWorkflows(this.#database, this.#organizationId, listing)
  }

  /**
   * Changes what is given. With `ifRevision`, only when that is still its revision. Throws
   * WorkflowNotFound, WorkflowHandleTaken, RevisionConflict, InvalidInput, InvalidValue.
   */
  async update(
    workflow: string,
    changes: WorkflowChanges,
    ifRevision?: number,
  ): Promise<Workflow> {
    const now = this.#stored(this.#now())
    const { archived, ...given } = changes
    const ended = archived === undefined ? {} : { archived_at: archived ? now : null }
    const verb = archived === undefined ? 'updated' : archived ? 'archived' : 'restored'
    const set = {
      ...storedChanges(given), ...ended, ...(archived === true ? unpublished : {}),
    }
    return this.#change(workflow, { set, ifRevision, verb, details: namesOf(verb, given) })
  }

  /**
   * Publishes it, or changes for whom it is published. Throws WorkflowNotFound, WorkflowArchived,
   * RevisionConflict, InvalidInput.
   */
  async publish(
    workflow: string,
    access: AccessLevel = 'organization',
    ifRevision?: number,
  ): Promise<Workflow> {
    checkAccess(access)
    const set = {
      access: columns.access.encode(access, 'access'),
      published_at: this.#stored(this.#now()),
      published_by: columns.publishedBy.encode(this.#scope.actor.id, 'actor'),
    }
    return this.#change(workflow, {
      set, ifRevision, verb: 'published', details: { access }, isActive: true,
    })
  }

  /** Takes the publication back, if there is one. Throws as `publish`. */
  async unpublish(workflow: string, ifRevision?: number): Promise<Workflow> {
    return this.#change(workflow, {
      set: unpublished, ifRevision, verb: 'unpublished', isActive: true,
    })
  }

  /** Deletes a workflow with its versions and runs. Throws WorkflowNotFound. */
  async delete(workflow: string): Promise<void> {
    const { id } = await this.get(workflow)
    const stored = columns.id.encode(id)
    await this.#database.transaction(async (transaction) => {
      const statement = transaction.write.deleteFrom('workflows')
        .where((where) => where.and(this.#key(id))).returning('id')
      const deleted = await this.#recorder.change(transaction, statement, told('deleted', id))
      if (deleted.length === 0) throw new WorkflowNotFound(`There is no workflow ${id} here.`)
      await this.#source.onDeleted?.(transaction, stored)
    }, { repeatable: true })
  }

  /**
   * Adds a version; its number is one more than that of the version before it, however many are
   * made at once. Throws WorkflowNotFound, WorkflowArchived, InvalidInput, InvalidValue.
   */
  async createVersion(workflow: string, version: NewVersion): Promise<WorkflowVersion> {
    const draft = versionDraft(version)
    const now = this.#now()
    return this.#database.transaction(async (transaction) => {
      // Whoever comes next waits here, so that a version that fails takes its number back.
      const [counted] = await transaction.all(transaction.write.updateTable('workflows')
        .set((expression) => ({
          version_count: expression('version_count', '+', 1 as Stored<'integer'>),
          updated_at: this.#stored(now),
        }))
        .where((where) => where.and(this.#key(workflow)))
        .where('archived_at', 'is', null)
        .returning(['id', 'version_count']))
      if (counted === undefined) {
        const { id } = await new WorkflowStore(transaction, this.#scope, this.#source).get(workflow)
        throw archivedError(id)
      }
      const number = columns.versionCount.decode(counted.version_count)
      const made = await insertVersion(transaction, draft, {
        organization_id: this.#organizationId, workflow_id: counted.id, number, now,
        createdBy: this.#scope.actor.id,
      })
      await this.#recorder.record(transaction, told('version_created', counted.id, { number }))
      return made
    }, { repeatable: true })
  }

  /** A version with its graph. Throws WorkflowNotFound, WorkflowVersionNotFound. */
  async getVersion(workflow: string, version: VersionNumber = 'latest'): Promise<WorkflowVersion> {
    return getVersion(this.#database, await this.#versionsOf(workflow), version)
  }

  /** One page of a workflow's versions without graphs, newest first. Throws WorkflowNotFound. */
  async listVersions(
    workflow: string,
    request: PageRequest = {},
  ): Promise<Page<WorkflowVersionEntry>> {
    return listVersions(this.#database, await this.#versionsOf(workflow), request)
  }

  /**
   * Changes configuration or notes of a version; its graph never changes. Throws WorkflowNotFound,
   * WorkflowVersionNotFound, RevisionConflict, InvalidInput, InvalidValue.
   */
  async updateVersion(
    workflow: string,
    version: number,
    { changes, ifRevision }: {
      readonly changes: VersionChanges
      readonly ifRevision?: number | undefined
    },
  ): Promise<WorkflowVersion> {
    const of = await this.#versionsOf(workflow)
    const update = versionUpdate(this.#database, changes, {
      ...of, number: version, ifRevision, now: this.#now(),
    })
    const details = { number: version, ...namesOf('updated', changes) }
    const [stored] = await this.#recorder.change(
      this.#database, update, told('version_updated', of.workflow_id, details))
    const found = await findVersion(this.#database, of, version)
    if (stored !== undefined && found !== undefined) return found
    throw versionConflict(await getVersion(this.#database, of, version))
  }

  /** How two versions differ. Throws WorkflowNotFound, WorkflowVersionNotFound. */
  async diff(
    workflow: string,
    base: VersionNumber,
    target: VersionNumber = 'latest',
  ): Promise<VersionDiff> {
    const of = await this.#versionsOf(workflow)
    const [before, after] = [
      await getVersion(this.#database, of, base), await getVersion(this.#database, of, target),
    ]
    return diffOf(before, after)
  }

  async #versionsOf(workflow: string): Promise<VersionsOf> {
    const { id } = await this.get(workflow)
    return { organization_id: this.#organizationId, workflow_id: columns.id.encode(id) }
  }

  async #change(
    workflow: string,
    { set, verb, details, ifRevision, isActive = false }: Change,
  ): Promise<Workflow> {
    const id = isUuid(workflow) ? workflow : (await this.get(workflow)).id
    let update = this.#database.write.updateTable('workflows')
      .set((expression) => ({
        ...set,
        updated_at: this.#stored(this.#now()),
        revision: expression('revision', '+', 1 as Stored<'integer'>),
      }))
      .where((where) => where.and(this.#key(id)))
      .$if(isActive, (all) => all.where('archived_at', 'is', null))
      .returningAll()
    if (ifRevision !== undefined) {
      update = update.where('revision', '=', columns.revision.encode(ifRevision, 'revision'))
    }
    const [stored] = await this.#recorder.change(this.#database, update, told(verb, id, details))
      .catch((cause: unknown) => { throw handleTaken(cause, set.handle ?? null) })
    if (stored !== undefined) return workflowOf(stored)
    const { revision, archivedAt } = await this.get(id)
    if (isActive && archivedAt !== null) throw archivedError(id)
    throw new RevisionConflict(`The workflow is at revision ${revision}; read it again.`)
  }

  #key(workflow: string) {
    const organization = { organization_id: this.#organizationId }
    return isUuid(workflow)
      ? { ...organization, id: columns.id.encode(workflow, 'workflow') }
      : { ...organization, handle: columns.handle.encode(checkedReference(workflow)) }
  }

  #now() {
    return instantOf(this.#source.clock.now())
  }

  #stored(now: string): Stored<'instant'> {
    return columns.updatedAt.encode(now)
  }
}

/** A change of a workflow's row. */
interface Change {
  readonly set: ReturnType<typeof storedChanges> & Partial<typeof unpublished>
  /** What happened to it. */
  readonly verb: string
  readonly details?: AuditRecord['details']
  readonly ifRevision: number | undefined
  /** Whether an archived one is refused. @default false */
  readonly isActive?: boolean
}

const unpublished: {
  readonly access: Stored<'text'> | null
  readonly published_at: Stored<'instant'> | null
  readonly published_by: Stored<'text'> | null
} = { access: null, published_at: null, published_by: null }

const archivedError = (id: string) =>
  new WorkflowArchived(`The workflow ${id} is archived; restore it first.`)

function checked(workflow: NewWorkflow) {
  const { name, handle = null, description = null, tags = [], metadata = {} } = workflow
  checkText(name, 'name', [1, nameLengthMax])
  if (description !== null) checkText(description, 'description', [0, textLengthMax])
  checkObject(metadata, 'metadata')
  return {
    handle: handle === null ? null : checkedHandle(handle), name, description,
    tags: checkedTags(tags), metadata,
  }
}

/** The stored form of what is given, and of nothing else. */
function storedChanges(given: Partial<NewWorkflow>) {
  const { handle, name, description, tags, metadata } = checked({ name: 'any', ...given })
  const stored = {
    handle: columns.handle.encode(handle, 'handle'),
    name: columns.name.encode(name, 'name'),
    description: columns.description.encode(description, 'description'),
    tags: columns.tags.encode(tags, 'tags'),
    metadata: columns.metadata.encode(metadata, 'metadata'),
  }
  checkLength(stored.metadata, 'metadata')
  const isGiven = ([field]: [string, unknown]) =>
    given[field as keyof NewWorkflow] !== undefined
  return Object.fromEntries(Object.entries(stored).filter(isGiven)) as Partial<typeof stored>
}

function handleTaken(cause: unknown, handle: string | null): unknown {
  if (!(cause instanceof UniqueViolation)) return cause
  const whose = handle === null ? 'this handle' : `the handle ${handle}`
  return new WorkflowHandleTaken(`Another active workflow has ${whose}.`, {
    cause, field: 'handle',
  })
}

/** What the audit log is told. */
function told(verb: string, id: string, details: AuditRecord['details'] = {}): AuditRecord {
  return {
    action: `workflow.${verb}`, resourceKind: 'workflow', resourceId: id.toLowerCase(), details,
  }
}

/** Of a change the names of what was given, never the content. */
function namesOf(verb: string, given: object): { readonly changed?: string[] } {
  const names = Object.entries(given).filter(([, value]) => value !== undefined)
  return verb === 'updated' || names.length > 0 ? { changed: names.map(([name]) => name) } : {}
}
