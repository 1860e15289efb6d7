/**
 * `npm start`: from a bare clone to a running server. Installs and builds what is stale, then
 * becomes `holdfast serve` with the arguments given, on SQLite in `.holdfast` unless they or the
 * environment name another database.
 */
import { mkdirSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { entry, prepare, requireNode, root } from './install.mjs'

requireNode()
if (!(await prepare())) process.exit(1)

const given = process.argv.slice(2)
process.argv = [process.argv[0], entry, 'serve', ...defaults(given), ...given]
// In this same process, so that signals, the terminal and the exit code are the server's own.
await import(pathToFileURL(entry).href)

function defaults(given) {
  const named = given.some((word) => /^--database(=|$)/.test(word))
  if (named || process.env.HOLDFAST_DATABASE_URL || process.env.DB_HOST) return []
  const folder = join(root, '.holdfast')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = relative(process.cwd(), join(folder, 'holdfast.db'))
  return ['--database', `sqlite:${path.split(sep).join('/')}`]
}
