import { randomUUID } from 'node:crypto'
import { type Caller, deadCallers, personCaller, spareCaller } from './callers.js'
import { type Estate, type Ids, personIn, roles } from './estate.js'
import { absentIds, type Calling, eachOf, type Matrix, type MatrixRoute } from './matrix.js'
import { digestOf, rowsOf } from './rows.js'

const isGuarded = ({ action }: MatrixRoute): boolean => action !== 'public'

/** A token that is none, or none any more, opens nothing, and every such token alike. */
export async function dead(matrix: Matrix): Promise<void> {
  const { ours, theirs, others, routes, whole } = matrix.parts
  const callers = await deadCallers(ours)
  await unchanged(matrix, 'dead tokens', async () => {
    await eachOf(routes.filter(isGuarded), async (route) => {
      const tellings = new Set<string>()
      for (const caller of callers) {
        for (const { ids } of whole ? [ours, theirs] : [ours]) {
          const cell = await matrix.send({ caller, route, ids, unseen: [ours, theirs, others] })
          if (cell === undefined) continue
          const { status, body, headers } = cell.answer
          const isClosed = status === 401 && body.code === 'unauthenticated'
          if (!isClosed || headers['www-authenticate'] !== 'Bearer' || 'etag' in headers) {
            matrix.find(`${route.operationId} as ${caller.name}: answers ${status} ${body?.code}`)
          }
          if (caller.token !== undefined) tellings.add(cell.told)
        }
      }
      if (tellings.size > 1) matrix.find(`${route.operationId}: tells dead tokens apart`)
    })
  })
}

/** Each role may do what access.ts says, and nothing else. */
export async function byRole(matrix: Matrix): Promise<void> {
  const { ours, routes, isAllowed } = matrix.parts
  const cells = roles.flatMap((role) => routes.filter(isGuarded).map((route) => {
    const known = route.scope === 'organization' ? role : null
    const allowed = isAllowed({ kind: 'session', scopes: [] }, known, route.action)
    return { route, allowed, caller: personCaller(ours, role), ids: {} }
  }))
  await judged(matrix, 'roles', cells)
}

/** Each scope opens what access.ts says, and nothing else. */
export async function byScope(matrix: Matrix): Promise<void> {
  const { ours, routes, isAllowed } = matrix.parts
  const actions = [...new Set(routes.filter(isGuarded).map(({ action }) => action))]
  const areas = [...new Set(actions.map((action) => `${action.split(':')[0]}:*`))]
  const cells = await Promise.all([...actions, ...areas, '*'].map(async (scope) => {
    const rights = { kind: 'service_token', scopes: [scope] } as const
    // A scope for what no token may do cannot be given.
    if (!actions.some((action) => isAllowed(rights, null, action))) return []
    const { token } = await ours.stores.serviceTokens.create(
      { name: scope, scopes: [scope] }, ours.people.admin.userId)
    return routes.filter(isGuarded).map((route) => {
      const caller = { name: `a token for ${scope}`, token }
      return { route, allowed: isAllowed(rights, null, route.action), caller, ids: { scope } }
    })
  }))
  await judged(matrix, 'scopes', cells.flat())
}

interface Judged {
  readonly route: MatrixRoute
  readonly caller: Caller
  readonly allowed: boolean
  readonly ids: Ids
}

/** What is forbidden changes nothing; what is allowed succeeds, so that a closed door is found. */
async function judged(matrix: Matrix, title: string, cells: readonly Judged[]): Promise<void> {
  const { ours, theirs, others } = matrix.parts
  await unchanged(matrix, `forbidden ${title}`, () =>
    eachOf(cells.filter(({ allowed }) => !allowed), async ({ route, caller, ids: more }) => {
      const ids = { ...ours.ids, ...more }
      const cell = await matrix.send({ caller, route, ids, unseen: [ours, theirs, others] })
      if (cell === undefined) return
      const { status, body } = cell.answer
      if (status === 403 && body.code === 'forbidden') return
      matrix.find(`${route.operationId} as ${caller.name}: must be forbidden, answers ${status}`)
    }))
  await eachOf(cells.filter(({ allowed }) => allowed), async ({ route, caller, ids: more }) => {
    const ids = { ...await matrix.idsFor(route, ours), ...more }
    const ends = matrix.sampleOf(route).ends === true
    const rightful = ends ? await spareCaller(ours, caller) : caller
    // A token ends nothing by logging out; a spare one is not needed.
    const cell = await matrix.send({ caller: rightful, route, ids, unseen: [theirs, others] })
    if (cell === undefined || cell.answer.status === route.status) return
    matrix.find(`${route.operationId} as ${caller.name}: must succeed, ${cell.told}`)
  })
}

