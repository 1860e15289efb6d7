import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { emptyCheckpoint } from '@langchain/langgraph-checkpoint'
import pg from 'pg'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { HoldfastSaver } from '../adapters/langgraph/index.js'
import { type Holdfast, openHoldfast } from '../holdfast.js'
import { enginesNamed } from '../testing/backends.js'
import { ensureBuilt } from '../testing/command-line.test.harness.js'
import { drawnEngines } from '../testing/engines.js'
import { Random } from './random.js'
import { entryPoint } from './server-process.js'

const kills = Number(process.env.HOLDFAST_TEST_GRAPH_KILLS ?? 2)
const rounds = Number(process.env.HOLDFAST_TEST_GRAPH_ROUNDS ?? 6)
const script = fileURLToPath(new URL('./graph-worker.mjs', import.meta.url))
const thread = { configurable: { thread_id: 'the thread' } }

/** What a run leaves to be cleaned up. */
const leftovers: (() => unknown)[] = []

beforeAll(() => ensureBuilt(), 300_000)

afterEach(async () => {
  for (const clean of leftovers.splice(0).reverse()) await clean()
})

/** A process that runs graphs. */
class GraphWorker {
  readonly #child
  readonly ended: Promise<unknown>
  readonly lines: string[] = []
  failure = ''
  #wake = () => {}

