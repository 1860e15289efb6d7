import { afterEach, describe, expect, it } from 'vitest'
import { DatabaseMoved } from './database/failures.js'
import { TransferUnfinished } from './database/migrate.js'
import { type Holdfast, openHoldfast } from './holdfast.js'
import { enginesNamed } from './testing/backends.js'
import { type TestEngine } from './testing/engines.js'
import { transferOf } from './transfer.js'

const leftovers: (() => unknown)[] = []

afterEach(async () => {
  for (const clean of leftovers.splice(0).reverse()) await clean()
})

/** Writers that note what was acknowledged to them, until they are refused for good. */
class Writers {
  readonly acknowledged: string[] = []
  refusal: unknown
  readonly #holdfast: Holdfast
  readonly #conversationId: string
  readonly #running: Promise<unknown>
  #isOver = false

  constructor(holdfast: Holdfast, conversationId: string, name: string) {
    this.#holdfast = holdfast
    this.#conversationId = conversationId
    this.#running = Promise.all([1, 2, 3].map((who) => this.#write(`${name} ${who}`)))
  }

  async stop(): Promise<void> {
    this.#isOver = true
    await this.#running
  }

  async #write(name: string): Promise<void> {
    const { messages, conversations } = this.#holdfast.organization()
    for (let count = 0; !this.#isOver; count++) {
      const content = `${name} ${count}`
      try {
        await messages.append(this.#conversationId, { role: 'user', content })
        this.acknowledged.push(content)
        if (count % 7 === 0) {
          const { id } = await conversations.create({ title: content })
          if (count % 14 === 0) await conversations.delete(id)
        }
      } catch (error) {
        this.refusal = error
        return
      }
    }
  }
}

async function contentsOf(holdfast: Holdfast, id: string): Promise<string[]> {
  const all: string[] = []
  for (let cursor: string | undefined; ;) {
    const page = await holdfast.organization().messages.list(id, { limit: 200, cursor })
    all.push(...page.data.map(({ content }) => String(content)))
    if (page.nextCursor === null) return all
    cursor = page.nextCursor
  }
}

const pairs = enginesNamed('sqlite', 'postgres').flatMap((from) =>
  enginesNamed('sqlite', 'postgres').map((to) => {
    const missing = from.missing ?? to.missing
    const reason = missing === undefined ? '' : `: did not run: ${missing}`
    return { from, to, missing, title: `a live move from ${from.name} to ${to.name}${reason}` }
  }))

async function place(engine: TestEngine): Promise<string> {
  const lease = await engine.createReady()
  leftovers.push(() => lease.drop())
  return lease.ownerUrl
}

async function open(database: string): Promise<Holdfast> {
  const holdfast = await openHoldfast({ database })
  leftovers.push(() => holdfast.close())
  return holdfast
}

for (const { from: fromEngine, to: toEngine, missing, title } of pairs) {
  // Nothing unfinished: without the server there is nothing to move, and the name says why.
  describe.skipIf(missing !== undefined)(title, () => {
    it('loses no acknowledged write, doubles none, and brings back what came since', async () => {
      const [from, to] = [await place(fromEngine), await place(toEngine)]
      const old = await open(from)
      const { id } = await old.organization().conversations.create({ title: 'moving' })
      const writers = new Writers(old, id, 'before')
      const transfer = transferOf({ from, to })
      expect((await transfer.copy({ live: true, batchRows: 20 })).phase).toBe('following')
      await expect(openHoldfast({ database: to })).rejects.toBeInstanceOf(TransferUnfinished)
      await transfer.catchUp()
      const { fenceMs } = await transfer.cutover()
      await writers.stop()
      expect(fenceMs).toBeLessThan(10_000)
      expect(writers.refusal).toBeInstanceOf(DatabaseMoved)
      expect(writers.acknowledged.length).toBeGreaterThan(10)
      await expect(openHoldfast({ database: from })).rejects.toBeInstanceOf(DatabaseMoved)
      const fresh = await open(to)
      const [acknowledged, found] = [writers.acknowledged, await contentsOf(fresh, id)]
      expect([...found].sort()).toEqual([...acknowledged].sort())
      expect((await transfer.verify()).differences).toEqual([])

      const later = new Writers(fresh, id, 'since')
      await new Promise((done) => setTimeout(done, 100))
      await transfer.back()
      await later.stop()
      expect(later.refusal).toBeInstanceOf(DatabaseMoved)
      const again = await open(from)
      expect((await contentsOf(again, id)).sort())
        .toEqual([...acknowledged, ...later.acknowledged].sort())
      await again.organization().messages.append(id, { role: 'user', content: 'home' })
      expect((await transferOf({ from, to }).verify()).differences.map(({ table }) => table))
        .toContain('messages')
    })
  })
}
