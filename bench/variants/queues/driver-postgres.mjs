import pg from 'pg'
import { numberedId } from '../../harness/workload.mjs'

const insert = {
  name: 'insert',
  text: `
    insert into bare_jobs (organization_id, id, queue, state, priority, payload, holds_key, attempt,
      attempts_max, failures, crashes, crashes_max, backoff_base_ms, backoff_cap_ms, run_at,
      created_at, redrives)
    select $1::uuid, b.id, 'bench', 'ready', 0, b.payload::json, false, 0, 5, 0, 0, 3, 1000, 600000,
      now(), now(), 0
    from unnest($2::uuid[], $3::text[]) as b (id, payload)`,
}

/**
 * What waiting for a disk leaves: all waiting calls in one prepared insert, one at a time, on one
 * connection, into a table with the indexes of Holdfast's jobs and none of its foreign keys.
 */
export async function connect({ dist, postgres }) {
  const { openHoldfast } = await import(`${dist}/index.js`)
  await (await openHoldfast({ database: postgres })).close()
  const client = new pg.Client({ connectionString: postgres })
  await client.connect()
  await client.query('create table bare_jobs (like jobs including all)')
  const organizationId = numberedId(0)
  let number = 0
  let waiting = []
  let isBusy = false

  const flush = async () => {
    const calls = waiting
    waiting = []
    const ids = calls.map(({ id }) => id)
    const payloads = calls.map(({ payload }) => payload)
    await client.query({ ...insert, values: [organizationId, ids, payloads] })
    for (const { resolve } of calls) resolve()
    isBusy = false
    next()
  }
  const next = () => {
    if (isBusy) return
    isBusy = true
    setImmediate(() => {
      if (waiting.length > 0) void flush()
      else isBusy = false
    })
  }
  return {
    enqueue: (payload) => new Promise((resolve) => {
      waiting.push({ id: numberedId(++number), payload: JSON.stringify(payload), resolve })
      next()
    }),
    async waiting() {
      const { rows: [row] } = await client.query('select count(*)::int as count from bare_jobs')
      return row.count
    },
    close: () => client.end(),
  }
}
