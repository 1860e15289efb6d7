import { relative } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { connect } from './database/connect.js'
import { sqliteDriver } from './database/dialects/sqlite-driver.js'
import { type Backend } from './database/engine.js'
import { openHoldfast } from './holdfast.js'
import { movedTables } from './lifecycle/transfer/catalogue.js'
import { catchUp } from './lifecycle/transfer/cutover.js'
import { openEnd } from './lifecycle/transfer/ends.js'
import { type TransferEvent } from './lifecycle/transfer/events.js'
import { tables } from './tables.js'
import { enginesNamed } from './testing/backends.js'
import { type TestEngine } from './testing/engines.js'
import { around, type Leftovers, place as placeOn } from './testing/moving.test.harness.js'
import { transferOf } from './transfer.js'

const leftovers: Leftovers = []
const place = (engine: TestEngine) => placeOn(engine, leftovers)

afterEach(async () => {
  for (const clean of leftovers.splice(0).reverse()) await clean()
})

/** What a version of tomorrow does to a database. */
async function migrateFurther(url: string): Promise<void> {
  const backend = await connect(url)
  for (const sql of [
    'alter table conversations add column colour text',
    `update conversations set colour = 'blue'`,
    `insert into holdfast_migrations (name, applied_at) values ('9000_next', 'today')`,
  ]) await backend.run({ sql, parameters: [], reach: 'all' })
  await backend.close()
}

/** Something that is waited for until it is opened. */
function gate() {
  let open: () => void = () => undefined
  const opened = new Promise<void>((resolve) => { open = resolve })
  return { open: () => open(), opened }
}

/** A backend that waits before each transaction. */
const waiting = (backend: Backend, wait: () => Promise<void>) =>
  around(backend, async (transaction) => {
    await wait()
    return transaction()
  })

const [sqlite] = enginesNamed('sqlite')

it('leaves the source in use when its schema changes behind the comparison', async () => {
  const [from, to] = [await place(sqlite!), await place(sqlite!)]
  await (await openHoldfast({ database: from })).close()
  await transferOf({ from, to }).copy({ live: true })
  const ledger = (sql: string) => {
    const opened = new (sqliteDriver().DatabaseSync)(from.replace('sqlite:', ''), {})
    opened.exec(sql)
    opened.close()
  }
  const onEvent = (event: TransferEvent) => {
    if (event.type !== 'phase' || event.phase !== 'fence') return
    ledger(`insert into holdfast_migrations (name, applied_at) values ('9000_next', 'today')`)
  }
  await expect(transferOf({ from, to, onEvent }).cutover())
    .rejects.toMatchObject({ code: 'transfer_refused' })
  ledger(`delete from holdfast_migrations where name = '9000_next'`)
  const server = await openHoldfast({ database: from })
  leftovers.push(() => server.close())
  await server.organization().conversations.create({ title: 'and goes on' })
})

for (const engine of enginesNamed('sqlite', 'postgres')) {
  const reason = engine.missing === undefined ? '' : `: did not run: ${engine.missing}`
  // Nothing unfinished: without the server there is nothing to move, and the name says why.
  describe.skipIf(engine.missing !== undefined)(`a move from ${engine.name}${reason}`, () => {
    /** A source with a row that a server has open, and the move of it into a file. */
    async function begun() {
      const [from, to] = [await place(engine), await place(sqlite!)]
      const server = await openHoldfast({ database: from })
      leftovers.push(() => server.close())
      const { conversations } = server.organization()
      await conversations.create({ title: 'one' })
      return { from, to, conversations, transfer: transferOf({ from, to }) }
    }

    it('goes on only to a source of one schema: nothing of a newer one stays behind', async () => {
      const { from, conversations, transfer } = await begun()
      await transfer.copy({ live: true })
      await migrateFurther(from)
      for (const step of ['catchUp', 'cutover'] as const) {
        await expect(transfer[step]()).rejects.toMatchObject({
          code: 'transfer_refused', message: expect.stringContaining('9000_next'),
        })
      }
      await conversations.create({ title: 'and goes on' })
    })

    it('writes nothing any more into a target that servers were let into meanwhile', async () => {
      const { from, to, conversations, transfer } = await begun()
      const { data: [one] } = await conversations.list()
      await transfer.copy({ live: true })
      await conversations.update(one!.id, { title: 'of the old server' })
      const [source, target] = [await openEnd(from, false), await openEnd(to, false)]
      leftovers.push(() => source.backend.close(), () => target.backend.close())
      const [reading, goOn] = [gate(), gate()]
      const late = catchUp({
        source: { ...source, backend: waiting(source.backend, async () => reading.open()) },
        target: { ...target, backend: waiting(target.backend, () => goOn.opened) },
        tables: movedTables(tables), watch: {},
      })
      late.catch(() => undefined)
      await reading.opened
      if (!source.backend.engine.rowLocks) {
        // What is read there keeps the cutover out until it is done.
        goOn.open()
        return void await late
      }
      const cutover = transfer.cutover()
      cutover.catch(() => undefined)
      // It takes its log back only when nobody reads there any more; the target is open before.
      const server = await vi.waitFor(() => openHoldfast({ database: to }), 10_000)
      leftovers.push(() => server.close())
      const moved = server.organization().conversations
      await moved.update(one!.id, { title: 'of the new server' })
      goOn.open()
      await expect(late).rejects.toMatchObject({ code: 'transfer_refused' })
      await cutover
      expect((await moved.get(one!.id)).title).toBe('of the new server')
    })

    it('says that it was called off to whoever goes on with it', async () => {
      const { transfer } = await begun()
      await transfer.copy({ live: true })
      await transfer.end()
      for (const step of [
        () => transfer.copy({ live: true }), () => transfer.catchUp(), () => transfer.cutover(),
      ]) {
        await expect(step()).rejects.toMatchObject({
          code: 'transfer_refused', message: expect.stringContaining('with an empty target'),
        })
      }
    })

    it('ends for good only with the target it went to: no old server writes again', async () => {
      const { from, to, conversations, transfer } = await begun()
      await transfer.copy({ live: true })
      await transfer.cutover()
      const other = transferOf({ from, to: await place(sqlite!) })
      await expect(other.end()).rejects.toMatchObject({ code: 'transfer_refused' })
      await expect(conversations.create()).rejects.toMatchObject({ code: 'database_moved' })
      // The same file, from the folder one is in.
      const near = relative(process.cwd(), to.replace('sqlite:', ''))
      await transferOf({ from, to: `sqlite:${near}` }).end()
      await expect(conversations.create()).rejects.toMatchObject({ code: 'database_moved' })
    })
  })
}
