import {
  closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { sqliteDriver } from './database/dialects/sqlite-driver.js'
import { type ImportReport } from './lifecycle/import/index.js'
import { contract } from './testing/index.js'
import { type MadeRow, makeOrcheo, wholeOrcheo } from './testing/made-orcheo.test.harness.js'

const made: (() => void)[] = []
afterEach(() => {
  for (const remove of made.splice(0)) remove()
})

const { DatabaseSync } = sqliteDriver()
const pageSize = 4_096

/** Overwrites the page in the middle of a table. */
function damage(path: string, table: string): void {
  const database = new DatabaseSync(path, {})
  const leaves = database.prepare(
    `select pageno from dbstat where name = ? and pagetype = 'leaf' order by pageno`).all(table)
  database.close()
  const page = Number(leaves[Math.floor(leaves.length / 2)]!.pageno)
  const file = openSync(path, 'r+')
  writeSync(file, Buffer.alloc(pageSize, 0xff), 0, pageSize, (page - 1) * pageSize)
  closeSync(file)
}

const pad = 'x'.repeat(1_500)
const numbers = Array.from({ length: 12 }, (_, index) => index + 10)
const idOf = (kind: number, number: number) =>
  `0000000${kind}-0000-4000-8000-0000000000${number}`

/** An installation whose tables are several pages long. */
function longOrcheo(): string {
  const { rows } = wholeOrcheo()
  const [version, run, history, step, checkpoint] = [
    rows.workflow_versions![0]!, rows.workflow_runs![0]!, rows.execution_history![0]!,
    rows.execution_history_steps![0]!, rows.agentensor_checkpoints![0]!,
  ]
  const more = (first: MadeRow, change: (number: number) => MadeRow) =>
    [first, ...numbers.map((number) => ({ ...first, ...change(number) }))]
  const { path, remove } = makeOrcheo({ rows: {
    ...rows,
    workflow_versions: more(version, (number) => ({
      id: idOf(2, number), version: number, payload: JSON.stringify({ graph: { pad } }),
    })),
    workflow_runs: more(run, (number) => ({
      id: idOf(3, number), payload: JSON.stringify({ input_payload: pad }),
    })),
    execution_history: more(history, (number) => ({
      execution_id: idOf(3, number), inputs: JSON.stringify({ pad }),
    })),
    execution_history_steps: more(step, (number) => ({
      execution_id: idOf(3, number), payload: JSON.stringify({ pad }),
    })),
    agentensor_checkpoints: more(checkpoint, (number) => ({
      id: idOf(4, number), config_version: number, metadata: JSON.stringify({ pad }),
    })),
  } })
  made.push(remove)
  return path
}

const told = ({ damaged }: ImportReport) =>
  damaged.map(({ kind, place, reason }) => `${kind} ${place}: ${reason}`).join('\n')

contract('an import of a file with a damaged page', (open) => {
  it('brings what is readable of Orcheo, whichever table it is in', async () => {
    const tables = ['workflow_versions', 'workflow_runs', 'execution_history',
      'execution_history_steps', 'agentensor_checkpoints']
    for (const table of tables) {
      const world = await open()
      const path = longOrcheo()
      damage(join(path, 'workflows.sqlite'), table)
      const report = await world.holdfast.imports(world.organizationId).orcheo(path)
      expect(told(report)).toContain(
        `${table} workflows.sqlite: the rest of the table cannot be read`)
      const { imported = 0 } = report.counts[table]!
      expect([table, imported > 0, imported < 13]).toEqual([table, true, true])
      expect(report.counts.chat_messages).toMatchObject({ imported: 3 })
      const again = await world.holdfast.imports(world.organizationId).orcheo(path)
      expect(again.counts[table]).toMatchObject({ imported: 0, present: imported })
    }
  })

  it('brings what is readable of the database of OpenHands, and all events', async () => {
    for (const table of ['conversation_metadata', 'event_callback']) {
      const world = await open()
      const path = mkdtempSync(join(tmpdir(), 'holdfast-openhands-'))
      made.push(() => rmSync(path, { recursive: true, force: true }))
      const name = 'f'.repeat(32)
      mkdirSync(join(path, 'v1_conversations', name), { recursive: true })
      writeFileSync(join(path, 'v1_conversations', name, `${name}.json`),
        JSON.stringify({ id: name, timestamp: '2025-11-22T16:00:00', kind: 'MessageEvent' }))
      const database = new DatabaseSync(join(path, 'openhands.db'), {})
      database.exec(`create table conversation_metadata (conversation_id text, title text);
        create table event_callback (id text, processor text)`)
      for (const number of numbers) {
        for (const each of ['conversation_metadata', 'event_callback']) {
          database.prepare(`insert into ${each} values (?, ?)`).run(idOf(1, number), pad)
        }
      }
      database.close()
      damage(join(path, 'openhands.db'), table)
      const report = await world.holdfast.imports(world.organizationId)
        .openHands(path, { settingsOf: 'organization' })
      expect(told(report)).toContain(`openhands.db/${table}: the rest of the table cannot be read`)
      expect(report.counts.events).toMatchObject({ found: 1, imported: 1 })
      const { imported = 0 } = report.counts[
        table === 'event_callback' ? table : 'conversations']!
      expect([table, imported > 1, imported < 12]).toEqual([table, true, true])
    }
  })
})
