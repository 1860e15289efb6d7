import { type Caller, deadCallers, personCaller } from './callers.js'
import { type Estate, type Ids, roles } from './estate.js'
import { eachOf, isDone, isRefused, type Matrix, type MatrixRoute } from './matrix.js'
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
          const isClosed = isRefused(route, cell.answer, [401, 'unauthenticated'])
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

/** Whether it is about all users, and so for those of the organization `default` alone. */
const isForHome = ({ scope }: MatrixRoute): boolean => scope === 'installation'

/** Each role may do what access.ts says, and nothing else. */
export async function byRole(matrix: Matrix): Promise<void> {
  const { ours, home, routes, isAllowed } = matrix.parts
  const cells = [ours, home].flatMap((estate) => roles.flatMap((role) => {
    const asked = routes.filter((each) => isGuarded(each) && (estate === ours || isForHome(each)))
    return asked.map((route) => {
      const isKnown = route.scope === 'organization' || estate === home
      const known = isKnown ? role : null
      const allowed = isAllowed({ kind: 'session', scopes: [] }, known, route.action)
      return { estate, route, allowed, caller: personCaller(estate, role), ids: {} }
    })
  }))
  await judged(matrix, 'roles', cells)
}

/** Of the scopes that do not open a route one in so many is tried, unless all are asked for. */
const closedShare = 10

/** Each scope opens what access.ts says, and nothing else. */
export async function byScope(matrix: Matrix): Promise<void> {
  const { ours, home, routes, isAllowed, whole } = matrix.parts
  const actions = [...new Set(routes.filter(isGuarded).map(({ action }) => action))]
  const areas = [...new Set(actions.map((action) => `${action.split(':')[0]}:*`))]
  const pairs = [ours, home].flatMap((estate) =>
    [...actions, ...areas, '*'].map((scope) => ({ estate, scope })))
  const cells = await Promise.all(pairs.map(async ({ estate, scope }, place) => {
    const rights = { kind: 'service_token', scopes: [scope] } as const
    // A scope for what no token may do cannot be given.
    if (!actions.some((action) => isAllowed(rights, null, action))) return []
    const { userId } = estate.people.admin
    const { token } = await estate.stores.serviceTokens.create(
      { name: scope, scopes: [scope] }, userId)
    const caller = { name: `a token for ${scope}`, token, userId, scope }
    const asked = routes.filter((each) => isGuarded(each) && (estate === ours || isForHome(each)))
    return asked.map((route, index) => {
      const isOpen = estate === home || !isForHome(route)
      const allowed = isOpen && isAllowed(rights, null, route.action)
      const isTried = whole || allowed || (place + index) % closedShare === 0
      return isTried ? [{ estate, route, allowed, caller, ids: { scope } }] : []
    })
  }))
  await judged(matrix, 'scopes', cells.flat(2))
}

interface Judged {
  readonly estate: Estate
  readonly route: MatrixRoute
  readonly caller: Caller
  readonly allowed: boolean
  readonly ids: Ids
}

/** What is forbidden changes nothing; what is allowed succeeds, so that a closed door is found. */
async function judged(matrix: Matrix, title: string, cells: readonly Judged[]): Promise<void> {
  const { ours, theirs, others, home } = matrix.parts
  await unchanged(matrix, `forbidden ${title}`, () =>
    eachOf(cells.filter(({ allowed }) => !allowed), async ({ estate, route, caller, ...more }) => {
      const ids = { ...estate.ids, ...more.ids }
      const unseen = [ours, theirs, others, home]
      const cell = await matrix.send({ caller, route, ids, unseen })
      if (cell === undefined) return
      if (isRefused(route, cell.answer, [403, 'forbidden'])) return
      const { status } = cell.answer
      matrix.find(`${route.operationId} as ${caller.name}: must be forbidden, answers ${status}`)
    }))
  await eachOf(cells.filter(({ allowed }) => allowed), async ({ estate, route, ...more }) => {
    const calls = await matrix.callsOf(route, estate, more.caller)
    const seesPeople = isForHome(route)
    const cell = await matrix.send({
      caller: calls.caller, route, ids: { ...calls.ids, ...more.ids }, seesPeople,
      unseen: [theirs, others],
    })
    if (cell === undefined || isDone(route, cell.answer)) return
    matrix.find(`${route.operationId} as ${more.caller.name}: must succeed, ${cell.told}`)
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
