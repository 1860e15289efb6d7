import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect } from './database/connect.js'
import { openHoldfast } from './holdfast.js'
import { enginesNamed } from './testing/backends.js'
import { type DatabaseLease } from './testing/engines.js'
import { type TransferOptions } from './lifecycle/transfer/index.js'
import { transferOf } from './transfer.js'

const leases: DatabaseLease[] = []
let from = ''

/** More than two batches, so that the comparison goes in several steps. */
const messages = 2_600

beforeAll(async () => {
  const lease = await enginesNamed('sqlite')[0]!.create()
  leases.push(lease)
  from = lease.ownerUrl
  const holdfast = await openHoldfast({ database: from })
  const { conversations, messages: store } = holdfast.organization()
  const { id } = await conversations.create()
  for (let made = 0; made < messages; made += 260) {
    await store.appendMany(id, Array.from({ length: 260 }, (_, index) => (
      { role: 'user', content: `m${made + index}\n\\` })))
  }
  await holdfast.close()
}, 60_000)

afterAll(async () => {
  for (const lease of leases) await lease.drop()
})

/** Stops a copy when all rows are in the target and nothing else is. */
async function copiedUnended(options: TransferOptions): Promise<void> {
  const stop = new AbortController()
  const transfer = transferOf({
    ...options, signal: stop.signal,
    onEvent: (event) => {
      if (event.type === 'phase' && event.phase === 'indexes') stop.abort()
    },
  })
  await expect(transfer.copy({ verify: true })).rejects.toMatchObject({ code: 'transfer_stopped' })
}

async function changeOne(url: string, model: string | null): Promise<void> {
  const backend = await connect(url)
  await backend.run({
    sql: `update messages set model = ${model === null ? 'null' : `'${model}'`} where id = (
      select id from messages order by organization_id, conversation_id, id limit 1 offset 1500)`,
    parameters: [], reach: 'all',
  })
  await backend.close()
}

for (const engine of enginesNamed('sqlite', 'postgres')) {
  // Nothing unfinished: without the server there is nothing to move to, and the name says why.
  const title = `a copy into ${engine.name} that compares${engine.missing ?? ''}`
  describe.skipIf(engine.missing !== undefined)(title, () => {
    it('finds both equal, with the hashes of a comparison alone', async () => {
      const target = await engine.createReady()
      leases.push(target)
      const transfer = transferOf({ from, to: target.ownerUrl })
      const { phase, verdict, written } = await transfer.copy({ verify: true })
      expect([phase, verdict?.equal]).toEqual(['copied', true])
      expect(written).toBeGreaterThan(messages)
      expect(verdict).toEqual(await transfer.verify())
      expect(verdict?.tables.find(({ table }) => table === 'messages')?.source.rows).toBe(messages)
      const again = await transfer.copy({ verify: true })
      expect([again.written, again.verdict]).toEqual([0, verdict])
    }, 60_000)

    it('keeps servers out of a target that differs, until it does no more', async () => {
      const target = await engine.createReady()
      leases.push(target)
      const to = target.ownerUrl
      await copiedUnended({ from, to })
      await changeOne(target.adminUrl, 'other')
      const transfer = transferOf({ from, to })
      const { phase, verdict } = await transfer.copy({ verify: true })
      expect([phase, verdict?.equal]).toEqual(['differing', false])
      expect(verdict?.differences).toMatchObject([
        { table: 'messages', kind: 'changed', column: 'model' }])
      expect(verdict).toEqual(await transfer.verify())
      await expect(transfer.copy()).rejects.toMatchObject({
        code: 'transfer_refused', message: expect.stringContaining('differs') })
      await expect(openHoldfast({ database: to })).rejects.toMatchObject({
        code: 'transfer_unfinished' })
      await changeOne(target.adminUrl, null)
      expect(await transfer.copy({ verify: true })).toMatchObject({
        phase: 'copied', written: 0, verdict: { equal: true } })
      await (await openHoldfast({ database: to })).close()
    }, 60_000)
  })
}

it('compares nothing that is still being changed', async () => {
  const transfer = transferOf({ from, to: 'sqlite:./never-made.db' })
  await expect(transfer.copy({ live: true, verify: true })).rejects.toMatchObject({
    code: 'transfer_refused' })
})
