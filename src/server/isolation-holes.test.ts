import { expect, it } from 'vitest'
import { z } from 'zod'
import { type Holdfast, openHoldfast } from '../holdfast.js'
import { type Route } from '../http/route.js'
import { ConversationNotFound } from '../conversations/index.js'
import { defaultOrganizationId } from '../identity/index.js'
import { tables } from '../tables.js'
import { HttpClient } from '../testing/http.js'
import {
  administrators, byRole, cursors, dead, type Estate, furnish, furnishHome, headers, keys, Matrix,
  type Sample, strangers,
} from '../testing/isolation/index.js'
import { openApiDocument, type ServerContext, startServer } from './index.js'

type Hole = Route<ServerContext>
type Round = (matrix: Matrix) => Promise<void>

/** A hole, the round that must find it, and what the finding must say. */
interface Planted {
  readonly hole: Partial<Hole> & Pick<Hole, 'operationId' | 'handle'>
  readonly sample?: Sample
  readonly round: Round
  readonly says: RegExp
}

const params = z.strictObject({ conversation_id: z.string() })
const fresh = ({ ids: { conversation_id: id } }: Estate) =>
  Promise.resolve({ conversation_id: id! })

/** Handlers as careless hands would write them: without the organization in the predicate. */
function plantedIn({ database }: Holdfast): Planted[] {
  const find = async (id: string) => database.first(
    database.write.selectFrom('conversations').selectAll().where('id', '=', id as never))
  const idOf = (input: { params: unknown }) =>
    (input.params as { conversation_id: string }).conversation_id
  const absent = (id: string) => new ConversationNotFound(`There is no conversation ${id} here.`)
  return [
    { round: strangers, says: /holeOfContent.*secret/s, hole: {
      operationId: 'holeOfContent', handle: async (_, input) =>
        ({ title: (await find(idOf(input)))?.title ?? 'none' }) } },
    { round: strangers, says: /holeOfExistence.*tells/s, hole: {
      operationId: 'holeOfExistence', handle: async ({ conversations }, input) => {
        const found = await find(idOf(input))
        if (found !== undefined) return { title: 'not yours' }
        throw absent((await conversations.get(idOf(input))).id)
      } } },
    { round: strangers, says: /holeOfCount.*tells/s, hole: {
      operationId: 'holeOfCount', handle: async (_, input) =>
        ({ title: String(Number((await find(idOf(input))) !== undefined)) }) } },
    { round: strangers, says: /rows have changed/, hole: {
      operationId: 'holeOfWriting', method: 'POST', handle: async (_, input) => {
        await database.run(database.write.updateTable('conversations')
          .set({ title: 'taken' as never }).where('id', '=', idOf(input) as never))
        throw absent(idOf(input))
      } } },
    { round: strangers, says: /holeOfIds.*holds the id/s, hole: {
      operationId: 'holeOfIds', path: '/v1/holes-of-ids', input: {}, handle: async () => {
        const rows = await database.all(database.write.selectFrom('conversations').select('id'))
        return { title: rows.map(({ id }) => id).join() }
      } } },
    { round: cursors, says: /holeOfCursor.*tells/s, hole: {
      operationId: 'holeOfCursor', path: '/v1/holes-of-cursors',
      input: { query: z.looseObject({ cursor: z.string().optional() }) },
      output: z.object({ title: z.string(), next_cursor: z.string() }),
      handle: async ({ principal }, { query }) => {
        const { cursor } = query as unknown as { cursor?: string }
        const isOurs = cursor?.startsWith('page-') === true
        if (cursor !== undefined && !isOurs) throw absent('cursor')
        return { title: 'a page', next_cursor: `page-${principal.kind}` }
      } } },
    { round: keys, says: /holeOfKey as .*under a used key/s, hole: {
      operationId: 'holeOfKey', method: 'POST', idempotency: 'own',
      handle: async (_, { idempotencyKey }) => {
        if (remembered.has(idempotencyKey)) throw absent(String(idempotencyKey))
        remembered.add(idempotencyKey)
        return { title: 'done' }
      } } },
    { round: headers, says: /holeOfHeader as a token for .*: in .* answers 200/, hole: {
      operationId: 'holeOfHeader', action: 'conversations:read', scope: 'person',
      handle: async () => ({ title: 'not checked' }) } },
    { round: byRole, says: /holeOfRefusal as owner: must succeed/, hole: {
      operationId: 'holeOfRefusal', handle: async () => { throw absent('all') } } },
    { round: byRole, says: /holeOfRole as member: must be forbidden/, hole: {
      operationId: 'holeOfRole', handle: async () => ({ title: 'done' }) } },
    { round: byRole, says: /holeOfHome as owner: must be forbidden, answers 200/, hole: {
      operationId: 'holeOfHome', handle: async () => ({ title: 'done' }) } },
    { round: administrators, says: /holeForHome as owner, conversation_id swapped: tells/, hole: {
      operationId: 'holeForHome', handle: async ({ organizationId, conversations }, input) => {
        const isHome = organizationId === defaultOrganizationId
        const { title = null } = isHome ? await find(idOf(input)) ?? {}
          : await conversations.get(idOf(input))
        return { title: title ?? 'none' }
      } } },
    { round: dead, says: /holeForAll as a revoked session: answers 200/, hole: {
      operationId: 'holeForAll', action: 'public', scope: 'none',
      handle: async () => ({ title: 'done' }) } },
  ]
}

