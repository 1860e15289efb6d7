import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openHoldfast } from './holdfast.js'
import { enginesNamed } from './testing/backends.js'
import { type DatabaseLease } from './testing/engines.js'
import { addNastyRows } from './testing/nasty-rows.test.harness.js'
import { movedTables } from './lifecycle/transfer/catalogue.js'
import { openEnd } from './lifecycle/transfer/ends.js'
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

/** The references of a schema, in an order that no engine has of its own. */
async function referencesOf(url: string): Promise<string[]> {
  const { backend } = await openEnd(url, true)
  try {
    const { rows } = await backend.run(backend.engine.moving.foreignKeys)
    return rows.map(({ table, columns, parent, parent_columns: named }) => [
      table, JSON.parse(String(columns)), parent, JSON.parse(String(named)),
    ]).map((each) => JSON.stringify(each)).sort()
  } finally {
    await backend.close()
  }
}

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
    // Batches small enough that some are read as lines.
    const report = await there.copy({ batchRows: 5 })
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

  it('has the same references on both engines', async () => {
    const references = await referencesOf(first)
    expect(references.length).toBeGreaterThan(20)
    expect(await referencesOf(second)).toEqual(references)
  })
})
