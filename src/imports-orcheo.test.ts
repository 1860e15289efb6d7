import { createCipheriv, createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { createChatKitStore } from './adapters/chatkit/index.js'
import { ForeignFile } from './database/foreign.js'
import { type ImportProgress } from './lifecycle/import/index.js'
import { type ContractWorld, contract } from './testing/index.js'
import {
  type MadeOrcheo, type MadeRow, madeIds, makeOrcheo, nastyJson, newSecret, wholeOrcheo,
} from './testing/made-orcheo.test.harness.js'

const made: { remove(): void }[] = []
afterEach(() => {
  for (const each of made.splice(0)) each.remove()
})

function orcheo(given: MadeOrcheo = wholeOrcheo()): string {
  const { path, ...rest } = makeOrcheo(given)
  made.push(rest)
  return path
}

const importing = ({ holdfast, organizationId }: ContractWorld) => holdfast.imports(organizationId)
const nasty: unknown = JSON.parse(nastyJson)

/** JSON text as it is stored, past all decoding. */
async function storedIn(world: ContractWorld, table: string, column: string): Promise<string[]> {
  const { holdfast, organizationId } = world
  const database = holdfast.database.within([organizationId]).as<Record<string, never>>()
  const rows = await database.all(database.write.selectFrom(table as never).select(column as never)
    .where('organization_id' as never, '=', organizationId as never))
  return rows.map((row) => String((row as Record<string, unknown>)[column]))
}

contract('an import of Orcheo', (open) => {
  const secret = newSecret()
  let once: ReturnType<typeof imported> | undefined
  const imported = async () => {
    const world = await open()
    return { world, report: await importing(world).orcheo(orcheo(wholeOrcheo(secret))) }
  }
  /** One import that several tests only look at. */
  const looked = () => (once ??= imported())

  it('brings workflows, versions, runs, histories and steps, with every value', async () => {
    const { world, report } = await looked()
    const { workflows, runs } = world.organization
    const workflow = await workflows.get(madeIds.workflow)
    expect(workflow).toMatchObject({
      name: 'Daily ☕', handle: 'daily', tags: ['a'], archivedAt: null, versionCount: 1,
      createdBy: 'alice', createdAt: '2025-12-19T10:11:12.345678Z',
      metadata: { orcheo: { slug: 'wf-0' } },
    })
    expect((await workflows.getVersion(madeIds.workflow, 1)).graph).toStrictEqual(nasty)
    const run = await runs.get(madeIds.run)
    expect(run).toMatchObject({
      status: 'failed', input: nasty, error: '', tags: ['t'], triggerKind: 'cron', stepCount: 2,
      createdAt: '2025-12-19T10:11:12.000000Z', durationMs: 1_500,
      metadata: { ticket: 1, orcheo: { history: {
        status: 'error', error: '', trace_id: 'fea2b642309c7552bed84adb12eb2770',
      } } },
    })
    const { data: steps } = await runs.steps.list(madeIds.run)
    expect(steps).toMatchObject([
      { number: 1, name: 'node_0', status: 'succeeded', output: { node_0: nasty } },
      { number: 2, name: 'end', status: 'failed', error: 'boom' },
    ])
    expect(report.counts.workflow_runs).toMatchObject({ found: 1, imported: 1, damaged: 0 })
    expect(report.damaged.map(({ kind }) => kind)).toEqual(['agentensor_checkpoints'])
  })

  it('keeps the digits of every number, and says which a program would lose', async () => {
    const { world, report } = await looked()
    for (const [table, column] of [['workflow_versions', 'graph'], ['workflow_runs', 'input'],
      ['messages', 'content'], ['tuning_checkpoints', 'metrics']] as const) {
      for (const text of await storedIn(world, table, column)) {
        expect(text).toContain('9007199254740993')
      }
    }
    expect((await storedIn(world, 'workflow_runs', 'input'))[0]).toMatch(/"one":1\.0,"tiny":1e-07/)
    expect(report.details.exact_values).toContainEqual({
      kind: 'workflow_runs', place: expect.stringContaining(madeIds.run) as string,
      column: 'payload', values: ['.input_payload.big: 9007199254740993'],
    })
  })

  it('brings what tuning gave; of two with one version, one gets another', async () => {
    const { world, report } = await looked()
    const { data } = await world.organization.tuning.list(madeIds.workflow)
    expect(data.map(({ id, configVersion }) => [id, configVersion]))
      .toEqual([[madeIds.other, 4], [madeIds.checkpoint, 3]])
    expect(report.damaged[0]?.reason).toContain('config_version 3')
    const next = await world.organization.tuning.record(madeIds.workflow, {
      runnableConfig: {}, metrics: {},
    })
    expect(next.configVersion).toBe(5)
  })

  it('brings threads that ChatKit reads as they were, in their order', async () => {
    const { world } = await looked()
    const store = createChatKitStore(world.holdfast)
    const context = { organizationId: world.organizationId }
    expect(await store.loadThread('thr_1', context)).toStrictEqual({
      id: 'thr_1', title: 'Olá 🌍', created_at: '2025-12-19T10:11:12.345678+00:00',
      status: { type: 'locked', reason: '🔒' }, metadata: { a: [1, 2, null] },
    })
    const { data } = await store.loadThreadItems('thr_1', { order: 'asc', limit: 10 }, context)
    expect(data.map(({ id }) => id)).toEqual(['msg_0', 'msg_1', 'msg_2'])
    expect(data[0]).toStrictEqual({
      id: 'msg_0', thread_id: 'thr_1', created_at: '2025-12-01T08:00:00',
      type: 'assistant_message', content: [nasty],
    })
    expect((await store.loadThreadItems('thr_2', {}, context)).data).toEqual([])
    expect(await store.loadAttachment('atc_1', context)).toMatchObject({ name: 'a.pdf' })
    await store.addThreadItem('thr_1', {
      id: 'msg_new', thread_id: 'thr_1', type: 'user_message', content: [],
    }, context)
    const { data: [last] } = await store.loadThreadItems('thr_1', { limit: 1 }, context)
    expect(last?.id).toBe('msg_new')
    await expect(createChatKitStore(world.holdfast).loadThread('thr_1', {
      organizationId: world.neighbourId,
    })).rejects.toThrow(/no thread/)
  })

  it('lets secrets of service tokens be good as they were, and those alone', async () => {
    const { world, report } = await looked()
    const { authenticator } = world.holdfast
    expect(await authenticator.authenticate(secret)).toMatchObject({
      kind: 'service_token', organizationId: world.organizationId, scopes: ['workflows:read'],
    })
    for (const other of [`${secret}-gone`, `${secret}-over`, `${secret}x`]) {
      await expect(authenticator.authenticate(other)).rejects.toThrow(/not valid/)
    }
    expect(report.details.service_tokens).toMatchObject([
      { identifier: 'ci', standing: 'active', unknown_scopes: ['vault:é'] },
      { identifier: 'gone', standing: 'revoked' }, { identifier: 'over', standing: 'expired' },
    ])
    const { data } = await world.organization.audit.list({ limit: 50 })
    expect(data.filter(({ action }) => action === 'imported_service_token.used')).toMatchObject([
      { details: { actor: 'alice', at: '2025-12-19T10:11:12.345678Z' } },
    ])
    const kept = JSON.stringify(await world.organization.items.search({ limit: 200 }))
    expect(kept).not.toContain(createHash('sha256').update(secret).digest('hex'))
  })

  it('brings triggers switched off, with their last tick and sealed secrets', async () => {
    const { world } = await looked()
    const { schedules, webhooks, secrets, items } = world.organization
    const name = `orcheo-${madeIds.workflow}`
    expect(await schedules.get(name)).toMatchObject({
      enabled: false, cron: '*/5 * * * *', timeZone: 'Europe/Amsterdam', nextRunAt: null,
      lastRunAt: '2025-12-19T10:00:00.000000Z', startsAt: '2025-12-01T08:00:00.000000Z',
      endsAt: '2999-12-31T23:00:00.500000Z', payload: { workflow: madeIds.workflow },
    })
    expect((await webhooks.list()).data).toMatchObject([{
      name, enabled: false, hasSecret: true, workflow: madeIds.workflow,
    }])
    const secret = `orcheo/webhook/${madeIds.workflow}/shared_secret`
    expect((await secrets.reveal(secret)).value).toBe('plain-shared-secret')
    expect(JSON.stringify(await items.search({ limit: 200 }))).not.toContain('plain-shared-secret')
  })

  it('repeated adds nothing twice, and goes on where one was cut off', async () => {
    const world = await open()
    const path = orcheo()
    for (const after of ['workflow_versions', 'chat_messages']) {
      const stop = new AbortController()
      const onProgress = (progress: ImportProgress) => {
        if (progress.type === 'kind' && progress.kind === after) stop.abort(new Error('cut off'))
      }
      await expect(importing(world).orcheo(path, { signal: stop.signal, onProgress }))
        .rejects.toThrow('cut off')
    }
    const whole = await importing(world).orcheo(path)
    expect(whole.counts.workflows).toMatchObject({ imported: 0, present: 1 })
    expect(whole.counts.chat_messages).toMatchObject({ imported: 0, present: 3 })
    expect(whole.counts.service_tokens).toMatchObject({ imported: 3, present: 0 })
    const again = await importing(world).orcheo(path)
    for (const [kind, count] of Object.entries(again.counts)) {
      expect([kind, count.imported]).toEqual([kind, 0])
    }
    const { data: messages } = await world.organization.audit.list({ limit: 100 })
    expect(messages.filter(({ action }) => action.startsWith('imported_'))).toHaveLength(1)
    expect((await world.neighbour.workflows.list()).data).toEqual([])
  })

  it('repeated adds what the source got since, also behind what was said here', async () => {
    const world = await open()
    const before = wholeOrcheo()
    await importing(world).orcheo(orcheo(before))
    const store = createChatKitStore(world.holdfast)
    const context = { organizationId: world.organizationId }
    await store.addThreadItem('thr_1', { id: 'ours', thread_id: 'thr_1', type: 'task' }, context)
    const [first] = before.rows.chat_messages!
    const chat_messages = [...before.rows.chat_messages!, {
      ...first, id: 'msg_9', ordinal: 9,
      item_json: '{"id":"msg_9","thread_id":"thr_1","type":"task"}',
    }]
    const grown = orcheo({ rows: { ...before.rows, chat_messages } })
    const since = await importing(world).orcheo(grown)
    expect(since.counts.chat_messages).toMatchObject({ imported: 1, present: 3 })
    const { data } = await store.loadThreadItems('thr_1', { order: 'asc', limit: 10 }, context)
    expect(data.map(({ id }) => id)).toContain('msg_9')
  })

  it('as a dry run writes nothing and foretells the same', async () => {
    const world = await open()
    const path = orcheo()
    const files = () => readdirSync(path).map((name) =>
      [name, createHash('sha256').update(readFileSync(join(path, name))).digest('hex')])
    const before = files()
    const dry = await importing(world).orcheo(path, { dryRun: true })
    expect((await world.organization.workflows.list()).data).toEqual([])
    expect((await world.organization.items.search()).data).toEqual([])
    const real = await importing(world).orcheo(path)
    expect(dry.counts).toEqual(real.counts)
    expect(dry.damaged).toEqual(real.damaged)
    expect(files()).toEqual(before)
  })

  it('tells what is wrong, keeps it, and lets it stand in no other row’s way', async () => {
    const world = await open()
    const { rows } = wholeOrcheo()
    const [run] = rows.workflow_runs!
    const [message] = rows.chat_messages!
    const path = orcheo({
      rows: {
        ...rows,
        workflow_runs: [
          run!, { ...run, id: 'no-json', payload: '{"a": NaN}' },
          { ...run, id: 'orphan', workflow_version_id: 'nobody' },
          { ...run, id: 'no-time', created_at: 'yesterday' },
        ],
        execution_history_steps: [
          ...rows.execution_history_steps!,
          { execution_id: 'orphan', step_index: 0, at: run!.created_at!, payload: '{}' },
        ],
        chat_messages: [
          ...rows.chat_messages!, { ...message, id: 'lost', thread_id: 'thr_none' },
        ],
      },
      further: [
        'alter table workflow_runs add column mood text', "create table odd (id text, what blob)",
        "insert into odd values ('a', x'00ff')",
      ],
    })
    const report = await importing(world).orcheo(path)
    const places = report.damaged.map(({ place, reason }) => `${place}: ${reason}`).join('\n')
    expect(places).toMatch(/no-json: payload is no JSON/)
    expect(places).toMatch(/orphan: workflow_version_id names no version/)
    expect(places).toMatch(/no-time: created_at is no moment/)
    expect(places).toMatch(/steps\/orphan\/0: execution_id names no run/)
    expect(places).toMatch(/messages\/lost: thread_id names no thread/)
    expect(report.counts.workflow_runs).toMatchObject({ found: 4, imported: 1, damaged: 3 })
    expect(report.counts.chat_messages).toMatchObject({ imported: 3, damaged: 1 })
    expect(report.unmapped).toContainEqual(expect.objectContaining({
      kind: 'workflow_runs', field: 'mood', rows: 4,
    }))
    expect(report.unmapped).toContainEqual(expect.objectContaining({
      kind: 'odd', field: '(the table is unknown)', rows: 1,
    }))
    const { items } = world.organization
    const odd = await items.search({ prefix: ['imports', 'orcheo', 'odd'] })
    expect(odd.data).toMatchObject([{ value: { id: 'a', what: { $bytes: 'AP8=' } } }])
    const kept = await items.search({ prefix: ['imports', 'orcheo', 'workflow_runs'] })
    expect(JSON.stringify(kept.data)).toContain('{\\"a\\": NaN}')
  })

  it('takes the columns of December 2025', async () => {
    const world = await open()
    const { rows } = wholeOrcheo()
    const [{ handle: _, is_archived: __, ...workflow }] = rows.workflows as [MadeRow]
    const archived = { ...workflow, id: madeIds.other,
      payload: '{"name": "Old", "handle": "old", "is_archived": true}' }
    const path = orcheo({ rows: { ...rows, workflows: [workflow, archived] }, older: true })
    const report = await importing(world).orcheo(path)
    expect(report.notes.join()).toContain('older version: without handle, is_archived')
    const { workflows } = world.organization
    expect(await workflows.get('daily')).toMatchObject({ id: madeIds.workflow })
    expect((await workflows.get(madeIds.other)).archivedAt).not.toBe(null)
  })

  it('leaves out a handle that another workflow here has', async () => {
    const world = await open()
    await world.organization.workflows.create({ name: 'Ours', handle: 'daily' })
    const report = await importing(world).orcheo(orcheo())
    expect(report.damaged[0]?.reason).toContain('is that of another workflow here')
    expect(await world.organization.workflows.get(madeIds.workflow)).toMatchObject({ handle: null })
  })

  it('refuses what is no Orcheo', async () => {
    const world = await open()
    await expect(importing(world).orcheo('/nowhere')).rejects.toThrow(/nothing at/)
    await expect(importing(world).orcheo(import.meta.dirname)).rejects.toThrow(/no database/)
  })

  const sealed = (value: string, key: string) => {
    const nonce = Buffer.alloc(12, 1)
    const cipher = createCipheriv('aes-256-gcm', createHash('sha256').update(key).digest(), nonce)
    const bytes = Buffer.concat([nonce, cipher.update(value), cipher.final(), cipher.getAuthTag()])
    return JSON.stringify({
      encryption: { algorithm: 'aes256-gcm.v1', ciphertext: bytes.toString('base64') },
    })
  }
  const entry = (id: string, payload: string) => ({
    id, workflow_id: 'GLOBAL', name: 'släck', provider: 'slack', payload,
    created_at: '2025-12-01T08:00:00Z', updated_at: '2025-12-01T08:00:00Z',
  })

  it('opens the vault with its key, and keeps it sealed without', async () => {
    const world = await open()
    const path = orcheo({ rows: { credentials: [entry('one', sealed('xoxb-1', 'k'))] } })
    const without = await importing(world).orcheo(path)
    expect(without.skipped[0]?.reason).toContain('key of the vault was not given')
    const wrong = await importing(world).orcheo(path, { vaultKey: 'other' })
    expect(wrong.damaged[0]?.reason).toContain('does not open it')
    writeFileSync(join(path, 'vault.key'), 'k\n')
    expect((await importing(world).orcheo(path)).counts.credentials).toMatchObject({ imported: 1 })
    expect((await world.organization.secrets.reveal('orcheo/släck')).value).toBe('xoxb-1')
    const again = await importing(world).orcheo(path, { vaultKey: 'k' })
    expect(again.counts.credentials).toMatchObject({ imported: 0, present: 1 })
  })

  it('tells entries of the vault of one name apart', async () => {
    const world = await open()
    const credentials = [entry('one', sealed('1', 'k')), entry('two', sealed('2', 'k'))]
    await importing(world).orcheo(orcheo({ rows: { credentials } }), { vaultKey: 'k' })
    const { secrets } = world.organization
    expect((await secrets.reveal('orcheo/släck/two')).value).toBe('2')
  })

  /** As the tool writes it: keys sorted, JSON embedded, tables in alphabetical order. */
  function exported(given: MadeOrcheo, change = (batch: string) => batch): string {
    const from = orcheo(given)
    const path = orcheo({})
    const tables: Record<string, object> = {}
    for (const name of ['workflows.sqlite', 'chatkit.sqlite', 'service_tokens.sqlite']) {
      const file = new ForeignFile(join(from, name))
      for (const table of file.tables()) {
        const json = table.columns.filter((column) =>
          /payload|_json|config$|inputs|tags|callbacks|metadata|metrics|scopes|details/
            .test(column))
        const lines = [...file.rows(table)].map((row) => `{${table.columns.map((column) => {
          const value = row[column] ?? null
          const text = json.includes(column) && typeof value === 'string'
            ? value.replaceAll('\n', ' ') : JSON.stringify(value)
          return `${JSON.stringify(column)}:${text}`
        }).join(',')}}\n`)
        const batch = `${table.name}.jsonl`
        writeFileSync(join(path, batch), change(lines.join('')))
        const checksum = createHash('sha256').update(lines.join('')).digest('hex')
        tables[table.name] = {
          name: table.name, columns: table.columns, json_columns: json, row_count: lines.length,
          batches: [{ file: batch, rows: lines.length, checksum }],
        }
      }
      file.close()
    }
    const sorted = Object.fromEntries(Object.entries(tables).sort(([a], [b]) => (a < b ? -1 : 1)))
    writeFileSync(join(path, 'manifest.json'), JSON.stringify({ version: 1, tables: sorted }))
    return path
  }

  it('brings the same from an export of Orcheo’s own tool', async () => {
    const [one, other] = [await open(), await open()]
    const given = wholeOrcheo()
    const from = await importing(one).orcheo(orcheo(given))
    const path = exported(given)
    expect(existsSync(join(path, 'manifest.json'))).toBe(true)
    const back = await importing(other).orcheo(path)
    const counts = ({ counts }: typeof back) => Object.fromEntries(Object.entries(counts)
      .filter(([kind]) => !/token|credential/.test(kind))
      .map(([kind, { sha256: _, ...rest }]) => [kind, rest]))
    expect(counts(back)).toEqual(counts(from))
    expect(await storedIn(other, 'workflow_runs', 'input'))
      .toEqual(await storedIn(one, 'workflow_runs', 'input'))
    // The secrets of tokens are good in one organization.
    expect(back.damaged.filter(({ kind }) => kind === 'service_tokens')).toHaveLength(3)
  })

  it('tells when the bytes of an export were changed', async () => {
    const world = await open()
    const path = exported(wholeOrcheo(), (batch) => batch.replace('Daily', 'Early'))
    const { damaged } = await importing(world).orcheo(path)
    expect(damaged[0]).toMatchObject({ kind: 'workflows', place: 'workflows.jsonl' })
    expect(damaged[0]?.reason).toContain('checksum')
  })
})
