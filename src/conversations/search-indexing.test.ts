import { expect, it } from 'vitest'
import { type Backend } from '../database/engine.js'
import { Database } from '../database/database.js'
import { contract, type ContractWorld } from '../testing/index.js'
import { watchedBackend } from '../testing/plans.test.harness.js'
import { IndexBatch } from './index-batch.js'
import { stepMax } from './indexing.js'
import { type ConversationTables } from './tables.js'
import { MessageIndexer, MessageLog, type MessageSearch, MessageStore } from './index.js'
import { type ConversationKey } from './transfer-format.js'

const say = (content: string) => ({ role: 'user', content })
const many = (count: number, say: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => ({ role: 'user', content: say(index) }))

const turn = () => new Promise((done) => setImmediate(done))

/** A log of its own on the database of a world, with its indexer at hand and not at work. */
async function stage(world: ContractWorld, backend: Backend = world.holdfast.backend) {
  const { holdfast: { clock, ids, coordination: { signals } }, organizationId } = world
  const database = Database.over<ConversationTables>(backend).within('all')
  const log = new MessageLog(database, { clock, ids, signals })
  const resume = log.indexing.pause()
  const messages = new MessageStore(log, { organizationId, actor: { id: 'test' } })
  const { id } = await world.organization.conversations.create()
  const key = { organizationId, conversationId: id } as ConversationKey
  const find = async (search: MessageSearch) => {
    const { data, complete } = await messages.search({ limit: 200, ...search })
    return { complete, found: data.map(({ message }) => message.content) }
  }
  /** Rows of a table that belong to the conversation. */
  const rowsIn = async (table: 'message_terms' | 'search_dirty' | 'search_progress') => {
    const query = database.write.selectFrom(table).select('conversation_id')
      .where('organization_id', '=', key.organizationId)
      .where('conversation_id', '=', key.conversationId)
    return (await database.all(query)).length
  }
  return { database, log, messages, id, key, find, rowsIn, resume, indexing: log.indexing }
}

/** As if the process were killed: a batch is lost before its commit, or its answer is. */
function mortal(backend: Backend): Backend {
  let count = 0
  const died = () => { throw new Error('killed') }
  return {
    ...backend, engine: backend.engine,
    run: (statement) => (count++ % 5 === 4 ? died() : backend.run(statement)),
    atomic: async (statements) => {
      const fate = count++ % 3
      if (fate === 0) return died()
      const results = await backend.atomic(statements)
      return fate === 1 ? died() : results
    },
  }
}

/** Runs `work` while an indexer takes one step after the other, and dies now and then. */
async function beside<R>(step: () => Promise<unknown>, work: () => Promise<R>): Promise<R> {
  let isOver = false
  const indexer = async () => {
    while (!isOver) {
      await step().catch(() => undefined)
      await turn()
    }
  }
  const running = indexer()
  try {
    return await work()
  } finally {
    isOver = true
    await running
  }
}

type Stage = Awaited<ReturnType<typeof stage>>
type Step = (stage: Stage, world: ContractWorld) => () => Promise<unknown>

const modes: readonly (readonly [string, Step])[] = [
  ['stands still', () => async () => undefined],
  ['is at work', ({ indexing, key }) => () => indexing.batch.step([key], 3)],
  ['is killed again and again', ({ key }, { holdfast }) => {
    const database = Database.over<ConversationTables>(mortal(holdfast.backend)).within('all')
    const batch = new IndexBatch(database, holdfast.ids)
    return () => batch.step([key], 3)
  }],
]

