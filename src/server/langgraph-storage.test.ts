import { statSync } from 'node:fs'
import { Annotation, START, StateGraph } from '@langchain/langgraph'
import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { HoldfastSaver } from '../adapters/langgraph/index.js'
import { type Holdfast, openHoldfast } from '../holdfast.js'
import { enginesNamed } from '../testing/backends.js'
import { type DatabaseLease } from '../testing/engines.js'

/** A release asks for 2000. */
const turns = Number(process.env.HOLDFAST_TEST_GRAPH_TURNS ?? 200)
const textBytes = 1024
const thread = { configurable: { thread_id: 'long' } }

interface Message { readonly role: string; readonly content: string }

let state = 1

const chance = (below: number) => {
  state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
  return (state >>> 8) % below
}

const vocabulary = Array.from({ length: 4_000 }, () => (
  Array.from({ length: 2 + chance(8) }, () => String.fromCharCode(97 + chance(26))).join('')))

/** Text of words that come by chance, the same in each run. */
function text(bytes: number): string {
  let made = ''
  while (made.length < bytes) made += `${vocabulary[chance(vocabulary.length)]!} `
  return made.slice(0, bytes)
}

/** Turns of half a KB from the user and half from the model. */
async function converse(holdfast: Holdfast): Promise<void> {
  const graph = new StateGraph(Annotation.Root({
    messages: Annotation<Message[]>({ reducer: (a, b) => [...a, ...b], default: () => [] }),
  }))
    .addNode('model', () => ({ messages: [{ role: 'ai', content: text(textBytes / 2) }] }))
    .addEdge(START, 'model')
    .compile({ checkpointer: new HoldfastSaver(holdfast.organization().checkpoints) })
  for (let turn = 0; turn < turns; turn += 1) {
    await graph.invoke({ messages: [{ role: 'user', content: text(textBytes / 2) }] }, thread)
  }
  const { values } = await graph.getState(thread)
  expect((values.messages as Message[]).length).toBe(2 * turns)
}

const rowTables = [
  'checkpoint_threads', 'checkpoint_heads', 'checkpoints', 'checkpoint_writes', 'checkpoint_chunks',
]

/** Bytes by what takes them, and how many times the text all may be. */
interface Measure {
  readonly sizesOf: (lease: DatabaseLease) => Promise<Readonly<Record<string, number>>>
  readonly timesMax: number
}

/** All of the rows without pages and keys, then each relation with its pages. */
const relations = `
  select 'rows' as name, sum(size) as size from (${rowTables.map((table) => (
    `select coalesce(sum(pg_column_size(t.*)), 0) as size from ${table} as t`))
    .join(' union all ')}) as sizes
  union all
  select relname::text, pg_table_size(oid) from pg_class
  where relkind = 'r' and relname in (${rowTables.map((table) => `'${table}'`).join(', ')})
  union all
  select 'keys and indexes of ' || relname, pg_indexes_size(oid) from pg_class
  where relkind = 'r' and relname in (${rowTables.map((table) => `'${table}'`).join(', ')})`

const measures: Readonly<Record<string, Measure>> = {
  sqlite: {
    timesMax: 3.2,
    sizesOf: async ({ url }) => ({ file: statSync(url.replace(/^sqlite:/, '')).size }),
  },
  postgres: {
    // Four, and what comes and goes with dead rows and with vacuum's own maps of small tables.
    timesMax: 5,
    sizesOf: async ({ adminUrl }) => {
      const client = new pg.Client({ connectionString: adminUrl })
      await client.connect()
      const { rows } = await client.query(relations)
      await client.end()
      return Object.fromEntries(rows.map(({ name, size }) => [name, Number(size)]))
    },
  },
}

for (const [name, { sizesOf, timesMax }] of Object.entries(measures)) {
  const [engine] = enginesNamed(name)
  const { missing } = engine!
  const reason = missing === undefined ? '' : `: did not run: ${missing}`
  describe.skipIf(missing !== undefined)(`[${name}] long conversations${reason}`, () => {
    it(`of ${turns} turns take at most ${timesMax} times their text`, async () => {
      const lease = await engine!.create()
      try {
        await (await openHoldfast({ database: lease.url })).close()
        const before = await sizesOf(lease)
        const holdfast = await openHoldfast({ database: lease.url })
        await converse(holdfast)
        await holdfast.close()
        const times = Object.fromEntries(Object.entries(await sizesOf(lease)).map(
          ([part, size]) => [part, (size - before[part]!) / (turns * textBytes)]))
        const { rows = 0, ...parts } = times
        const all = Object.values(parts).reduce((sum, each) => sum + each, 0)
        console.log(`${name}: ${turns} turns take ${all.toFixed(2)} times their text`, times)
        expect(rows).toBeLessThanOrEqual(2.6)
        expect(all).toBeLessThanOrEqual(timesMax)
      } finally {
        await lease.drop()
      }
    }, 60_000 + turns * 500)
  })
}
