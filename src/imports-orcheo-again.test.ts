import { createHash } from 'node:crypto'
import { copyFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { createChatKitStore } from './adapters/chatkit/index.js'
import { type ImportReport } from './lifecycle/import/index.js'
import { type ContractWorld, contract } from './testing/index.js'
import {
  type MadeOrcheo, type MadeRow, madeIds, makeOrcheo, newSecret, wholeOrcheo,
} from './testing/made-orcheo.test.harness.js'

const made: { remove(): void }[] = []
afterEach(() => {
  for (const each of made.splice(0)) each.remove()
})

function orcheo(given: MadeOrcheo): string {
  const { path, ...rest } = makeOrcheo(given)
  made.push(rest)
  return path
}

const imported = ({ holdfast, organizationId }: ContractWorld, rows: MadeOrcheo['rows']) =>
  holdfast.imports(organizationId).orcheo(orcheo({ rows: rows! }))

const told = ({ damaged }: ImportReport) =>
  damaged.map(({ place, reason }) => `${place}: ${reason}`).join('\n')

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex')

/** Three items in each of two threads, said in turns; `change` makes rows of another age. */
function chats(change: (row: MadeRow) => MadeRow): MadeOrcheo['rows'] {
  const { rows } = wholeOrcheo()
  const threads = ['thr_a', 'thr_b']
  const items = [0, 1, 2].flatMap((turn) => threads.map((threadId, second): MadeRow => {
    const id = `msg_${threadId}_${turn}`
    const at = `2025-12-01T08:0${turn}:0${second}+00:00`
    const item = { id, thread_id: threadId, created_at: at, type: 'task' }
    return change({
      id, thread_id: threadId, ordinal: turn, item_type: 'task', item_json: JSON.stringify(item),
      created_at: at,
    })
  }))
  return {
    chat_threads: threads.map((id) => ({ ...rows.chat_threads![0], id })), chat_messages: items,
  }
}

async function expectTurns(world: ContractWorld): Promise<void> {
  const store = createChatKitStore(world.holdfast)
  const context = { organizationId: world.organizationId }
  const { data: conversations } = await world.organization.conversations.list()
  expect(conversations.map(({ messageCount }) => messageCount)).toEqual([3, 3])
  for (const threadId of ['thr_a', 'thr_b']) {
    const { data } = await store.loadThreadItems(threadId, { order: 'asc' }, context)
    expect(data.map(({ id }) => id)).toEqual([0, 1, 2].map((turn) => `msg_${threadId}_${turn}`))
  }
  for (const { id } of conversations) {
    const { data } = await world.organization.messages.list(id)
    expect(data.map(({ createdAt }) => createdAt.slice(0, 16)))
      .toEqual([0, 1, 2].map((turn) => `2025-12-01T08:0${turn}`))
    expect(data.map(({ parentMessageId }) => parentMessageId))
      .toEqual([null, data[0]!.id, data[1]!.id])
  }
}

contract('an import of what Orcheo went on with', (open) => {
  it('puts items together that stand among those of other threads', async () => {
    const world = await open()
    const report = await imported(world, chats((row) => ({ ...row, thread_id: null })))
    expect(report.counts.chat_threads).toMatchObject({ found: 2, imported: 2, present: 0 })
    await expectTurns(world)
  })

  it('puts items together that its tool exported as they were said', async () => {
    const world = await open()
    const path = orcheo({})
    const tables = Object.entries(chats((row) => row)!).map(([name, rows]) => {
      const columns = Object.keys(rows[0]!)
      const json = columns.filter((column) => column.endsWith('_json'))
      const lines = rows.map((row) => `{${columns.map((column) => {
        const value = row[column] ?? null
        return `"${column}":${json.includes(column) ? String(value) : JSON.stringify(value)}`
      }).join(',')}}\n`).join('')
      writeFileSync(join(path, `${name}.jsonl`), lines)
      const batch = { file: `${name}.jsonl`, rows: rows.length, checksum: hashOf(lines) }
      return [name, { columns, json_columns: json, row_count: rows.length, batches: [batch] }]
    })
    const manifest = { version: 1, tables: Object.fromEntries(tables) as object }
    writeFileSync(join(path, 'manifest.json'), JSON.stringify(manifest))
    const report = await world.holdfast.imports(world.organizationId).orcheo(path)
    expect(report.counts.chat_messages).toMatchObject({ found: 6, imported: 6, damaged: 0 })
    await expectTurns(world)
  })

  it('tells of a row that cannot be kept, and brings the others', async () => {
    const world = await open()
    const { rows } = wholeOrcheo()
    const [run, thread, token, item] = [rows.workflow_runs![0]!, rows.chat_threads![0]!,
      rows.service_tokens![0]!, rows.chat_messages![0]!]
    const long = 'x'.repeat(300)
    const report = await imported(world, {
      ...rows,
      workflow_runs: [{ ...run, id: 'no-time', created_at: '' }, run],
      agentensor_checkpoints: [{ ...rows.agentensor_checkpoints![0]!, id: 'odd', is_best: 'x' }],
      chat_threads: [
        { ...thread, id: `a${long}` }, { ...thread, id: 'timeless', created_at: '' },
        { ...thread, id: 'bytes', title: Buffer.from([0, 255]) },
        ...rows.chat_threads!,
      ],
      chat_messages: [
        { ...item, id: 'of-long', thread_id: `a${long}` }, ...rows.chat_messages!,
        { ...item, id: 'odd', item_json: JSON.stringify({ id: long, type: 'task' }) },
      ],
      service_tokens: [
        { ...token, identifier: 'a', secret_hash: hashOf('a'), allowed_ip_ranges: '"10.0.0.0/8"' },
        ...rows.service_tokens!,
      ],
    })
    const reasons = told(report)
    expect(reasons).toMatch(/agentensor_checkpoints\/odd: is_best holds no whole number/)
    expect(reasons).toMatch(/workflow_runs\/no-time: created_at is empty/)
    expect(reasons).toMatch(/chat_threads\/ax+: id must be 1 to 255 characters/)
    expect(reasons).toMatch(/chat_threads\/timeless: created_at is empty/)
    expect(reasons).toMatch(/chat_threads\/bytes: title holds bytes, not text/)
    expect(reasons).toMatch(/chat_messages\/odd: id must be 1 to 255 characters/)
    expect(reasons).toMatch(/service_tokens\/a: allowed_ip_ranges is no array of texts/)
    expect(report.counts).toMatchObject({
      agentensor_checkpoints: { found: 1, imported: 0, damaged: 1 },
      workflow_runs: { imported: 1, damaged: 1 }, chat_threads: { imported: 2, damaged: 3 },
      chat_messages: { imported: 3, damaged: 2 }, service_tokens: { imported: 3, damaged: 1 },
    })
  })

  it('says the same of a tag that no index holds on every engine', async () => {
    const world = await open()
    const { rows } = wholeOrcheo()
    const run = rows.workflow_runs![0]!
    const tag = Array.from({ length: 9_000 }, (_, at) => String.fromCodePoint(0x4e00 + at)).join('')
    const report = await imported(world, { ...rows, workflow_runs: [
      { ...run, payload: String(run.payload).replace('["t"]', JSON.stringify(['t', tag])) },
      { ...run, id: madeIds.other },
    ] })
    expect(report.counts.workflow_runs).toMatchObject({ imported: 2, damaged: 0 })
    const { runs } = world.organization
    expect(await runs.get(madeIds.run)).toMatchObject({
      tags: ['t'], metadata: { orcheo: { tags: ['t', tag] } },
    })
    expect((await runs.list({ tag: 't' })).data).toHaveLength(2)
  })

  it('looks past a link that leads nowhere', async () => {
    const world = await open()
    const path = orcheo(wholeOrcheo())
    symlinkSync('/nowhere/at/all', join(path, 'lock'))
    const report = await world.holdfast.imports(world.organizationId).orcheo(path)
    expect(report.counts.workflows).toMatchObject({ imported: 1 })
  })

  it('takes the file that Orcheo has, not a copy that comes first by its name', async () => {
    const world = await open()
    const [thread] = wholeOrcheo().rows!.chat_threads!
    const threads = (title: string) => ({ chat_threads: [{ ...thread, title }] })
    const [path, before] = [threads('now'), threads('before')].map((rows) => orcheo({ rows }))
    copyFileSync(join(before!, 'chatkit.sqlite'), join(path!, 'backup-of-chatkit.sqlite'))
    const report = await world.holdfast.imports(world.organizationId).orcheo(path!)
    expect(report.skipped.map(({ place }) => place)).toContain('backup-of-chatkit.sqlite')
    const { data } = await world.organization.conversations.list()
    expect(data.map(({ title }) => title)).toEqual(['now'])
  })

  it('calls nothing damaged that another import of the same brings meanwhile', async () => {
    const world = await open()
    const path = orcheo(wholeOrcheo())
    const imports = world.holdfast.imports(world.organizationId)
    const ended = await Promise.allSettled([1, 2, 3].map(() => imports.orcheo(path)))
    for (const each of ended) {
      if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'busy' })
      else for (const { damaged } of Object.values(each.value.counts)) expect(damaged).toBe(0)
    }
    const again = await imports.orcheo(path)
    for (const { imported: count } of Object.values(again.counts)) expect(count).toBe(0)
  })

  it('takes what became of runs, and ends tokens that were ended there', async () => {
    const world = await open()
    const secret = newSecret()
    const { rows } = wholeOrcheo(secret)
    const [run, token] = [rows.workflow_runs![0]!, rows.service_tokens![0]!]
    const going = String(run.payload).replace(/"completed_at": "[^"]*"/, '"completed_at": null')
    const secrets = [newSecret(), newSecret()]
    const others = secrets.map((text, at) =>
      ({ ...token, identifier: `other-${at}`, secret_hash: hashOf(text) }))
    await imported(world, {
      ...rows, workflow_runs: [{ ...run, status: 'running', payload: going }],
      service_tokens: [token, ...others],
    })
    expect(await world.organization.runs.get(madeIds.run)).toMatchObject({ status: 'running' })
    const since = { ...rows, service_tokens: [
      { ...token, revoked_at: '2025-12-20T00:00:00Z', revocation_reason: 'leaked' },
      { ...others[0], expires_at: '2025-12-20T00:00:00+00:00' }, others[1]!,
    ] }
    const report = await imported(world, since)
    expect(report.counts.workflow_runs).toMatchObject({ imported: 0, present: 1, damaged: 0 })
    expect(await world.organization.runs.get(madeIds.run)).toMatchObject({
      status: 'failed', error: '', finishedAt: '2025-12-19T10:11:14.500000Z', durationMs: 1_500,
    })
    const { authenticator } = world.holdfast
    for (const text of [secret, secrets[0]!]) {
      await expect(authenticator.authenticate(text)).rejects.toThrow(/not valid/)
    }
    expect(await authenticator.authenticate(secrets[1]!)).toMatchObject({ kind: 'service_token' })
    expect(report.details.caught_up).toMatchObject([
      { kind: 'workflow_runs', from: 'running', status: 'failed' },
      { kind: 'service_tokens', column: 'revoked_at' },
      { kind: 'service_tokens', column: 'expires_at' },
    ])
    expect((await imported(world, since)).details.caught_up).toBe(undefined)
  })

  it('leaves a run alone that was ended here', async () => {
    const world = await open()
    const { rows } = wholeOrcheo()
    const run = rows.workflow_runs![0]!
    await imported(world, { ...rows, workflow_runs: [{ ...run, status: 'pending' }] })
    await world.organization.runs.cancel(madeIds.run)
    await imported(world, rows)
    expect(await world.organization.runs.get(madeIds.run)).toMatchObject({ status: 'cancelled' })
  })

  it('keeps the words of a trigger, and rows without a key wherever they stand', async () => {
    const world = await open()
    const { rows } = wholeOrcheo()
    const workflow_runs = [{ ...rows.workflow_runs![0]!, triggered_by: 'Webhook: POST /x' }]
    const [table, row] = ['create table odd (a text)', 'insert into odd values'] as const
    const take = (values: string) => world.holdfast.imports(world.organizationId).orcheo(orcheo({
      rows: { ...rows, workflow_runs }, further: [table, `${row} ${values}`],
    }))
    await take("('one'), ('two'), ('two')")
    expect(await world.organization.runs.get(madeIds.run)).toMatchObject({
      triggerKind: 'manual', metadata: { orcheo: { triggered_by: 'Webhook: POST /x' } },
    })
    const since = await take("('two'), ('two'), ('three')")
    expect(since.counts.odd).toMatchObject({ found: 3, imported: 1, present: 2 })
    const kept = await world.organization.items.search({ prefix: ['imports', 'orcheo', 'odd'] })
    expect(kept.data.map(({ value }) => (value as { a: string }).a).sort())
      .toEqual(['one', 'three', 'two', 'two'])
  })

  it('numbers tuning anew where both went on, and takes no version for another', async () => {
    const world = await open()
    const { rows } = wholeOrcheo()
    await imported(world, rows)
    const { tuning, workflows } = world.organization
    const ours = await tuning.record(madeIds.workflow, { runnableConfig: {}, metrics: {} })
    await workflows.createVersion(madeIds.workflow, { graph: { ours: true } })
    const [checkpoint] = rows.agentensor_checkpoints!
    const third = '00000000-0000-4000-8000-000000000033'
    const grown = {
      ...rows,
      agentensor_checkpoints: [
        ...rows.agentensor_checkpoints!, { ...checkpoint!, id: third, config_version: 5 },
      ],
      workflow_versions: [
        ...rows.workflow_versions!,
        { ...rows.workflow_versions![0]!, id: third, version: 2, payload: '{"graph": {"a": 1}}' },
      ],
    }
    const report = await imported(world, grown)
    expect(report.counts.agentensor_checkpoints).toMatchObject({ imported: 1, present: 2 })
    const listed = (await tuning.list(madeIds.workflow)).data
    expect(listed.map(({ id, configVersion }) => [id, configVersion])).toEqual([
      [third, 6], [ours.id, 5], [madeIds.other, 4], [madeIds.checkpoint, 3],
    ])
    expect(told(report)).toMatch(/versions\/.*33: version 2 of the workflow is another one here/)
    expect((await workflows.getVersion(madeIds.workflow, 2)).graph).toEqual({ ours: true })
    const again = await imported(world, grown)
    expect(again.counts.agentensor_checkpoints).toMatchObject({ imported: 0, present: 3 })
    expect(told(again)).toBe(told(report))
  })
})
