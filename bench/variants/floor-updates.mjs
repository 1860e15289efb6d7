import pg from 'pg'
import { inTurn } from '../harness/workload.mjs'

const statements = [
  'update bare_floors set waiting = waiting + 1 where id = $1',
  'update bare_floors set fence = fence + 1, waiting = waiting - 1 where id = $1',
  'update bare_floors set fence = fence + 1 where id = $1',
]

/** What a cycle needs at least: three updates of a row, each committed by itself. */
export async function open({ postgres, connections, conversations }) {
  const pool = new pg.Pool({ connectionString: postgres, max: connections })
  await pool.query(`
    create table bare_floors (id int primary key, fence bigint not null, waiting int not null)`)
  await pool.query(`insert into bare_floors select n, 0, 0 from generate_series(1, $1::int) n`, [
    conversations,
  ])
  const next = inTurn(Array.from({ length: conversations }, (_, index) => index + 1))
  return {
    async operation() {
      const values = [next()]
      for (const [index, text] of statements.entries()) {
        await pool.query({ name: `update ${index}`, text, values })
      }
    },
    close: () => pool.end(),
  }
}