contract('search behind an indexer', (open) => {
  it.each(modes)('finds what is acknowledged at once while it %s', async (_, stepOf) => {
    const world = await open()
    const here = await stage(world)
    await beside(stepOf(here, world), async () => {
      for (let count = 0; count < 100; count++) {
        await here.messages.append(here.id, say(`word w${count}`))
        expect(await here.find({ q: `w${count}` }))
          .toEqual({ complete: true, found: [`word w${count}`] })
      }
    })
    const { found } = await here.find({ q: 'word' })
    expect(found).toEqual(Array.from({ length: 100 }, (_, index) => `word w${99 - index}`))
  }, 60_000)

  it.each(modes)('misses nothing of 20 writers while it %s', async (_, stepOf) => {
    const world = await open()
    const here = await stage(world)
    const acknowledged: string[] = []
    let isOver = false
    const writers = () => Array.from({ length: 20 }, async (_, writer) => {
      for (let count = 0; count < 15; count++) {
        const content = `word by${writer} w${count}`
        await here.messages.append(here.id, say(content))
        acknowledged.push(content)
      }
    })
    await beside(stepOf(here, world), async () => {
      const writing = Promise.all(writers()).finally(() => { isOver = true })
      for (let isLast = false; !isLast;) {
        isLast = isOver
        // A database in memory answers at once: others must come to their turn.
        await turn()
        const before = [...acknowledged]
        const seen = new Set<unknown>()
        let cursor: string | undefined
        do {
          const page = await here.messages.search({ q: 'word', limit: 50, cursor })
          expect(page.complete).toBe(true)
          for (const { message } of page.data) {
            expect(seen.has(message.content)).toBe(false)
            seen.add(message.content)
          }
          cursor = page.nextCursor ?? undefined
        } while (cursor !== undefined)
        expect(before.filter((content) => !seen.has(content))).toEqual([])
      }
      await writing
    })
    expect(acknowledged).toHaveLength(300)
  }, 60_000)

  it.each(modes)('shows changes and erasures at once while it %s', async (_, stepOf) => {
    const world = await open()
    const here = await stage(world)
    const { id, messages } = here
    await beside(stepOf(here, world), async () => {
      for (let count = 0; count < 30; count++) {
        const message = await messages.append(id, say(`before b${count}`))
        const name = { conversationId: id, id: message.id }
        if (count % 2 === 0) await here.indexing.catchUp([here.key])
        await messages.update(name, { content: `after a${count}` })
        expect((await here.find({ q: `b${count}` })).found).toEqual([])
        expect((await here.find({ q: `a${count}` })).found).toEqual([`after a${count}`])
        if (count % 3 !== 0) continue
        await messages.delete(id, message.id)
        expect((await here.find({ q: `a${count}` })).found).toEqual([])
      }
    })
    await here.indexing.catchUp([here.key])
    expect((await here.find({ q: 'after' })).found).toHaveLength(20)
    expect([await here.rowsIn('message_terms'), await here.rowsIn('search_dirty')]).toEqual([20, 0])
  }, 60_000)

  it('keeps no word that was read before its message was erased', async () => {
    const world = await open()
    const { holdfast: { backend } } = world
    const here = await stage(world)
    const message = await here.messages.append(here.id, say('canary'))
    // The erasure comes when the words were taken and not yet kept.
    let isErased = false
    const slow: Backend = {
      ...backend, engine: backend.engine, run: (statement) => backend.run(statement),
      atomic: async (statements) => {
        if (!isErased) await here.messages.delete(here.id, message.id)
        isErased = true
        return backend.atomic(statements)
      },
    }
    const database = Database.over<ConversationTables>(slow).within('all')
    await new IndexBatch(database, world.holdfast.ids).step([here.key], stepMax)
    expect([isErased, await here.rowsIn('message_terms')]).toEqual([true, 0])
    await here.indexing.catchUp([here.key])
    expect([await here.rowsIn('message_terms'), await here.rowsIn('search_dirty')]).toEqual([0, 0])
  })
})

contract('an append', (open) => {
  it('asks nothing of search, by no statement and by no trigger', async () => {
    const world = await open()
    const { holdfast: { backend } } = world
    const seen: string[] = []
    const here = await stage(world, watchedBackend(backend, ({ sql }) => seen.push(sql)))
    const first = await here.messages.append(here.id, say('one'))
    await here.messages.append(here.id, say('two'), { idempotencyKey: 'k' })
    await here.messages.append(here.id, { ...say('three'), parentMessageId: first.id })
    await here.messages.appendMany(here.id, many(3, String))
    expect(seen.length).toBeGreaterThan(3)
    expect(seen.filter((sql) => /search_|message_terms|message_words/.test(sql))).toEqual([])
    const triggers = (await backend.definitions()).filter((each) => /trigger/i.test(each))
    expect(triggers.join('\n')).toMatch(/update of content on (public\.)?messages/i)
    expect(triggers.filter((each) => /insert\s+on (public\.)?messages\b/i.test(each))).toEqual([])
  })
})

