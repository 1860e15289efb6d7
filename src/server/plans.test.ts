import { randomBytes } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { connect } from '../database/connect.js'
import { type Backend, type Statement } from '../database/engine.js'
import { Holdfast } from '../holdfast.js'
import { tables } from '../tables.js'
import { testAuditKey } from '../testing/audit-world.test.harness.js'
import { enginesNamed } from '../testing/backends.js'
import { type DatabaseLease } from '../testing/engines.js'
import { fillTable } from '../testing/bulk-rows.test.harness.js'
import { counted } from '../testing/counting.js'
import { HttpClient } from '../testing/http.js'
import { type Estate, furnishHome } from '../testing/isolation/index.js'
import { openApiDocument, rawRoutes, routes as jsonRoutes, startServer } from './index.js'

/** Rows of each table; with 20,000 and more the planner weighs costs as it would in earnest. */
const rowsWanted = Number(process.env.HOLDFAST_TEST_PLAN_ROWS ?? 2_000)
const isInEarnest = rowsWanted >= 20_000
const routes = [...jsonRoutes, ...rawRoutes]

/** Tables that stay small, so that reading all of them is nothing, and why. */
const small: Readonly<Record<string, string>> = {
  processes: 'a row a server',
  agent_registries: 'a row an organization, found by it',
  webhook_deliveries: 'found by its key, and not listed',
  root_keys: 'a row a key of the installation',
  key_rotations: 'a row a rotation at work',
  organization_keys: 'a few keys an organization, found by it',
  search_horizon: 'one row',
  search_dirty: 'changed messages until they are indexed again',
  lock_waiters: 'those who wait for a lock at present',
  audit_tombstones: 'a row a pruning',
}

/** Statements that may read a table from end to end, and why. */
const allowed: readonly { table: string; statement: RegExp; reason: string }[] = [
  {
    table: 'any',
    statement:
      /^select (\*|"id"|coalesce.* as "bytes") from "\w+" where "\w+" = \$1( order .* limit \$2)?$/,
    reason:
      'the export of a person, looked for in all organizations at once; stores name theirs first',
  },
  {
    table: 'any',
    statement: /^select "(due|expires)_at", .* as "now" from "(floors|agents)" .* limit \$1$/,
    reason: 'the next that is due in any organization: the first of an index of those with an end',
  },
  {
    table: 'attachment_contents', statement: /^select "c"."organization_id", "c"."sha256"/,
    reason: 'a sweep that walks all contents in the order of their keys, page by page',
  },
  {
    table: 'usage_pending', statement: /^\s*with taken as \(delete from usage_pending/,
    reason: 'takes the first that are pending, whichever they are, and no more than a step',
  },
  {
    table: 'workflow_runs',
    statement: /^\s*with gone as materialized \(.* r.withdrawn_at is not null/s,
    reason: 'an index of the few runs that are being deleted, from its beginning',
  },
]

/** What would be due for whoever works in the background, who leaves calls no connection. */
const calmed: Readonly<Record<string, string>> = {
  floors: 'update floors set due_at = null',
  agents: 'update agents set stale_at = expires_at',
  checkpoint_policies: 'update checkpoint_policies set swept_at = now()',
}

/** Whose older rows the server deletes while the tables are filled. */
const swept = new Set(['login_attempts'])

/** A value for each filter of each list. */
function filtersOf({ ids, secret }: Estate): Readonly<Record<string, string>> {
  const id = (name: string) => String(ids[name])
  return {
    user_id: id('user_id'), conversation_id: id('conversation_id'), archived: 'true',
    metadata: '{"a":1}', participant: id('participant'), leaf: id('message_id'),
    after: id('message_id'), order: 'desc', from_position: '1', author: 'user:x', role: 'user',
    kind: 'message', from: '2026-01-01T00:00:00Z', to: '2027-01-01T00:00:00Z', all: 'true',
    state: 'ready', actor_id: 'user:x', action: 'a.b', resource_kind: 'lock',
    resource_id: 'x', outcome: 'denied', request_id: 'x', prefix: 'stream',
    run_id: id('user_id'), type: 'model_call', first_day: '2026-01-01', last_day: '2026-12-31',
    time_zone: 'Asia/Kolkata', by: 'day,user,model,type', model: secret, latency: 'true',
    of: 'cost', metric: 'loss', min: '0', max: '1', best: 'true', q: `${secret} -none`,
    workflow: id('workflow'), duration_ms_min: '0', duration_ms_max: '1',
    parent_run_id: id('run_id'), base: '1', target: '1',
  }
}

/** The same, where a name means something else than in other lists. */
const otherwise: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  listFloorEvents: { after: '1' }, listSteps: { after: '1' }, listEnvelopes: { after: '1' },
  listEnvelopeDeliveries: { after: '1' },
  listAgents: { status: 'online' }, listRuns: { status: 'succeeded' },
}

/** What is called by others, who have their own methods. */
const foreign = new Set(['getHook'])

/** What says no more about which rows are read. */
const formOnly = new Set(['limit', 'cursor', 'format', 'inline', 'live', 'offset'])

/** What must stand in a call, or beside a filter. */
const always: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  searchMessages: { q: 'secret* -none' },
  followConversation: { live: 'false', after: '0.0.0' },
  followFloor: { live: 'false', after: '0' },
  followRun: { live: 'false', after: '0' },
  diffWorkflowVersions: { base: '1' },
}
const beside: Readonly<Record<string, readonly string[]>> = { min: ['metric'], max: ['metric'] }

