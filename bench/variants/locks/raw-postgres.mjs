import { randomUUID } from 'node:crypto'
import pg from 'pg'

const create = `
  create table if not exists bare_locks (
    name text primary key, owner uuid, fence bigint not null, expires_at timestamptz not null)`

const acquire = `
  insert into bare_locks as held (name, owner, fence, expires_at)
  values ($1, $2, 1, clock_timestamp() + interval '30 seconds')
  on conflict (name) do update
  set owner = excluded.owner, fence = held.fence + 1, expires_at = excluded.expires_at
  where held.owner is null or held.expires_at <= clock_timestamp()
  returning fence, expires_at`

const release = `
  update bare_locks set owner = null where name = $1 and owner = $2 and fence = $3`

/** node-postgres: one upsert, one release, as named statements. No waiting. */
export async function connect({ postgres, connections }) {
  const pool = new pg.Pool({ connectionString: postgres, max: connections })
  await pool.query(create)
  return {
    async acquire(name) {
      const owner = randomUUID()
      const { rows } = await pool.query({ name: 'acquire', text: acquire, values: [name, owner] })
      if (rows.length === 0) throw new Error(`${name} is held`)
      const values = [name, owner, rows[0].fence]
      return async () => {
        const { rowCount } = await pool.query({ name: 'release', text: release, values })
        if (rowCount !== 1) throw new Error(`${name} was not held`)
      }
    },
    close: () => pool.end(),
  }
}
