import { createHash } from 'node:crypto'
import { type Stored } from '../../../database/columns.js'
import { encodeRow } from '../../../database/table.js'
import { InvalidInput } from '../../../errors.js'
import { isUuid } from '../../../ids.js'
import { plainText, workflows, workflowVersions } from '../../../workflows/index.js'
import { exactJson, membersOf, objectOf } from '../exact-json.js'
import { isObject } from '../json-object.js'
import { idOf, OrcheoReading, type OrcheoWork, type SourceRow } from './reading.js'
import { whileReadable } from './source.js'

/** Where a version of Orcheo is now. */
export interface KnownVersion {
  readonly workflowId: string
  readonly number: number
}

/** Versions by their ids in Orcheo, which runs name. */
export type KnownVersions = ReadonlyMap<string, KnownVersion>

const handlePattern = /^[a-z0-9]+(?:-[a-z0-9]+)*$/

/** What stands in columns, so that it is not among the rest. */
const shownOfWorkflow = new Set([
  'id', 'name', 'handle', 'description', 'tags', 'is_archived', 'created_at', 'updated_at',
  'published_at', 'published_by',
])
const shownOfVersion = new Set([
  'id', 'workflow_id', 'version', 'graph', 'runnable_config', 'notes', 'created_by', 'created_at',
  'updated_at',
])

/** Imports workflows and their versions. */
export class OrcheoWorkflows {
  readonly #work: OrcheoWork
  readonly #reading: OrcheoReading
  readonly #known = new Set<string>()
  readonly #versions = new Map<string, KnownVersion>()

  constructor(work: OrcheoWork) {
    this.#work = work
    this.#reading = new OrcheoReading(work)
  }

  async run(): Promise<KnownVersions> {
    const highest = this.#highest()
    await this.#reading.each('workflows', (row) => this.#workflow(row, highest))
    await this.#reading.each('workflow_versions', (row) => this.#version(row))
    return this.#versions
  }

  /** The highest number of a version by workflow: the next one goes behind it. */
  #highest(): Map<string, number> {
    const highest = new Map<string, number>()
    for (const { workflow_id: id, version } of
      whileReadable(this.#work.source.tables.get('workflow_versions')?.rows() ?? [])) {
      if (typeof version !== 'number') continue
      highest.set(String(id), Math.max(highest.get(String(id)) ?? 0, version))
    }
    return highest
  }

