/**
 * Around a run of vitest that `npm test` did not start: the name of its databases, and a process
 * that drops them as soon as the run has ended, however it ends.
 */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { dropDatabases, newRunId } from './databases.mjs'

const self = fileURLToPath(import.meta.url)

export default function begin() {
  if (process.env.HOLDFAST_TEST_RUN) return undefined
  const id = newRunId()
  process.env.HOLDFAST_TEST_RUN = id
  const { HOLDFAST_TEST_POSTGRES_URL: url } = process.env
  if (!url) return undefined
  const words = [self, url, id]
  const sweeper = spawn(process.execPath, words, {
    stdio: ['pipe', 'ignore', 'inherit'], detached: process.platform !== 'win32',
  })
  sweeper.stdin.on('error', () => undefined)
  const ended = new Promise((resolve) => sweeper.once('close', resolve))
  return () => {
    sweeper.stdin.end()
    return ended
  }
}

if (process.argv[1] === self) {
  const [url, id] = process.argv.slice(2)
  process.stdin.on('end', () => dropDatabases(url, id)).on('error', () => undefined).resume()
}
