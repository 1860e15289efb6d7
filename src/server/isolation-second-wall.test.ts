import { afterEach, describe, expect, it } from 'vitest'
import { connect } from '../database/connect.js'
import { Holdfast, openHoldfast } from '../holdfast.js'
import { type Action, isAllowed, type Principal, type Role } from '../identity/index.js'
import { newRootKey } from '../secrets/index.js'
import { tables } from '../tables.js'
import { testAuditKey } from '../testing/audit-world.test.harness.js'
import { enginesNamed } from '../testing/backends.js'
import { HttpClient } from '../testing/http.js'
import {
  administrators, byRole, cursors, furnish, furnishHome, keys, Matrix, samples, strangers,
} from '../testing/isolation/index.js'
import { withoutPredicates } from '../testing/without-predicates.js'
import { openApiDocument, rawRoutes, routes as jsonRoutes, startServer } from './index.js'

const routes = [...jsonRoutes, ...rawRoutes]
const leftovers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const clean of leftovers.splice(0).reverse()) await clean()
})

/**
 * The matrix over a server whose stores forgot the organization; what is planted and compared goes
 * through one that has not.
 */
async function forgetfulMatrix(url: string, plantingUrl = url): Promise<Matrix> {
  const options = {
    rootKey: newRootKey(), auditKey: testAuditKey, secrets: { revealRate: null },
  }
  const holdfast = await openHoldfast({ database: plantingUrl, ...options })
  leftovers.push(() => holdfast.close())
  const forgetful = plantingUrl === 'memory:'
    ? await Holdfast.on(withoutPredicates(holdfast.backend), options)
    : await Holdfast.on(withoutPredicates(await connect(url)), options)
  const server = await startServer({ holdfast: forgetful, port: 0, logLevel: 'silent' })
  const guest = new HttpClient(server.url, { endpoints: routes, document: openApiDocument() })
  leftovers.push(() => forgetful.close(), () => server.close(), async () => guest.close())
  const [ours, theirs, others] =
    [await furnish(holdfast), await furnish(holdfast, 'their'), await furnish(holdfast)]
  const matrix = new Matrix({
    guest, routes, samples, tables, ours, theirs, others, whole: false,
    home: await furnishHome(holdfast),
    twins: [await furnish(holdfast), await furnish(holdfast)],
    isAllowed: (rights, role, action) =>
      isAllowed(rights as unknown as Principal, role as Role | null, action as Action),
  })
  await matrix.learn(tables.map(({ name }) => name))
  return matrix
}

it('stores that forgot the organization leak without the second wall, which the matrix sees', async () => {
  const matrix = await forgetfulMatrix('memory:')
  await strangers(matrix)
  await matrix.checkUntouched('strangers')
  const found = matrix.findings.join('\n')
  for (const hole of [/getConversation as owner: 200, holds/, /listJobs/, /rows have changed/]) {
    expect(found).toMatch(hole)
  }
}, 300_000)

for (const engine of enginesNamed('postgres')) {
  const run = engine.missing === undefined ? describe : describe.skip
  run(`row-level security alone${engine.missing ? `: did not run: ${engine.missing}` : ''}`, () => {
    it('holds the isolation matrix', async () => {
      const { url, adminUrl, drop } = await engine.createReady()
      leftovers.push(drop)
      const matrix = await forgetfulMatrix(url, adminUrl)
      for (const [name, round] of Object.entries({ byRole, strangers, administrators, cursors, keys })) {
        await round(matrix)
        await matrix.checkUntouched(name)
      }
      console.info(JSON.stringify({ endpoints: routes.length, cells: matrix.cells }))
      expect(matrix.findings).toEqual([])
    }, 300_000)
  })
}
