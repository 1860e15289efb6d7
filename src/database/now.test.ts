import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { millisecondsOf } from '../clock.js'
import { onEveryEngine } from '../testing/backends.js'
import { instant } from './columns.js'
import { Database, prepare } from './database.js'

onEveryEngine('the database’s clock', (world) => {
  const database = () => Database.over<object>(world().backend)

  async function readNow(offsetMs?: number): Promise<number> {
    const on = database()
    const query = on.write.selectNoFrom(on.engine.now(offsetMs).as('now'))
    const row = await on.first(query)
    return millisecondsOf(instant().decode(row!.now))
  }

  it('gives moments in stored form that agree with this machine’s clock', async () => {
    expect(Math.abs((await readNow()) - Date.now())).toBeLessThan(5_000)
  })

  it('gives moments ahead and behind, to the millisecond', async () => {
    const now = await readNow()
    expect((await readNow(60_250)) - now).toBeGreaterThanOrEqual(60_249)
    expect((await readNow(60_250)) - now).toBeLessThan(65_000)
    expect((await readNow(-3_600_000)) - now).toBeLessThan(-3_590_000)
  })

  it('takes the distance as a parameter of a prepared statement', async () => {
    const on = database()
    const statement = prepare<{ offset: number }>('now_with_offset', (parameter) =>
      on.write.selectNoFrom([
        on.engine.now().as('now'), on.engine.now(parameter('offset')).as('later'),
      ]))
    const { rows: [row] } = await on.execute(statement({ offset: 1_500 }))
    const [now, later] = [row!.now, row!.later].map((each) => instant().decode(each))
    expect(millisecondsOf(later!) - millisecondsOf(now!)).toBe(1_500)
  })

  it('stands still within a statement', async () => {
    const on = database()
    const { now } = on.engine
    const same = sql<unknown>`case when ${now()} = ${now()} then 1 else 0 end`
    const row = await on.first(on.write.selectNoFrom(same.as('same')))
    expect(Number(row!.same)).toBe(1)
  })
})
