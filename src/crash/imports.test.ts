import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { openHoldfast } from '../holdfast.js'
import { openEnd, rowsOn } from '../lifecycle/transfer/ends.js'
import { enginesNamed } from '../testing/backends.js'
import { ensureBuilt } from '../testing/command-line.test.harness.js'
import { program } from './server-process.js'

/** Kills of each import before it is let end; a release asks for 50. */
const kills = Number(process.env.HOLDFAST_TEST_IMPORT_KILLS ?? 1)
const isLong = kills > 5
/** A kill comes within so long of the first word. */
const withinMs = isLong ? 600 : 100
const [chats, said] = isLong ? [60, 450] : [6, 250]

const leftovers: (() => unknown)[] = []
afterEach(async () => {
  for (const clean of leftovers.splice(0).reverse()) await clean()
})

const uuid = (group: number, last: number) =>
  `00000000-0000-4000-8${String(group).padStart(3, '0')}-${String(last).padStart(12, '0')}`

/** A conversation as ChatGPT exports it: every tenth message is asked anew. */
function chat(number: number) {
  const mapping: Record<string, object> = {}
  for (let index = 0; index < said; index++) {
    const parent = index === 0 ? null : uuid(number, index - (index % 10 === 9 ? 2 : 1))
    mapping[uuid(number, index)] = { id: uuid(number, index), parent, message: {
      id: uuid(number, index), author: { role: index % 2 === 0 ? 'user' : 'assistant' },
      create_time: 1_700_000_000.25 + index, metadata: { model_slug: 'gpt' },
      content: { content_type: 'text', parts: [`part ${index}`] },
    } }
  }
  for (const [key, node] of Object.entries(mapping)) {
    const children = Object.entries(mapping).filter(([, each]) =>
      (each as { parent: string | null }).parent === key).map(([child]) => child)
    Object.assign(node, { children })
  }
  return {
    id: uuid(number, 999_999), title: `Chat ${number}`, create_time: 1_700_000_000.5, mapping,
    update_time: 1_700_009_000 + number,
    current_node: uuid(number, said - (number % 2 === 0 ? 3 : 1)),
  }
}

/** A home of OpenHands with events, costs and settings. */
function home(): Record<string, unknown> {
  const files: Record<string, unknown> = {
    'users/alice/settings.json': { language: 'de', llm_model: 'm', max_iterations: 7 },
  }
  for (let number = 0; number < chats / 2; number++) {
    const sid = uuid(number, 888_888).replaceAll('-', '')
    files[`sessions/${sid}/metadata.json`] = {
      conversation_id: sid, user_id: 'alice', title: `Home ${number}`,
      created_at: '2025-11-03T09:00:00Z', last_updated_at: '2025-11-04T10:00:00Z',
      accumulated_cost: 0.25, prompt_tokens: 9, completion_tokens: 7, llm_model: 'm',
    }
    for (let id = 0; id < said / 5; id++) {
      files[`users/alice/conversations/${sid}/events/${id}.json`] = {
        id, timestamp: `2025-11-03T09:12:${10 + id % 50}.000${100 + id}`, source: 'user',
        action: 'message', args: { content: `say ${id}` },
      }
    }
  }
  return files
}

function folderOf(files: Readonly<Record<string, unknown>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-import-kill-'))
  leftovers.push(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), JSON.stringify(content))
  }
  return folder
}