const leftovers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const clean of leftovers.splice(0).reverse()) await clean()
})

/** Calls every list, and what reads one object: with each filter by itself, and the page behind. */
async function callAll(client: HttpClient, estate: Estate): Promise<string[]> {
  const failures: string[] = []
  const values = filtersOf(estate)
  const ask = async (path: string, query: Readonly<Record<string, string>>) => {
    const search = new URLSearchParams(query).toString()
    const answer = await client.get(`${path}?${search}`, {
      'holdfast-organization': estate.organizationId,
    })
    if (answer.status !== 200) failures.push(`${path}?${search}: ${answer.text.slice(0, 200)}`)
    return answer
  }
  for (const { operationId, path, method, input } of routes) {
    if (method !== 'GET' || foreign.has(operationId)) continue
    const known = { ...values, ...otherwise[operationId] }
    const shape = Object.keys(input.query?.shape ?? {})
    const place = path.replace(/\{(\w+)\}/g, (_, key: string) =>
      encodeURIComponent(String(estate.ids[key])))
    const isPaged = shape.includes('cursor') && shape.includes('limit')
    const filters = shape.filter((name) => !formOnly.has(name))
    for (const names of [[], ...filters.map((name) => [name, ...beside[name] ?? []])]) {
      const query = {
        ...Object.fromEntries(names.map((name) => [name, known[name] ?? 'no value is known'])),
        ...(isPaged ? { limit: '1' } : {}), ...always[operationId],
      }
      const { body } = await ask(place, query)
      const cursor: unknown = isPaged ? body?.next_cursor : undefined
      if (typeof cursor === 'string') await ask(place, { ...query, cursor })
    }
  }
  return failures
}

/** What works on all organizations, behind calls. */
async function workBehind(holdfast: Holdfast, { stores, mark }: Estate): Promise<void> {
  await stores.agents.discover({ keyphrases: [mark], languages: ['et'], roles: ['convener'] })
  await stores.agents.discover({ capabilities: [mark], limit: 1 })
  await holdfast.agentWorks.sweep()
  await holdfast.agentWorks.nextDueMs()
  await holdfast.jobs.sweep()
  await holdfast.usageKeeper({ retentionDays: 36_500 }).pass()
  await holdfast.runKeeper({ retentionDays: 36_500 }).pass()
}

interface PlanNode {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Cond'?: string
  readonly Filter?: string
  readonly Plans?: readonly PlanNode[]
}

/** The tables that a statement would read from end to end. */
async function scannedBy(backend: Backend, { sql, parameters }: Statement): Promise<string[]> {
  return backend.transaction(async (session) => {
    const plain = (text: string) => session.run({ sql: text, parameters: [] })
    await plain('set local plan_cache_mode = force_generic_plan')
    // Of few rows reading all may well be cheapest; what counts is whether there is another way.
    if (!isInEarnest) await plain('set local enable_seqscan = off')
    await plain(`prepare planned as ${sql}`)
    const values = parameters.map(() => 'null').join(', ')
    const { rows: [row] } = await plain(
      `explain (format json) execute planned${values === '' ? '' : `(${values})`}`)
    await plain('deallocate planned')
    const [{ Plan: plan }] = JSON.parse(String(row!['QUERY PLAN'])) as [{ Plan: PlanNode }]
    return scansIn(plan)
  })
}

