import { expect, it } from 'vitest'
import { Database } from './database/database.js'
import { type Backend, type Statement } from './database/engine.js'
import { tables } from './tables.js'
import { contract, type ContractWorld } from './testing/index.js'
import { analyze, planOf, watchedBackend } from './testing/plans.test.harness.js'
import { exportPerson } from './lifecycle/personal-data/export.js'
import { type AnyTables } from './lifecycle/personal-data/parts.js'

/** Somebody who acts in the organization of a world. */
async function person({ holdfast, organizationId }: ContractWorld) {
  const { id: userId } = await holdfast.identity.createUser({
    email: `${holdfast.ids.next()}@export.test`, password: 'correct horse battery',
  })
  return { userId, stores: holdfast.organization(organizationId, { id: `user:${userId}`, userId }) }
}

const exported = (world: ContractWorld, userId: string, backend: Backend) => exportPerson({
  database: Database.over<AnyTables>(backend).within('all'),
  tables,
  stores: (id) => world.holdfast.organization(id),
}, userId)

contract('the export of a person', (open) => {
  it('reads few long rows at once', async () => {
    const world = await open()
    const { userId, stores: { conversations, messages } } = await person(world)
    const { id } = await conversations.create()
    for (let count = 0; count < 24; count++) {
      await messages.append(id, { role: 'user', content: 'x'.repeat(1_000_000) })
    }
    const { backend } = world.holdfast
    const read: number[] = []
    const measured: Backend = {
      ...watchedBackend(backend, () => undefined),
      run: async (statement) => {
        const result = await backend.run(statement)
        const values = result.rows.flatMap((row) => Object.values(row))
        read.push(values.reduce<number>((sum, value) =>
          sum + (typeof value === 'string' ? value.length : 0), 0))
        return result
      },
    }
    let rows = 0
    for await (const line of exported(world, userId, measured)) {
      if (line.type === 'row' && line.table === 'messages') rows += 1
    }
    expect(rows).toBe(24)
    expect(Math.max(...read)).toBeLessThan(6_000_000)
  })

  it('enters indexes, whatever there is of others, and sorts nothing again and again', async () => {
    const world = await open()
    const others = await person(world)
    const { userId, stores } = await person(world)
    for (const { stores: { conversations, messages, usage } } of [others, others, { stores }]) {
      const { id: conversationId } = await conversations.create()
      await messages.appendMany(conversationId, Array.from({ length: 100 }, () =>
        ({ role: 'user', content: 'x' })))
      for (let count = 0; count < 10; count++) {
        await usage.recordMany(Array.from({ length: 200 }, (_, index) => ({
          type: 'x', conversationId, durationMs: index,
          occurredAt: `2026-03-${String(10 + count)}T00:00:00.000000Z`,
        })))
      }
    }
    await world.holdfast.usageKeeper().pass()
    await analyze(world)
    const sent: Statement[] = []
    const watching = watchedBackend(world.holdfast.backend, (statement) => sent.push(statement))
    const counts: Record<string, number> = {}
    const ids = new Set<unknown>()
    for await (const { table, row } of exported(world, userId, watching)) {
      counts[String(table)] = (counts[String(table)] ?? 0) + 1
      if (table === 'usage_events') ids.add((row as { id: string }).id)
    }
    expect(counts).toMatchObject({ messages: 100, usage_events: 2_000, usage_rollups: 20 })
    expect(ids.size).toBe(2_000)
    const seen = new Set<string>()
    for (const statement of sent) {
      const { sql } = statement
      const isOfMany = /from "(messages|usage_\w+)"/.test(sql) && !/"author" =/.test(sql)
      if (!isOfMany || seen.has(sql)) continue
      seen.add(sql)
      const plan = await planOf(world, statement)
      expect(plan).not.toMatch(/Seq Scan on|SCAN (messages|usage_\w+)$/m)
      if (/from "usage_events" .*"user_id" =/.test(sql)) {
        expect(plan).not.toMatch(/-> {2}Sort {2}|USE TEMP B-TREE FOR ORDER BY/)
      }
    }
    expect(seen.size).toBeGreaterThan(5)
  }, 60_000)
})