/**
 * Ids and names of another organization are answered as ones that do not exist. Of two twins one
 * calls with the former, the other with the latter, in the same order: whatever the calls leave
 * behind, they leave with both, and so the answers must always be alike.
 */
export async function strangers(matrix: Matrix): Promise<void> {
  const { theirs, routes, whole } = matrix.parts
  const absent = absentIds(theirs.ids, theirs.mark)
  const callers: ((twin: Estate) => Caller)[] = [
    (twin) => personCaller(twin, 'owner'), ({ token }) => ({ name: 'a token for *', token }),
    ...(whole ? (['admin', 'member'] as const).map((role) =>
      (twin: Estate) => personCaller(twin, role)) : []),
  ]
  for (const callerOf of callers) {
    for (const route of routes.filter((each) => matrix.sampleOf(each).ends !== true)) {
      for (const swap of swapsOf(matrix, route, absent.ids)) {
        await swapped(matrix, { callerOf, route, swap, absent })
      }
    }
  }
}

/** Every id at once, then each alone among our own. */
function swapsOf(matrix: Matrix, route: MatrixRoute, absent: Ids): string[][] {
  const { ids } = matrix.parts.theirs
  const keys = matrix.keysOf(route, ids).filter((key) => ids[key] !== absent[key])
  return keys.length < 2 ? [keys] : [keys, ...keys.map((key) => [key])]
}

interface Swapped {
  readonly callerOf: (twin: Estate) => Caller
  readonly route: MatrixRoute
  readonly swap: readonly string[]
  readonly absent: Names
}

async function swapped(matrix: Matrix, swapping: Swapped): Promise<void> {
  const { callerOf, route, swap, absent } = swapping
  const { theirs, others, twins: [one, other] } = matrix.parts
  const calling = async (twin: Estate, source: Names, tags: Tags): Promise<Calling> => {
    const foreign = Object.fromEntries(swap.map((key) => [key, source.ids[key]!]))
    const ids = { ...await matrix.idsFor(route, twin), ...foreign }
    return {
      caller: callerOf(twin), route, ids, headers: tags, twin, words: [source.mark],
      unseen: [theirs, others],
    }
  }
  for (const tags of headersFor(route)) {
    const [strange, missing] = await Promise.all([
      calling(one, theirs, tags()), calling(other, absent, tags()),
    ])
    const what = swap.length === 0 ? 'nothing' : swap.join(' and ')
    await matrix.compare(strange, missing, `${what} swapped, ${JSON.stringify(strange.headers)}`)
  }
}

type Tags = Readonly<Record<string, string>>
type Names = Pick<Estate, 'ids' | 'mark'>

/** The headers that may name something: a key of one's own each time, and revisions. */
function headersFor(route: MatrixRoute): (() => Tags)[] {
  const isKeyed = route.idempotency !== 'none'
  const isTagged = route.etag === true && route.method !== 'GET' && route.method !== 'POST'
  return [
    () => ({}),
    ...(isKeyed ? [() => ({ 'idempotency-key': randomUUID() })] : []),
    ...(isTagged ? ['"1"', '"999"'].map((tag) => () => ({ 'if-match': tag })) : []),
  ]
}