  constructor(database: string, words: readonly string[]) {
    const modules = ['index', 'langgraph'].map(entryPoint)
    this.#child = spawn(process.execPath, [script, ...modules, database, ...words])
    this.ended = once(this.#child, 'close').finally(() => this.#wake())
    let rest = ''
    this.#child.stdout.on('data', (text) => {
      const lines = (rest + String(text)).split('\n')
      rest = lines.pop()!
      this.lines.push(...lines)
      this.#wake()
    })
    this.#child.stderr.on('data', (text) => (this.failure += String(text)))
    leftovers.push(() => this.kill())
  }

  say(line: string): void {
    this.#child.stdin.write(`${line}\n`)
  }

  /** Resolves with the line that begins so; throws when the process ends before. */
  async told(begin: string): Promise<string> {
    for (;;) {
      const line = this.lines.find((each) => each.startsWith(begin))
      if (line !== undefined) return line
      if (this.#child.exitCode !== null) throw new Error(`it ended: ${this.failure}`)
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  end(): void {
    this.#child.stdin.end()
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.ended
  }
}

async function stateOf(holdfast: Holdfast) {
  const saver = new HoldfastSaver(holdfast.organization().checkpoints)
  return (await saver.getTuple(thread))!.checkpoint.channel_values
}

/** Each step's effect once, each step's checkpoint once, in one line. */
async function expectFiftySteps(
  holdfast: Holdfast, { threadId, conversationId }: { threadId: string; conversationId: string },
): Promise<void> {
  const numbers = Array.from({ length: 50 }, (_, number) => number)
  const { messages, checkpoints } = holdfast.organization()
  const { data } = await messages.list(conversationId, { limit: 200 })
  expect(data.map(({ content }) => content)).toEqual(numbers)
  const tuples = []
  for await (const tuple of new HoldfastSaver(checkpoints)
    .list({ configurable: { thread_id: threadId } })) tuples.push(tuple)
  expect(tuples[0]!.checkpoint.channel_values.taken).toEqual(numbers)
  // The input, its application, and the steps.
  expect(tuples.map(({ metadata }) => metadata!.step))
    .toEqual([...numbers.map((number) => 50 - number), 0, -1])
  expect(tuples.slice(0, -1).map(({ parentConfig }) => parentConfig?.configurable?.checkpoint_id))
    .toEqual(tuples.slice(1).map(({ checkpoint }) => checkpoint.id))
}

// What is in memory ends with its process.
for (const engine of drawnEngines()) {
  const reason = engine.missing === undefined ? '' : `: did not run: ${engine.missing}`
  describe.skipIf(engine.missing !== undefined)(`[${engine.name}] graphs${reason}`, () => {
    const opened = async () => {
      const lease = await engine.create()
      leftovers.push(() => lease.drop())
      const holdfast = await openHoldfast({ database: lease.url, backgroundIndexing: false })
      leftovers.push(() => holdfast.close())
      return { lease, holdfast }
    }

    it(`of two processes in one thread lose no message in ${rounds} rounds`, async () => {
      const { lease, holdfast } = await opened()
      const names = ['ada', 'grace']
      const workers = names.map((name) => (
        new GraphWorker(lease.url, ['talk', 'the thread', name])))
      await Promise.all(workers.map((worker) => worker.told('ready')))
      for (let round = 0; round < rounds; round += 1) {
        for (const worker of workers) worker.say(`${round}.`)
        await Promise.all(workers.map((worker) => worker.told(`said ${round}. `)))
      }
      for (const worker of workers) worker.end()
      await Promise.all(workers.map(({ ended }) => ended))
      expect(workers.map(({ failure }) => failure)).toEqual(['', ''])
      const messages = (await stateOf(holdfast)).messages as string[]
      const said = messages.filter((message) => !message.startsWith('heard'))
      const expected = names.flatMap((name) => (
        Array.from({ length: rounds }, (_, round) => `${name} ${round}.`)))
      expect(said.toSorted()).toEqual(expected.toSorted())
      const conflicts = workers.flatMap(({ lines }) => lines.map((line) => line.split(' ')))
        .reduce((sum, [word, , count]) => sum + (word === 'said' ? Number(count) : 0), 0)
      expect(conflicts).toBeGreaterThan(0)
      console.log(`${engine.name}: ${rounds} rounds, ${conflicts} conflicts`)
    }, 60_000 + rounds * 2_000)

    it('of four processes begin at once in an empty database', async () => {
      const lease = await engine.create()
      leftovers.push(() => lease.drop())
      const workers = Array.from({ length: 4 }, (_, place) => (
        new GraphWorker(lease.url, ['begin', `thread ${place}`])))
      await Promise.all(workers.map((worker) => worker.told('begun')))
      await Promise.all(workers.map(({ ended }) => ended))
      expect(workers.map(({ failure }) => failure).join('')).toBe('')
    }, 120_000)

    it(`of fifty steps take each of them once, though killed ${kills} times`, async () => {
      const { lease, holdfast } = await opened()
      const organization = holdfast.organization()
      const random = new Random()
      for (let killed = 0, place = 0; killed < kills; place += 1) {
        const { id } = await organization.conversations.create()
        const words = ['steps', `thread ${place}`, id]
        let reached = 0
        for (; killed < kills; killed += 1) {
          const worker = new GraphWorker(lease.url, words)
          await worker.told('')
          await sleep(random.between(0, 300))
          await worker.kill()
          expect(worker.failure).toBe('')
          const begun = worker.lines.flatMap((line) => (
            line.startsWith('begins') ? [Number(line.split(' ')[1])] : []))
          if (begun.length === 0 || worker.lines.includes('done')) break
          // What it began was acknowledged up to there; at most one step more was.
          expect([reached, reached + 1]).toContain(begun[0])
          reached = begun.at(-1)!
        }
        const last = new GraphWorker(lease.url, words)
        await last.told('done')
        await last.ended
        await expectFiftySteps(holdfast, { threadId: `thread ${place}`, conversationId: id })
      }
    }, 60_000 + kills * 20_000)
  })
}

const [postgres] = enginesNamed('postgres')

const away = postgres!.missing === undefined ? '' : `: did not run: ${postgres!.missing}`

describe.skipIf(away !== '')(`graphs${away}`, () => {
  it('survive that the server ends their idle connections', async () => {
    const lease = await postgres!.create()
    const holdfast = await openHoldfast({ database: lease.url, backgroundIndexing: false })
    leftovers.push(() => lease.drop(), () => holdfast.close())
    const saver = new HoldfastSaver(holdfast.organization().checkpoints)
    const put = async (id: string, parent?: string) => await saver.put(
      { configurable: { ...thread.configurable, checkpoint_id: parent } },
      { ...emptyCheckpoint(), id }, { source: 'loop', step: 0, parents: {} }, {})
    await put('1')
    const admin = new pg.Client({ connectionString: lease.adminUrl })
    await admin.connect()
    const { rowCount } = await admin.query(`select pg_terminate_backend(pid)
      from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`)
    await admin.end()
    expect(rowCount).toBeGreaterThan(0)
    // An error of an idle connection that nobody hears would end this process by now.
    await sleep(200)
    await put('2', '1')
    expect((await saver.getTuple(thread))?.checkpoint.id).toBe('2')
  })
})
