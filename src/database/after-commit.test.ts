import { beforeAll, expect, it } from 'vitest'
import { onEveryEngine } from '../testing/backends.js'
import { Database } from './database.js'

interface Tables {
  notes: { text: string }
}

/** Resolves after so many turns of the microtask queue. */
async function turnsLater(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await undefined
}

onEveryEngine('what waits for a commit', (world) => {
  let database: Database<Tables>
  beforeAll(async () => {
    database = Database.over<Tables>(world().backend)
    const sql = `create table notes (text ${database.engine.types.text} not null)`
    await database.execute({ sql, parameters: [] })
  })

  const note = (on: Database<Tables>, text: string) =>
    on.run(on.write.insertInto('notes').values({ text }))

  it('runs at once outside a transaction', () => {
    let ran = false
    database.afterCommit(() => { ran = true })
    expect(ran).toBe(true)
  })

  it('runs after the commit, in order, once', async () => {
    const seen: string[] = []
    await database.transaction(async (transaction) => {
      transaction.afterCommit(() => seen.push('first'))
      await note(transaction, 'a')
      transaction.as<Tables>().afterCommit(() => seen.push('second'))
      expect(seen).toEqual([])
    })
    expect(seen).toEqual(['first', 'second'])
  })

  it('never runs when the transaction is taken back', async () => {
    const seen: string[] = []
    const failing = database.transaction(async (transaction) => {
      transaction.afterCommit(() => seen.push('never'))
      await note(transaction, 'c')
      throw new Error('changed my mind')
    })
    await expect(failing).rejects.toThrow('changed my mind')
    expect(seen).toEqual([])
  })

  it('of a nested transaction waits for the outer one, and falls with its own', async () => {
    const seen: string[] = []
    await database.transaction(async (outer) => {
      await outer.transaction(async (inner) => {
        inner.afterCommit(() => seen.push('inner'))
      })
      expect(seen).toEqual([])
      const failing = outer.transaction(async (inner) => {
        inner.afterCommit(() => seen.push('never'))
        throw new Error('only this part')
      })
      await expect(failing).rejects.toThrow('only this part')
    })
    expect(seen).toEqual(['inner'])
  })

  it('may itself write, however soon after the commit', async () => {
    for (let turns = 0; turns < 24; turns++) {
      const written: Promise<number>[] = []
      await database.transaction(async (transaction) => {
        await note(transaction, 'in time')
        transaction.afterCommit(() => {
          written.push(turnsLater(turns).then(() => note(database, 'afterwards')))
        })
      })
      expect(await written[0]).toBe(1)
    }
  })
})
