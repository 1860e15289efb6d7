import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openHoldfast } from './holdfast.js'
import { enginesNamed } from './testing/backends.js'
import { type DatabaseLease } from './testing/engines.js'
import { addNastyRows } from './testing/nasty-rows.test.harness.js'
import { movedTables } from './lifecycle/transfer/catalogue.js'
import { furnishHome } from './testing/isolation/index.js'
import { tables } from './tables.js'
import { transferOf } from './transfer.js'

const [[sqlite], [postgres]] = [enginesNamed('sqlite'), enginesNamed('postgres')]

const seed = Number(process.env.HOLDFAST_TEST_SEED ?? Date.now() % 1_000_000)

const leases: DatabaseLease[] = []

/** A database that a transfer may fill. */
async function place(engine = sqlite!): Promise<string> {
  const lease = await (engine === postgres ? engine.createReady() : engine.create())
  leases.push(lease)
  return lease.ownerUrl
}

afterAll(async () => {
  for (const lease of leases) await lease.drop()
})

const { missing } = postgres!
const reason = missing === undefined ? '' : `: did not run: ${missing}`

// Nothing unfinished: without the server there is nothing to move to, and the name says why.
describe.skipIf(missing !== undefined)(`a whole database${reason}`, () => {
  let [first, second, third] = ['', '', '']
  const rootKey = randomBytes(32).toString('base64url')
  beforeAll(async () => {
    [first, second, third] = [await place(), await place(postgres), await place()]
    const holdfast = await openHoldfast({ database: first, rootKey })
    await furnishHome(holdfast)
    await holdfast.close()
    await addNastyRows(first, movedTables(tables), { rows: 30, seed })
  })

  it('goes there and back with equal content', async () => {
    const there = transferOf({ from: first, to: second })
    const plan = await there.plan()
    expect(plan.findings).toEqual([])
    const report = await there.copy()
    const empty = plan.tables.filter(({ rows }) => rows === 0)
    expect(empty).toEqual([])
    const verdict = await there.verify()
    expect(verdict.differences).toEqual([])
    const back = transferOf({ from: second, to: third })
    expect((await back.plan()).findings).toEqual([])
    await back.copy()
    const same = await transferOf({ from: first, to: third }).verify()
    expect(same.differences).toEqual([])
    expect(same.equal).toBe(true)
    expect(tables.length).toBe(Object.keys(report.rows).length + 2)
  })
})
