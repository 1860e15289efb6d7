import { afterEach, expect, it } from 'vitest'
import { connect } from '../database/connect.js'
import { Holdfast, openHoldfast } from '../holdfast.js'
import { type Action, isAllowed, type Principal, type Role } from '../identity/index.js'
import { tables } from '../tables.js'
import { testAuditKey } from '../testing/audit-world.test.harness.js'
import { enginesNamed } from '../testing/backends.js'
import { contract } from '../testing/contract.js'
import { HttpClient } from '../testing/http.js'
import {
  administrators, byRole, cursors, furnish, furnishHome, keys, Matrix, samples, strangers,
} from '../testing/isolation/index.js'
import { withoutPredicates } from '../testing/without-predicates.js'
import { openApiDocument, rawRoutes, routes as jsonRoutes, startServer } from './index.js'

const routes = [...jsonRoutes, ...rawRoutes]
/** Endpoints that tell or change what is another's as soon as the organization is forgotten. */
const leaking = [
  'getConversation', 'updateConversation', 'deleteConversation', 'listJobs', 'revealSecret',
  'listMembers',
]

/** One endpoint of two, others in each run, unless all are asked for. */
const everySo = process.env.HOLDFAST_TEST_MATRIX === 'all' ? 1 : 2
const first = Math.floor(Math.random() * everySo)
const some = routes.filter((_, place) => place % everySo === first)

const leftovers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const clean of leftovers.splice(0).reverse()) await clean()
})

// What is done in the background would look like somebody's doing.
const options = {
  auditKey: testAuditKey, secrets: { revealRate: null }, backgroundIndexing: false,
}

/**
 * The matrix over a server whose stores forgot the organization; what is planted and compared goes
 * through `holdfast`, which has not.
 */
async function forgetfulMatrix(
  holdfast: Holdfast, forgetful: Holdfast, asked: typeof routes,
): Promise<Matrix> {
  const server = await startServer({ holdfast: forgetful, port: 0, logLevel: 'silent' })
  const guest = new HttpClient(server.url, { endpoints: routes, document: openApiDocument() })
  leftovers.push(() => server.close(), async () => guest.close())
  const [ours, theirs, others] =
    [await furnish(holdfast), await furnish(holdfast, 'their'), await furnish(holdfast)]
  const matrix = new Matrix({
    guest, routes: asked, samples, tables, ours, theirs, others, whole: false,
    home: await furnishHome(holdfast),
    twins: [await furnish(holdfast), await furnish(holdfast)],
    isAllowed: (rights, role, action) =>
      isAllowed(rights as unknown as Principal, role as Role | null, action as Action),
  })
  await matrix.learn(tables.map(({ name }) => name))
  return matrix
}

contract('stores that forgot the organization', (open) => {
  it('leak without the second wall, which the matrix sees', async () => {
    const { rootKey, another } = await open()
    const holdfast = await another(options)
    const forgetful = await Holdfast.on(
      withoutPredicates(holdfast.backend), { ...options, rootKey })
    leftovers.push(() => forgetful.coordination.close())
    const asked = routes.filter(({ operationId }) => leaking.includes(operationId))
    const matrix = await forgetfulMatrix(holdfast, forgetful, asked)
    await strangers(matrix)
    await matrix.checkUntouched('strangers')
    const found = matrix.findings.join('\n')
    const holes = [
      /getConversation as owner: 200, holds/, /listJobs/, /revealSecret as owner/,
      /listMembers as owner: 200, holds/, /rows have changed/,
    ]
    for (const hole of holes) expect(found).toMatch(hole)
  }, 300_000)
}, { engines: enginesNamed('memory') })

contract('row-level security alone', (open) => {
  it('holds the isolation matrix', async () => {
    const { databaseUrl, adminUrl, rootKey } = await open()
    const keyed = { ...options, rootKey }
    const holdfast = await openHoldfast({ database: adminUrl, ...keyed })
    leftovers.push(() => holdfast.close())
    const forgetful = await Holdfast.on(withoutPredicates(await connect(databaseUrl)), keyed)
    leftovers.push(() => forgetful.close())
    const matrix = await forgetfulMatrix(holdfast, forgetful, some)
    const rounds = { byRole, strangers, administrators, cursors, keys }
    for (const [name, round] of Object.entries(rounds)) {
      await round(matrix)
      await matrix.checkUntouched(name)
    }
    console.info(JSON.stringify({ first, endpoints: some.length, cells: matrix.cells }))
    expect(matrix.findings).toEqual([])
  }, 300_000)
}, { engines: enginesNamed('postgres') })