  async #workflow(row: SourceRow, highest: ReadonlyMap<string, number>): Promise<void> {
    const { organizationId } = this.#work.parts
    const payload = row.json('payload')
    if (payload === undefined) throw new InvalidInput('payload is empty')
    const members = membersOf(payload.stored)
    const said = payload.value as Record<string, unknown>
    const sourceId = row.needed('id')
    const id = idOf(sourceId)
    const createdAt = this.#reading.neededMoment(row, 'created_at')
    const updatedAt = this.#reading.moment(row, 'updated_at') ?? createdAt
    const isArchived = row.cells.is_archived === undefined
      ? said.is_archived === true : Boolean(row.integer('is_archived'))
    const handle = await this.#handle(row, { id, said: said.handle, isArchived })
    const isPublic = said.is_public === true
    const publishedAt = typeof said.published_at === 'string'
      ? this.#reading.momentOf(said.published_at, 'payload.published_at') : null
    const stored = encodeRow(workflows, {
      organizationId, id, handle,
      name: typeof said.name === 'string' && said.name !== '' ? said.name : sourceId,
      description: typeof said.description === 'string' ? said.description : null,
      tags: Array.isArray(said.tags) ? [...new Set(said.tags.map(String))] : [],
      metadata: {},
      access: isPublic ? (said.require_login === true ? 'authenticated' : 'public') : null,
      publishedAt: isPublic ? publishedAt ?? updatedAt : null,
      publishedBy: isPublic && typeof said.published_by === 'string' ? said.published_by : null,
      versionCount: highest.get(sourceId) ?? 0,
      createdBy: makerOf(said), revision: 1, createdAt, updatedAt,
      archivedAt: isArchived ? updatedAt : null,
    })
    const metadata = this.#rest('workflows', members, shownOfWorkflow)
    this.#reading.losses('workflows', row, { payload })
    const { added, present } = await this.#reading.rows.add('workflows', workflows as never, {
      rows: [{ row: { ...stored, metadata }, place: row.place }],
    })
    if (added.length + present.length > 0) this.#known.add(sourceId)
  }

  /** The handle, unless it is none or another active workflow here has it. */
  async #handle(row: SourceRow, { id, said, isArchived }: {
    readonly id: string
    readonly said: unknown
    readonly isArchived: boolean
  }): Promise<string | null> {
    const { database, organizationId } = this.#work.parts
    const given = row.cells.handle === undefined
      ? (typeof said === 'string' ? said : null) : row.text('handle')
    const handle = given?.trim().toLowerCase() ?? null
    if (handle === null || handle === '') return null
    const report = (reason: string) => this.#work.ledger.damaged({
      kind: 'workflows', place: row.place, reason: `the handle ${reason}`,
    }, true)
    if (!handlePattern.test(handle) || handle.length > 64 || isUuid(handle)) {
      report('is none that a workflow may have: left out')
      return null
    }
    if (isArchived) return handle
    const other = await database.first(database.write.selectFrom('workflows').select('id')
      .where('organization_id', '=', organizationId).where('handle', '=', handle)
      .where('archived_at', 'is', null).where('id', '!=', id))
    if (other === undefined) return handle
    report('is that of another workflow here: left out')
    return null
  }

  async #version(row: SourceRow): Promise<void> {
    const { organizationId } = this.#work.parts
    const sourceWorkflow = row.needed('workflow_id')
    if (!this.#known.has(sourceWorkflow)) {
      throw new InvalidInput(`workflow_id names no workflow that was imported: ${sourceWorkflow}`)
    }
    const payload = row.json('payload')
    if (payload === undefined) throw new InvalidInput('payload is empty')
    const number = row.integer('version')
    if (number === null || number < 1) throw new InvalidInput('version must be 1 or more')
    const members = membersOf(payload.stored)
    const said = payload.value as Record<string, unknown>
    const createdAt = this.#reading.neededMoment(row, 'created_at')
    const workflowId = idOf(sourceWorkflow)
    const stored = encodeRow(workflowVersions, {
      organizationId, workflowId, number, graph: null, configuration: {},
      notes: typeof said.notes === 'string' ? said.notes : null,
      checksum: createHash('sha256').update(plainText((said.graph ?? null) as never)).digest('hex'),
      createdBy: typeof said.created_by === 'string' ? said.created_by : makerOf(said),
      revision: 1, createdAt, updatedAt: this.#reading.moment(row, 'updated_at') ?? createdAt,
    })
    await this.#checkSame(stored)
    const graph = members.get('graph') ?? 'null'
    const configuration = isObject(said.runnable_config) ? members.get('runnable_config')! : '{}'
    this.#reading.losses('workflow_versions', row, { payload })
    await this.#keepRest(row)
    await this.#reading.rows.add('workflow_versions', workflowVersions as never, {
      rows: [{ row: { ...stored, graph, configuration }, place: row.place }],
      beside: async (database) => {
        const { versionCount } = workflows.columns
        await database.run(database.write.updateTable('workflows')
          .set({ version_count: versionCount.encode(number) })
          .where('organization_id', '=', organizationId).where('id', '=', workflowId)
          .where('version_count', '<', number))
      },
    })
    this.#versions.set(row.needed('id'), { workflowId, number })
  }

  /** Refuses a version whose number was given to another one here since an import before. */
  async #checkSame(
    { workflow_id: workflow, number, checksum }: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const { database, organizationId } = this.#work.parts
    const found = await database.first(database.write.selectFrom('workflow_versions')
      .select('checksum').where('organization_id', '=', organizationId)
      .where('workflow_id', '=', workflow).where('number', '=', number))
    if (found === undefined || found.checksum === checksum) return
    throw new InvalidInput(`version ${String(number)} of the workflow is another one here`)
  }

  /** A version has no metadata of its own here. */
  async #keepRest(row: SourceRow): Promise<void> {
    const { keeping, ledger } = this.#work
    const rest = [...membersOf(row.needed('payload'))].filter(([name]) => !shownOfVersion.has(name))
    if (rest.length === 0) return
    for (const [name] of rest) {
      ledger.unmapped('workflow_versions', `payload.${name}`, keeping.nameOf('workflow_versions'))
    }
    const value = exactJson(objectOf([
      ['workflow_id', JSON.stringify(row.text('workflow_id'))],
      ['version', String(row.integer('version'))], ...rest,
    ]))
    await keeping.values('workflow_versions', [{ key: row.key, value }])
  }

  #rest(kind: string, members: ReadonlyMap<string, string>, shown: ReadonlySet<string>) {
    const rest = [...members].filter(([name]) => !shown.has(name))
    for (const [name] of rest) {
      this.#work.ledger.unmapped(kind, `payload.${name}`, 'metadata.orcheo')
    }
    return objectOf([['orcheo', objectOf(rest)]]) as Stored<'json'>
  }
}

/** Who made it, as the first entry of its own log says. */
export function makerOf({ audit_log: log }: Record<string, unknown>): string {
  const [first] = Array.isArray(log) ? log as { actor?: unknown }[] : []
  return typeof first?.actor === 'string' && first.actor !== '' ? first.actor : 'orcheo'
}
