import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { removeFolder, temporaryFolder } from '../harness/folders.mjs'
import { PostgresServer } from '../harness/postgres-server.mjs'
import { ProgramVariant } from '../harness/program-variant.mjs'
import { seedMessages } from '../harness/workload.mjs'

const rows = Number(process.env.HOLDFAST_BENCH_TRANSFER_ROWS ?? 100_000)
const mover = new URL('../variants/transfer-mover.mjs', import.meta.url).pathname

/** The tables that the seed fills, parents first. */
const filled = ['organizations', 'conversations', 'audit_events', 'messages']

async function setUp(options) {
  const folder = temporaryFolder('transfer')
  const server = await PostgresServer.start()
  const tearDown = async () => {
    await server.stop()
    removeFolder(folder)
  }
  try {
    const [all, tenth] = [join(folder, 'all.db'), join(folder, 'tenth.db')]
    await seedMessages(options.dist, `sqlite:${all}`, { count: rows, contentBytes: 600 })
    await seedMessages(options.dist, `sqlite:${tenth}`, { count: rows / 10, contentBytes: 600 })
    const template = await server.createDatabase('schema')
    await migrate({ ...options, server }, template)
    const files = await rowFiles({ ...options, server, folder, template, from: all })
    const into = { server, template, table: 'messages', rows }
    const version = pgloaderVersion()
    return {
      facts: { postgres: server.facts, rows, pgloader: version },
      variants: [
        psqlCopy(into, files),
        holdfast(into, { name: 'holdfast', dist: options.dist, from: all }),
        holdfast({ ...into, rows: rows / 10 }, {
          name: 'holdfast-tenth', dist: options.dist, from: tenth,
        }),
        ...version === undefined ? [] : [pgloader(into, folder, all)],
      ],
      notes: version === undefined ? ['pgloader is not installed: nothing beside it.'] : [],
      tearDown,
    }
  } catch (error) {
    await tearDown()
    throw error
  }
}

/** The schema without the rows that a first start adds. */
async function migrate({ dist, server }, url) {
  const { openHoldfast } = await import(`${dist}/index.js`)
  await (await openHoldfast({ database: url })).close()
  await server.query('truncate organizations, search_horizon, processes cascade', url)
}

/** The rows as files for `\copy`, in the order in which they were written. */
async function rowFiles({ dist, server, folder, template, from }) {
  const url = await server.createDatabase('loaded', template)
  const { transferOf } = await import(`${dist}/index.js`)
  await transferOf({ from: `sqlite:${from}`, to: url }).copy()
  const files = filled.map((table) => ({ table, file: join(folder, `${table}.copy`) }))
  for (const { table, file } of files) {
    execFileSync('psql', [url, '-qc', `\\copy ${table} to '${file}'`])
  }
  await server.dropDatabase(url)
  return files
}

const psqlCopy = (into, files) => new ProgramVariant({
  ...into, name: 'psql-copy', about: '\\copy of the same rows out of files, nothing compared',
  command: (url) => ['psql', url, '-q', '-v', 'ON_ERROR_STOP=1',
    ...files.flatMap(({ table, file }) => ['-c', `\\copy ${table} from '${file}'`])],
})

const holdfast = (into, { name, dist, from }) => new ProgramVariant({
  ...into, name, about: `plan, copy and verify of ${into.rows} messages, in a process of its own`,
  // The bundle is what the package and its command run.
  command: (url) =>
    [process.execPath, mover, `${dist}/bundle/index.js`, `sqlite:${from}`, url],
  figures: (said) => {
    const { peakMB, cpuMs } = JSON.parse(said)
    return { 'peak memory (MB)': peakMB, cpuMs }
  },
})

/** The newest settings that get through; `batch rows` and `prefetch rows` bound its memory. */
function pgloader(into, folder, file) {
  const script = join(folder, 'pgloader.load')
  const names = filled.map((table) => `'${table}'`).join(', ')
  return new ProgramVariant({
    ...into, name: 'pgloader', about: 'from the same file, nothing compared',
    command: (url) => {
      writeFileSync(script, `
        load database from sqlite://${file} into ${url.replace('postgres:', 'postgresql:')}
        with data only, drop indexes, disable triggers, workers = 2, concurrency = 1,
          batch rows = 10000, batch size = 8MB, prefetch rows = 10000
        set maintenance_work_mem to '256MB', work_mem to '64MB'
        including only table names like ${names};`)
      return ['pgloader', '--on-error-stop', '--dynamic-space-size', '2048', script]
    },
  })
}

function pgloaderVersion() {
  try {
    return execFileSync('pgloader', ['--version'], { encoding: 'utf8' }).split('\n')[0]
  } catch {
    return undefined
  }
}

/** From one database into another, compared, beside programs that only write. */
export default {
  name: 'transfer-copy',
  base: 'psql-copy',
  callers: [1],
  targets: [
    { variant: 'holdfast', base: 'psql-copy', at: 1, least: 1 },
    { variant: 'holdfast', base: 'pgloader', at: 1, least: 1.6 },
    { variant: 'holdfast', figure: 'peak memory (MB)', at: 1, most: 200 },
    { variant: 'holdfast-tenth', figure: 'peak memory (MB)', at: 1, most: 200 },
  ],
  setUp,
}