const remembered = new Set<unknown>()

function routeOf({ hole }: Planted): Hole {
  return {
    method: 'GET', path: `/v1/holes/${hole.operationId}/{conversation_id}`, tag: 'Test',
    summary: 'A hole', action: 'conversations:read', scope: 'organization', input: { params },
    status: 200, output: z.object({ title: z.string() }), errors: [ConversationNotFound],
    idempotency: 'none', ...hole,
  } as Hole
}

/** What the matrix is told of a hole: what its author believes. */
function believed(route: Hole): Hole {
  if (route.action === 'public') return { ...route, action: 'conversations:read' }
  // Open in every organization, though it is about the installation.
  if (route.operationId === 'holeOfHome') return { ...route, scope: 'installation' }
  return route.operationId === 'holeOfHeader' ? { ...route, scope: 'organization' } : route
}

it('the matrix finds every hole that is dug', async () => {
  const holdfast = await openHoldfast()
  const planted = plantedIn(holdfast)
  const holes = planted.map(routeOf)
  const server = await startServer({ holdfast, port: 0, logLevel: 'silent', extraRoutes: holes })
  const guest = new HttpClient(server.url, { endpoints: holes, document: openApiDocument() })
  const [ours, theirs, others] =
    [await furnish(holdfast), await furnish(holdfast, 'their'), await furnish(holdfast)]
  const twins = [await furnish(holdfast), await furnish(holdfast)] as const
  const home = await furnishHome(holdfast)

  for (const [index, { round, says }] of planted.entries()) {
    const route = believed(holes[index]!)
    const { operationId } = route
    const matrix = new Matrix({
      guest, routes: [route], samples: { [operationId]: { fresh } }, tables, whole: false,
      ours, theirs, others, twins, home,
      // One hole stands open for members, one for strangers, who must not come in.
      isAllowed: (_, role) => (operationId !== 'holeOfRole' || role === 'owner') &&
        (operationId !== 'holeOfHome' || role !== null),
    })
    await matrix.learn(tables.map(({ name }) => name))
    await round(matrix)
    await matrix.checkUntouched(operationId)
    expect(matrix.findings.join('\n'), operationId).toMatch(says)
  }
  guest.close()
  await server.close()
  await holdfast.close()
}, 120_000)

it('the matrix finds nothing where there is no hole', async () => {
  const holdfast = await openHoldfast()
  const honest = routeOf({
    round: strangers, says: /./, hole: {
      operationId: 'honest', etag: true,
      output: z.object({ title: z.string(), revision: z.int() }),
      handle: async ({ conversations }, { params: given }) => {
        const { conversation_id: id } = given as unknown as { conversation_id: string }
        const { title, revision } = await conversations.get(id)
        return { title: title ?? '', revision }
      },
    },
  })
  const server = await startServer({
    holdfast, port: 0, logLevel: 'silent', extraRoutes: [honest],
  })
  const guest = new HttpClient(server.url, { endpoints: [honest], document: openApiDocument() })
  const estates = { ours: await furnish(holdfast), theirs: await furnish(holdfast, 'their'),
    others: await furnish(holdfast), home: await furnishHome(holdfast) }
  const matrix = new Matrix({
    guest, routes: [honest], samples: { honest: {} }, tables, whole: true, ...estates,
    twins: [await furnish(holdfast), await furnish(holdfast)], isAllowed: () => true,
  })
  await matrix.learn(tables.map(({ name }) => name))
  for (const round of [dead, byRole, strangers, administrators, headers, cursors, keys]) {
    await round(matrix)
  }
  await matrix.checkUntouched('all')
  expect(matrix.findings).toEqual([])
  guest.close()
  await server.close()
  await holdfast.close()
}, 120_000)
