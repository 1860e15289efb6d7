import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createChatKitStore, type ThreadItem } from './adapters/chatkit/index.js'
import { ForeignFile, type ForeignRow } from './database/foreign.js'
import { type Holdfast, openHoldfast } from './holdfast.js'
import { type ImportReport } from './lifecycle/import/index.js'
import { withFixtures } from './testing/fixtures.test.harness.js'

interface Expected {
  readonly files: Readonly<Record<string, Readonly<Record<string, {
    readonly rows: number
    readonly columns: readonly string[]
    readonly raw_sha256: string
  }>>>>
  readonly token_secrets: Readonly<Record<string, string>>
}

let path: string
let holdfast: Holdfast
let report: ImportReport

const read = <R>(name: string): R => JSON.parse(readFileSync(join(path, name), 'utf8')) as R
const parsed = (value: unknown): unknown => JSON.parse(String(value))

function rowsOf(name: string, table: string, order: readonly string[]): ForeignRow[] {
  const file = new ForeignFile(join(path, name))
  const found = file.tables().find((each) => each.name === table)!
  const rows = [...file.rows(found, order)]
  file.close()
  return rows
}

withFixtures('orcheo', 'an installation of Orcheo', (found) => {
  beforeAll(async () => {
    path = found
    holdfast = await openHoldfast()
    report = await holdfast.imports().orcheo(path)
  })
  afterAll(() => holdfast.close())

  it('is found with every row and every digest', isFound)
  it('is imported or kept as a whole; what is sealed stays so without the key', isWhole)
  it('has its runs and steps, with times, inputs and outputs as they were', hasRuns)
  it('has its threads as ChatKit reads them', hasThreads)
  it('has service tokens whose secrets are good, unless they were revoked or are over', hasTokens)
  it('is repeated without adding anything', isRepeated)
})

function isFound(): void {
  for (const tables of Object.values(read<Expected>('expected.json').files)) {
    for (const [table, { rows, raw_sha256: sha256 }] of Object.entries(tables)) {
      expect({ table, ...report.counts[table] }).toMatchObject({ table, found: rows, sha256 })
    }
  }
}

function isWhole(): void {
  for (const [kind, { found, imported, skipped, damaged }] of Object.entries(report.counts)) {
    expect([kind, imported + skipped, damaged]).toEqual([kind, found, 0])
  }
  const kinds = new Set(report.skipped.map(({ kind }) => kind))
  expect([...kinds].sort()).toEqual(['chat_attachment_files', 'credentials', 'webhook_secrets']
    .filter((kind) => (report.counts[kind]?.skipped ?? 0) > 0))
}

async function hasRuns(): Promise<void> {
  const { runs } = holdfast.organization()
  const steps = rowsOf('workflows.sqlite', 'execution_history_steps', ['step_index'])
  for (const row of rowsOf('workflows.sqlite', 'workflow_runs', ['id'])) {
    const payload = parsed(row.payload) as Record<string, unknown>
    const run = await runs.get(String(row.id))
    expect(run).toMatchObject({ status: row.status, triggerKind: row.triggered_by })
    expect(run.input).toStrictEqual(payload.input_payload)
    expect(run.output).toStrictEqual(payload.output_payload)
    expect(run.error).toStrictEqual(payload.error)
    expect(Date.parse(run.createdAt)).toBe(Date.parse(String(row.created_at)))
    const own = steps.filter((step) => step.execution_id === row.id)
    const { data } = await runs.steps.list(run.id, { limit: 200 })
    const payloads = own.map((step) => parsed(step.payload))
    expect(data.map(({ output }) => output)).toStrictEqual(payloads)
    expect(run.stepCount).toBe(own.length)
  }
}

async function hasThreads(): Promise<void> {
  const store = createChatKitStore(holdfast)
  for (const row of rowsOf('chatkit.sqlite', 'chat_threads', ['id'])) {
    const id = String(row.id)
    expect(await store.loadThread(id, {})).toStrictEqual({
      id, title: row.title, created_at: row.created_at,
      status: parsed(row.status_json), metadata: parsed(row.metadata_json),
    })
    const items: ThreadItem[] = []
    for (let after: string | null = null, more = true; more;) {
      const page = await store.loadThreadItems(id, { order: 'asc', after, limit: 7 }, {})
      items.push(...page.data)
      after = page.after
      more = page.has_more
    }
    const own = rowsOf('chatkit.sqlite', 'chat_messages', ['thread_id', 'ordinal', 'id'])
      .filter((each) => each.thread_id === row.id)
    expect(items).toStrictEqual(own.map((each) => parsed(each.item_json)))
  }
  for (const row of rowsOf('chatkit.sqlite', 'chat_attachments', ['id'])) {
    expect(await store.loadAttachment(String(row.id), {}))
      .toStrictEqual(parsed(row.details_json))
  }
}

async function hasTokens(): Promise<void> {
  const secrets = read<Expected>('expected.json').token_secrets
  const rows = rowsOf('service_tokens.sqlite', 'service_tokens', ['identifier'])
  expect(rows.map(({ identifier }) => identifier).sort()).toEqual(Object.keys(secrets).sort())
  for (const row of rows) {
    const asked = holdfast.authenticator.authenticate(secrets[String(row.identifier)]!)
    const end = [row.expires_at, row.rotation_expires_at].filter((each) => each !== null)
    const isOver = end.some((each) => Date.parse(String(each)) <= Date.now())
    if (row.revoked_at !== null || isOver) await expect(asked).rejects.toThrow(/not valid/)
    else expect(await asked).toMatchObject({ kind: 'service_token' })
  }
}

async function isRepeated(): Promise<void> {
  const again = await holdfast.imports().orcheo(path)
  for (const [kind, { imported }] of Object.entries(again.counts)) {
    expect([basename(kind), imported]).toEqual([kind, 0])
  }
}