function scansIn(node: PlanNode): string[] {
  const own = isWhole(node) ? [node['Relation Name'] ?? '?'] : []
  return [...own, ...(node.Plans ?? []).flatMap(scansIn)]
}

/** From end to end, or in the order of an index until enough rows pass a filter. */
function isWhole({ 'Node Type': kind, 'Index Cond': bounds, Filter: filter }: PlanNode): boolean {
  if (kind === 'Seq Scan') return true
  return /^Index (Only )?Scan$/.test(kind) && bounds === undefined && filter !== undefined
}

/** Sweeps, which delete what is over in steps, come by the clock and are not about lists. */
const isPlanned = ({ sql }: Statement) => /^\s*(with|select)\b/i.test(sql)

/** A world with something in every table. */
async function furnished(lease: DatabaseLease) {
  const counting = counted(await connect(lease.url, { poolMax: 4 }))
  const holdfast = await Holdfast.on(counting.backend, {
    rootKey: randomBytes(32).toString('base64url'), auditKey: testAuditKey,
    backgroundIndexing: false, secrets: { revealRate: null },
  })
  leftovers.push(() => holdfast.close())
  const server = await startServer({ holdfast, port: 0, logLevel: 'silent' })
  leftovers.push(() => server.close())
  // Its owner may see all people, too.
  const estate = await furnishHome(holdfast)
  const guest = new HttpClient(server.url, { endpoints: routes, document: openApiDocument() })
  const client = guest.as(estate.people.owner.token)
  await client.post('/v1/conversations', {}, { 'idempotency-key': 'one' })
  await estate.stores.queues.enqueue('keyed', { payload: 1, concurrencyKey: 'one' })
  return { counting, holdfast, estate, client }
}

/** Fills the tables; the names of those that could not be. */
async function filled(adminUrl: string, { organizationId }: Estate): Promise<string[]> {
  const admin = await connect(adminUrl, { poolMax: 1, statementTimeoutMs: 600_000 })
  const organizations = Math.max(100, rowsWanted / 100)
  const left: string[] = []
  try {
    for (const table of tables) {
      if (table.name in small) continue
      const rows = await fillTable(admin, table, {
        rows: rowsWanted, organizations, organizationId,
      })
      if (rows < rowsWanted / 2 && !swept.has(table.name)) left.push(table.name)
      const calming = calmed[table.name]
      if (calming !== undefined) await admin.run({ sql: calming, parameters: [], reach: 'all' })
    }
    await admin.run({ sql: 'analyze', parameters: [] })
  } finally {
    await admin.close()
  }
  return left
}

for (const engine of enginesNamed('postgres')) {
  const title = `[postgres] plans of every list: ${engine.missing ?? 'run'}`
  describe.skipIf(engine.missing !== undefined)(title, () => {
    it('read no large table from end to end', async () => {
      const lease = await engine.createReady()
      leftovers.push(() => lease.drop())
      const { counting, holdfast, estate, client } = await furnished(lease)
      expect(await filled(lease.adminUrl, estate)).toEqual([])
      counting.reset()
      expect(await callAll(client, estate)).toEqual([])
      await workBehind(holdfast, estate)
      const statements = new Map(
        counting.sent().filter(isPlanned).map((each) => [each.sql, each]))
      const found: unknown[] = []
      for (const statement of statements.values()) {
        for (const table of await scannedBy(counting.backend, statement)) {
          const isFine = table in small || allowed.some((each) =>
            ['any', table].includes(each.table) && each.statement.test(statement.sql))
          if (!isFine) found.push([table, statement.sql.trim().replace(/\s+/g, ' ').slice(0, 600)])
        }
      }
      expect(found).toEqual([])
      expect(statements.size).toBeGreaterThan(100)
    }, 1_800_000)

    it('would tell of a table that is read from end to end', async () => {
      const lease = await engine.createReady()
      leftovers.push(() => lease.drop())
      const backend = await connect(lease.adminUrl, { poolMax: 1 })
      leftovers.push(() => backend.close())
      const read = (sql: string) => scannedBy(backend, { sql, parameters: ['x'] })
      expect(await read('select id from users where display_name = $1')).toEqual(['users'])
      expect(await read('select id from users where email_key = $1')).toEqual([])
    })
  })
}
