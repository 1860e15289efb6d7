/**
 * Around a run of vitest that `npm test` did not start: the name of its databases, whose drop it
 * ends with. `npm test` does the same by itself, also for a vitest that was killed.
 */
import { dropDatabases, newRunId } from './databases.mjs'

export default function begin() {
  if (process.env.HOLDFAST_TEST_RUN) return undefined
  const id = newRunId()
  process.env.HOLDFAST_TEST_RUN = id
  return async () => {
    const { HOLDFAST_TEST_POSTGRES_URL: url } = process.env
    if (url) await dropDatabases(url, id)
  }
}