/** An organization one does not belong to is one that does not exist, by id and by slug. */
export async function headers(matrix: Matrix): Promise<void> {
  const { ours, theirs, others, routes } = matrix.parts
  const lonely = await personIn(ours.holdfast, ours.organizationId, { mark: ours.mark })
  const tokens = {
    owner: ours.people.owner.token, 'a token for *': ours.token, 'of no organization': lonely.token,
  }
  const unseen = [theirs, others]
  const inside = routes.filter(({ scope }) => scope === 'organization')
  await eachOf(Object.entries(tokens), async ([name, token]) => {
    for (const route of inside) {
      for (const [organization, nowhere] of [
        [theirs.organizationId, randomUUID()], [theirs.slug, `${theirs.slug.slice(0, -6)}000000`],
      ] as const) {
        const caller = (chosen: string) => ({ name, token, organization: chosen })
        const ids = { ...theirs.ids, organization, nowhere }
        const answer = await matrix.compare(
          { caller: caller(organization), route, ids, unseen },
          { caller: caller(nowhere), route, ids, unseen }, `in ${organization}`)
        if (answer === undefined || answer.body?.code === 'organization_not_found') continue
        matrix.find(`${route.operationId} as ${name}: in ${organization} answers ${answer.status}`)
      }
    }
  })
}

/** A cursor of another organization is one that no list gave out. */
export async function cursors(matrix: Matrix): Promise<void> {
  const { ours, theirs, others, routes } = matrix.parts
  const giver = { name: 'a token for *', token: others.token }
  const taker = { name: 'a token for *', token: ours.token }
  const lists = routes.filter(({ input }) => 'cursor' in (input.query?.shape ?? {}))
  await eachOf(lists, async (route) => {
    const given = await matrix.send({
      caller: giver, route, ids: others.ids, query: { limit: '1' }, unseen: [ours, theirs],
    })
    const cursor = given?.answer.body?.next_cursor as string | null | undefined
    if (typeof cursor !== 'string') {
      matrix.find(`${route.operationId}: the estate has no second page`)
      return
    }
    const asking = (text: string): Calling => ({
      caller: taker, route, query: { cursor: text }, ids: ours.ids, unseen: [theirs, others],
    })
    const forged = Buffer.from('["forged","x"]').toString('base64url')
    await matrix.compare(asking(cursor), asking(forged), 'with their cursor')
  })
}

/** A key that another organization has used says nothing of what came of it. */
export async function keys(matrix: Matrix): Promise<void> {
  const { ours, theirs, others, routes } = matrix.parts
  const both = await personIn(ours.holdfast, ours.organizationId, {
    mark: `${ours.mark}-both`, role: 'owner',
  })
  const { organizations } = ours.holdfast
  await organizations.addMember(
    { organizationId: others.organizationId, userId: both.userId }, 'owner')
  // What one has elsewhere stays there, though one is the same person here.
  const elsewhere = { id: `user:${both.userId}`, userId: both.userId }
  await ours.holdfast.organization(others.organizationId, elsewhere)
    .settings.update('user', { [others.secret]: others.secret })
  const inside = routes.filter(({ scope }) => scope === 'organization')
  await eachOf(inside.filter(({ method }) => method === 'GET'), async (route) => {
    const caller = { name: 'both', token: both.token, organization: ours.organizationId }
    await matrix.send({ caller, route, ids: ours.ids, unseen: [theirs, others] })
  })
  const keyed = inside.filter(({ idempotency }) => idempotency !== 'none')
  await eachOf(keyed, async (route) => {
    const key = { 'idempotency-key': randomUUID() }
    for (const [first, second] of [
      [personCaller(others, 'owner'), personCaller(ours, 'owner')],
      [{ name: 'both', token: both.token, organization: others.organizationId },
        { name: 'both', token: both.token, organization: ours.organizationId }],
    ] as const) {
      await matrix.send({
        caller: first, route, headers: key, ids: await matrix.idsFor(route, others),
        unseen: [ours, theirs],
      })
      const cell = await matrix.send({
        caller: second, route, headers: key, ids: await matrix.idsFor(route, ours),
        unseen: [theirs, others],
      })
      const isReplayed = cell?.answer.headers['idempotency-replayed'] !== undefined
      if (cell?.answer.status === route.status && !isReplayed) continue
      matrix.find(`${route.operationId} as ${second.name}, under a used key: ${cell?.told}`)
    }
  })
}

/** Runs a round in which nothing of ours may change either. */
async function unchanged(
  matrix: Matrix,
  title: string,
  round: () => Promise<void>,
): Promise<void> {
  const { ours, tables } = matrix.parts
  const digest = async (estate: Estate) => digestOf(await rowsOf(estate, tables))
  const before = await digest(ours)
  await round()
  if (await digest(ours) !== before) matrix.find(`${title}: our own rows have changed`)
}
