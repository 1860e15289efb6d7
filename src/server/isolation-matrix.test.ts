import { expect, it } from 'vitest'
import { isAllowed, type Principal, type Role } from '../identity/index.js'
import { type Action } from '../identity/access.js'
import { tables } from '../tables.js'
import { enginesNamed } from '../testing/backends.js'
import { contract, type OpenWorld } from '../testing/contract.js'
import { testAuditKey } from '../testing/audit-world.test.harness.js'
import { HttpClient } from '../testing/http.js'
import {
  administrators, byRole, byScope, cursors, dead, furnish, furnishHome, headers, keys, Matrix,
  samples, strangers,
} from '../testing/isolation/index.js'
import { openApiDocument, rawRoutes, routes as jsonRoutes, startServer } from './index.js'

const routes = [...jsonRoutes, ...rawRoutes]
const promised = { endpoints: routes, document: openApiDocument() }
const whole = process.env.HOLDFAST_TEST_MATRIX === 'all'
/**
 * Of so many endpoints one is asked on PostgreSQL, others in each run, and the rest on SQLite: who
 * may call what is decided above the engine. Memory is left to SQLite in a file, of whose stores
 * all contracts run on it too.
 */
const everySo = 3
const first = Math.floor(Math.random() * everySo)
const [postgres] = enginesNamed('postgres')
const isWhole = whole || postgres!.missing !== undefined
const isOfPostgres = (place: number): boolean => place % everySo === first

/** Tables without rows of an organization, or whose rows come only with time. */
const sparse = [
  'idempotency_keys', 'lock_waiters', 'processes', 'job_keys', 'login_attempts', 'root_keys',
  'key_rotations', 'audit_tombstones', 'search_dirty', 'search_horizon',
  'usage_pending',
]

const rounds = { dead, byRole, byScope, strangers, administrators, headers, cursors, keys }

it('the matrix has a sample for every endpoint, and for nothing else', () => {
  expect(Object.keys(samples).sort()).toEqual(routes.map(({ operationId }) => operationId).sort())
})

const theMatrix = (asked: typeof routes) => (openWorld: OpenWorld) => {
  it('has no hole', async () => {
    const { another } = await openWorld()
    const holdfast = await another({
      auditKey: testAuditKey, secrets: { revealRate: null },
      // What is done in the background would look like somebody's doing.
      backgroundIndexing: false,
    })
    const server = await startServer({ holdfast, port: 0, logLevel: 'silent' })
    const guest = new HttpClient(server.url, promised)
    const [ours, theirs, others] =
      [await furnish(holdfast), await furnish(holdfast, 'their'), await furnish(holdfast)]
    const twins = [await furnish(holdfast), await furnish(holdfast)] as const
    const home = await furnishHome(holdfast)
    const matrix = new Matrix({
      guest, home, routes: asked, samples, tables, ours, theirs, others, twins, whole,
      isAllowed: (rights, role, action) =>
        isAllowed(rights as unknown as Principal, role as Role | null, action as Action),
    })
    await matrix.learn(sparse)
    const figures: Record<string, number> = {}
    for (const [name, round] of Object.entries(rounds)) {
      const [cells, startedAt] = [matrix.cells, performance.now()]
      await round(matrix)
      await matrix.checkUntouched(name)
      figures[name] = matrix.cells - cells
      figures[`${name}Ms`] = Math.round(performance.now() - startedAt)
    }
    guest.close()
    await server.close()
    console.info(JSON.stringify({ endpoints: asked.length, cells: matrix.cells, ...figures }))
    expect(matrix.findings).toEqual([])
    expect(matrix.cells).toBeGreaterThan(asked.length * 40)
  }, 600_000)
}

const share = isWhole ? '' : `, endpoints by ${everySo} from the ${first + 1}. on PostgreSQL`

contract(`the isolation matrix${share}`,
  theMatrix(routes.filter((_, place) => isWhole || !isOfPostgres(place))),
  { engines: enginesNamed(...(whole ? ['memory'] : []), 'sqlite') })

contract(`the isolation matrix${share}`,
  theMatrix(routes.filter((_, place) => isWhole || isOfPostgres(place))),
  { engines: enginesNamed('postgres') })
