import { numberedId } from '../../harness/workload.mjs'
import { openRawSqlite } from '../raw-sqlite.mjs'

const name = 'bench'

const insertText = `
  insert into jobs (organization_id, id, queue, state, priority, payload, holds_key, attempt,
    attempts_max, failures, crashes, crashes_max, backoff_base_ms, backoff_cap_ms, run_at,
    created_at, redrives)
  values (?, ?, '${name}', 'ready', 0, ?, 0, 0, 5, 0, 0, 3, 1000, 600000, ?, ?, 0)`

const claimText = `
  update jobs set state = 'active', attempt = attempt + 1, worker = 'bench', started_at = ?,
    lease_expires_at = ?
  where (organization_id, id) in (
    select organization_id, id from jobs
    where queue = '${name}' and organization_id = ? and state = 'ready'
    order by priority desc, id limit ?)
  returning id, attempt, payload`

const completeText = `
  update jobs set state = 'completed', result = 'null', lease_expires_at = null, finished_at = ?,
    expires_at = ?
  where organization_id = ? and id = ? and attempt = ? and state = 'active'`

function momentIn(seconds) {
  const text = new Date(Date.now() + seconds * 1_000).toISOString()
  return `${text.slice(0, -1)}000Z`
}

/**
 * The driver by hand on Holdfast's tables, without foreign keys: every call waits for the turn of
 * the event loop to end, then all waiting ones share one transaction.
 */
export async function connect({ dist, database, organizationId }) {
  const file = database.replace('sqlite:', '')
  const { database: driver } = await openRawSqlite(dist, file, { foreignKeys: false })
  const [insert, claim, complete] = [insertText, claimText, completeText].map((text) =>
    driver.prepare(text))
  let number = 0
  let waiting = []

  const commit = () => {
    const calls = waiting
    waiting = []
    driver.exec('begin immediate')
    const results = calls.map(({ work }) => work())
    driver.exec('commit')
    calls.forEach(({ resolve }, index) => resolve(results[index]))
  }

  const together = (work) => new Promise((resolve) => {
    if (waiting.length === 0) setImmediate(commit)
    waiting.push({ work, resolve })
  })

  return {
    enqueue(payload) {
      const id = numberedId(++number)
      const now = momentIn(0)
      const json = JSON.stringify(payload)
      return together(() => {
        insert.run(organizationId, id, json, now, now)
        return { id, payload, createdAt: now }
      })
    },
    claim: (limit) => together(() => claim.all(momentIn(0), momentIn(30), organizationId, limit)
      .map((row) => ({ ...row, payload: JSON.parse(row.payload) }))),
    complete: ({ id, attempt }) => together(() => {
      const { changes } = complete.run(
        momentIn(0), momentIn(86_400), organizationId, id, attempt)
      if (Number(changes) !== 1) throw new Error(`${id} was not active`)
    }),
    close: () => driver.close(),
  }
}
