import { createServer } from 'node:net'
import { sqliteDriver } from '../../database/dialects/sqlite-driver.js'
import { placeOf } from '../../database/address.js'
import { type Settings } from '../environment.js'
import { nodeIsSupported, oldestNode } from '../version.js'
import { type Check, ok, problem, warning } from './check.js'

/** The version of Node.js. */
export function checkNode(): Check {
  const { node } = process.versions
  if (nodeIsSupported()) return ok('node', `Node.js ${node}`)
  return problem('node', `Node.js ${node} is too old.`, `Install Node.js ${oldestNode} or newer.`)
}

/** The SQLite that serves files and memory; without one only PostgreSQL is left. */
export function checkSqliteDriver(isNeeded: boolean): Check {
  const name = 'sqlite-driver'
  try {
    const driver = sqliteDriver()
    const database = new driver.DatabaseSync(':memory:', {})
    const [row] = database.prepare('select sqlite_version() as version').all()
    database.close()
    const origin = driver.fractionsAsText ? '@photostructure/sqlite' : 'node:sqlite'
    return ok(name, `SQLite ${String(row?.version)} from ${origin}`)
  } catch (error) {
    const fix = 'Install Node.js 22.22 or newer, or run: npm install @photostructure/sqlite'
    return (isNeeded ? problem : warning)(name, (error as Error).message, fix)
  }
}

/** Whether `serve` could listen. */
export async function checkPort({ host, port }: Settings): Promise<Check> {
  const place = placeOf({ host, port })
  if (port === 0) return ok('port', 'any free port is taken')
  const code = await listeningError(host, port)
  if (code === undefined) return ok('port', `${place} is free`)
  const other = 'Choose another: HOLDFAST_PORT or serve --port'
  if (code !== 'EADDRINUSE') {
    return problem('port', `Listening on ${place} fails (${code}).`, `${other}, or --host.`)
  }
  if (await isHoldfast(`http://${place}`)) {
    const message = `${place} is taken by a Holdfast that runs.`
    return warning('port', message, `For a second one: ${other}`)
  }
  return problem('port', `${place} is taken by another program.`, `Stop it. ${other}`)
}

function listeningError(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)))
  })
}

/** A server makes the document when first asked for it, which takes a slow machine a while. */
const answerMs = 5_000

async function isHoldfast(url: string): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/openapi.json`, { signal: AbortSignal.timeout(answerMs) })
    const { info } = (await answer.json()) as { info?: { title?: unknown } }
    return info?.title === 'Holdfast'
  } catch {
    return false
  }
}