contract('an indexer', (open) => {
  it('takes each word once, however many are at work', async () => {
    const world = await open()
    const here = await stage(world)
    await here.messages.appendMany(here.id, many(300, (index) => `word w${index}`))
    const others = await Promise.all([1, 2].map(() => stage(world)))
    await Promise.all([here, ...others].map(({ indexing }) => indexing.catchUp([here.key])))
    expect(await here.rowsIn('message_terms')).toBe(300)
    const { data } = await here.messages.search({ q: 'w7*', limit: 200 })
    expect(data.map(({ message }) => message.position)).toEqual(
      [...Array.from({ length: 10 }, (_, index) => 80 - index), 8])
  })

  it('works by itself once the process is quiet, and after it was told to go on', async () => {
    const here = await stage(await open())
    await here.messages.append(here.id, say('word'))
    await new Promise((done) => setTimeout(done, 300))
    expect(await here.rowsIn('message_terms')).toBe(0)
    here.resume()
    await expect.poll(() => here.rowsIn('message_terms')).toBe(1)
    await here.messages.append(here.id, say('another word'))
    await expect.poll(() => here.rowsIn('message_terms')).toBe(2)
    await here.indexing.close()
  })

  it('takes what was there before there was search, in its old order, to the end', async () => {
    const world = await open()
    const here = await stage(world)
    const more = await stage(world)
    await here.messages.appendMany(here.id, many(120, (index) => `old ${index}`))
    await more.messages.append(more.id, say('old other'))
    const gone = await more.messages.append(more.id, say('old gone'))
    await more.messages.delete(more.id, gone.id)
    await here.database.run(here.database.write.deleteFrom('search_progress'))
    const told: unknown[] = []
    const indexer = new MessageIndexer(here.log, { onEvent: (event) => told.push(event) }).start()
    await expect.poll(() => told, { timeout: 20_000 })
      .toEqual([{ kind: 'finished', messages: expect.any(Number) }])
    await indexer.close()
    expect([await here.rowsIn('message_terms'), await more.rowsIn('message_terms')])
      .toEqual([120, 1])
    const old = Array.from({ length: 120 }, (_, index) => `old ${119 - index}`)
    expect(await here.find({ q: 'old' })).toEqual({ complete: true, found: ['old other', ...old] })
    expect(await new MessageIndexer(here.log).pass()).toBe(0)
  }, 60_000)

  it('is helped by a search where too much is left to be read', async () => {
    const world = await open()
    const here = await stage(world)
    const { holdfast, organizationId } = world
    for (let count = 0; count < 5; count++) {
      await here.messages.appendMany(here.id, many(500, (index) => `word ${count} w${index}`))
    }
    const inside = await holdfast.transaction((transaction) =>
      transaction.organization(organizationId).messages.search({ q: 'w7', limit: 200 }))
    expect(inside.complete).toBe(false)
    expect(await here.rowsIn('message_terms')).toBe(0)
    for (let complete = false; !complete;) {
      const found = await here.find({ q: 'w7' })
      complete = found.complete
      if (complete) expect(found.found).toHaveLength(5)
    }
    expect(await here.rowsIn('message_terms')).toBeGreaterThan(0)
  }, 60_000)

  it('is in nobody’s way when a conversation goes away', async () => {
    const world = await open()
    const here = await stage(world)
    const { organization: { conversations } } = world
    await here.messages.appendMany(here.id, many(100, (index) => `word w${index}`))
    await beside(() => here.indexing.batch.step([here.key], 3), async () => {
      await new Promise((done) => setTimeout(done, 20))
      await conversations.delete(here.id)
    })
    expect(await here.rowsIn('message_terms')).toBe(0)
    expect(await here.rowsIn('search_progress')).toBe(0)
    expect((await here.find({ q: 'word' })).found).toEqual([])
  })
})