/** Runs an import from the terminal, and kills it while it imports. Whether it ended by itself. */
async function killed(words: readonly string[], database: string, isKilled: boolean) {
  const child = spawn(process.execPath, [program, 'import', ...words, '--database', database], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = once(child, 'close')
  let told = ''
  const begun = new Promise<void>((resolve) => child.stderr.on('data', (text) => {
    told += String(text)
    if (/ …\n/.test(told)) resolve()
  }))
  await Promise.race([begun, ended])
  if (isKilled) {
    await sleep(Math.random() * withinMs)
    child.kill('SIGKILL')
  }
  const [code, signal] = await ended as [number | null, string | null]
  if (signal === 'SIGKILL') return false
  expect([code, told]).toEqual([0, expect.not.stringContaining('"error"')])
  return true
}

/** What one database has besides what was imported: its ids, its now and its processes. */
function plain(value: unknown, sinceMs: number): unknown {
  if (typeof value !== 'string') return value
  if (/^[0-9a-f]{8}-[0-9a-f]{4}-7/.test(value)) return 'id'
  if (!/^2\d{3}-\d\d-\d\d[T ]/.test(value)) return value
  return Date.parse(value.replace(' ', 'T').replace(/\+00$/, 'Z')) >= sinceMs ? 'now' : value
}

/** Every row of every table, in an order that does not hang on when it came. */
async function rowsIn(url: string, sinceMs: number): Promise<Record<string, string[]>> {
  const { backend } = await openEnd(url, true)
  try {
    const names = new Set((await backend.introspect()).map(({ table }) => table))
    // The last three are what a process has summed up of `usage_events` by its end.
    for (const name of ['processes', 'usage_pending', 'usage_rollups', 'usage_latencies']) {
      names.delete(name)
    }
    const found: Record<string, string[]> = {}
    for (const name of names) {
      const rows = await rowsOn(backend, `select * from "${name}"`)
      found[name] = rows.map((row) => JSON.stringify(row, (_key, value) =>
        plain(value, sinceMs))).sort()
    }
    return found
  } finally {
    await backend.close()
  }
}

/** What the organization used, as the usage store sums it up, of what is rolled up or waits. */
async function usageIn(url: string): Promise<unknown> {
  const holdfast = await openHoldfast({ database: url })
  try {
    const { data } = await holdfast.organization().usage.summarize({
      firstDay: '2025-10-01', lastDay: '2025-12-31', by: ['day', 'model', 'type'],
    })
    return data
  } finally {
    await holdfast.close()
  }
}

/** Rows that are not among the others, each as often as it is too many. */
function without(rows: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>()
  for (const row of others) left.set(row, (left.get(row) ?? 0) + 1)
  return rows.filter((row) => {
    const count = left.get(row) ?? 0
    left.set(row, count - 1)
    return count <= 0
  })
}

/** The same without a kill, in this process. */
async function imported(source: string, [, path = '']: readonly string[], database: string) {
  const holdfast = await openHoldfast({ database })
  try {
    const imports = holdfast.imports(undefined, { id: 'command line' })
    const report = source === 'chatgpt' ? await imports.chatGpt(path)
      : await imports.openHands(path, { settingsOf: 'organization' })
    expect(report.damaged).toEqual([])
  } finally {
    await holdfast.close()
  }
}

const sources: Readonly<Record<string, () => readonly string[]>> = {
  chatgpt: () => ['chatgpt', folderOf({
    'conversations.json': Array.from({ length: chats }, (_, number) => chat(number)),
  })],
  openhands: () => ['openhands', folderOf(home()), '--settings-of', 'organization'],
}

const [sqlite, postgres] = enginesNamed('sqlite', 'postgres')
for (const [index, [source, made]] of Object.entries(sources).entries()) {
  for (const engine of isLong ? [sqlite!, postgres!] : [[sqlite!, postgres!][index]!]) {
    const { missing } = engine
    const reason = missing === undefined ? '' : `: did not run: ${missing}`
    const title = `[${engine.name}] an import of ${source} that is killed${reason}`
    // Nothing unfinished: without the server there is nothing to import into; the name says why.
    describe.skipIf(missing !== undefined)(title, () => {
      it('is repeated until it ends, and everything is there once and whole', async () => {
        await ensureBuilt()
        const sinceMs = Date.now() - 1_000
        const [one, other] = [await engine.createReady(), await engine.createReady()]
        leftovers.push(() => one.drop(), () => other.drop())
        const words = made()
        let isEnded = false
        for (let count = 0; count < kills && !isEnded; count++) {
          isEnded = await killed(words, one.url, true)
        }
        if (!isEnded) await killed(words, one.url, false)
        await imported(source, words, other.url)
        const [rows, wanted] = [await rowsIn(one.url, sinceMs), await rowsIn(other.url, sinceMs)]
        expect(wanted.messages!.length).toBeGreaterThan(chats * 20)
        // A whole table would hide what differs.
        for (const [name, list] of Object.entries(wanted)) {
          expect([name, without(rows[name]!, list), without(list, rows[name]!)])
            .toEqual([name, [], []])
        }
        const used = await usageIn(other.url)
        expect(used).toHaveLength(source === 'openhands' ? 1 : 0)
        expect(await usageIn(one.url)).toEqual(used)
      }, 60_000 + kills * 20_000)
    })
  }
}
