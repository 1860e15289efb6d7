import { randomUUID } from 'node:crypto'
import { bothCallers, type Caller, personCaller, tokenCaller } from './callers.js'
import { type Estate, type Ids, personIn } from './estate.js'
import {
  absentIds, type Calling, eachOf, isDone, isRefused, type Matrix, type MatrixRoute,
} from './matrix.js'

/**
 * Ids and names of another organization are answered as ones that do not exist. Of two twins one
 * calls with the former, the other with the latter, in the same order: whatever the calls leave
 * behind, they leave with both, and so the answers must always be alike.
 */
export async function strangers(matrix: Matrix): Promise<void> {
  const { theirs, routes, whole } = matrix.parts
  const absent = absentIds(theirs)
  const callers: ((twin: Estate) => Caller)[] = [
    (twin) => personCaller(twin, 'owner'), tokenCaller,
    ...(whole ? (['admin', 'member'] as const).map((role) =>
      (twin: Estate) => personCaller(twin, role)) : []),
  ]
  for (const callerOf of callers) {
    for (const route of routes) {
      // Whoever knows its address may call it, from wherever.
      if (matrix.sampleOf(route).isForAll === true) continue
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
  const { theirs, others, home, twins: [one, other] } = matrix.parts
  const calling = async (twin: Estate, source: Names, tags: Tags): Promise<Calling> => {
    const foreign = Object.fromEntries(swap.map((key) => [key, source.ids[key]!]))
    const { caller, ids } = await matrix.callsOf(route, twin, callerOf(twin))
    return {
      caller, route, ids: { ...ids, ...foreign }, headers: tags, twin, words: [source.mark],
      unseen: [theirs, others, home],
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
  const { ours, theirs, others, home, routes } = matrix.parts
  const lonely = await personIn(ours.holdfast, ours.organizationId, { mark: ours.mark })
  const tokens = {
    owner: ours.people.owner.token, 'a token for *': ours.token, 'of no organization': lonely.token,
    'an administrator of users': home.people.owner.token, 'a token of default': home.token,
  }
  const unseen = [theirs, others]
  const { ids: { slug: noSlug } } = absentIds(theirs)
  const inside = routes.filter(({ scope }) => scope === 'organization')
  await eachOf(Object.entries(tokens), async ([name, token]) => {
    for (const route of inside) {
      for (const [organization, nowhere] of [
        [theirs.organizationId, randomUUID()], [theirs.slug, String(noSlug)],
      ] as const) {
        const caller = (chosen: string) => ({ name, token, organization: chosen })
        const ids = { ...theirs.ids, organization, nowhere }
        const answer = await matrix.compare(
          { caller: caller(organization), route, ids, unseen },
          { caller: caller(nowhere), route, ids, unseen }, `in ${organization}`)
        const isAbsent = answer && isRefused(route, answer, [404, 'organization_not_found'])
        if (answer === undefined || isAbsent) continue
        matrix.find(`${route.operationId} as ${name}: in ${organization} answers ${answer.status}`)
      }
    }
  })
  await installation(matrix)
}

/** What is about all users stays closed, whichever organization is named. */
async function installation(matrix: Matrix): Promise<void> {
  const { ours, theirs, others, home, routes } = matrix.parts
  const named = [home.organizationId, home.slug, theirs.organizationId, randomUUID()]
  await eachOf(routes.filter(({ scope }) => scope === 'installation'), async (route) => {
    for (const caller of [personCaller(ours, 'owner'), tokenCaller(ours)]) {
      const tellings = new Set<string>()
      for (const organization of named) {
        const cell = await matrix.send({
          caller, route, ids: theirs.ids, headers: { 'holdfast-organization': organization },
          unseen: [theirs, others, home],
        })
        if (cell?.answer.body?.code === 'forbidden') tellings.add(cell.told)
        else matrix.find(`${route.operationId} as ${caller.name}: in ${organization} opens`)
      }
      if (tellings.size > 1) matrix.find(`${route.operationId}: tells organizations apart`)
    }
  })
}

/**
 * Who administers all users administers no other organization: there, whatever is named by ids of
 * one is as if it did not exist, and nothing is seen.
 */
export async function administrators(matrix: Matrix): Promise<void> {
  const { theirs, others, home, routes } = matrix.parts
  const absent = absentIds(theirs)
  for (const caller of [personCaller(home, 'owner'), tokenCaller(home)]) {
    for (const route of routes.filter(({ scope }) => scope === 'organization')) {
      const [swap = []] = swapsOf(matrix, route, absent.ids)
      const calling = async (source: Names): Promise<Calling> => {
        const calls = await matrix.callsOf(route, home, caller)
        const foreign = Object.fromEntries(swap.map((key) => [key, source.ids[key]!]))
        const ids = { ...calls.ids, ...foreign }
        return {
          caller: calls.caller, route, ids, unseen: [theirs, others],
          twin: home, words: [theirs.mark, absent.mark, String(calls.ids.slug)],
        }
      }
      const strange = await calling(theirs)
      // What names nothing has nothing to be compared with, but must not leak either.
      if (swap.length === 0) await matrix.send(strange)
      else await matrix.compare(strange, await calling(absent), `${swap.join(' and ')} swapped`)
    }
  }
}

/** A cursor of another organization or person is one that no list gave out. */
export async function cursors(matrix: Matrix): Promise<void> {
  const { ours, theirs, others, home, routes, isAllowed } = matrix.parts
  const callerIn = (estate: Estate, { scope, action }: MatrixRoute) => {
    if (scope === 'installation') return tokenCaller(home)
    const mayToken = isAllowed({ kind: 'service_token', scopes: ['*'] }, null, action)
    return mayToken ? tokenCaller(estate) : personCaller(estate, 'owner')
  }
  const lists = routes.filter(({ input, status }) =>
    status !== undefined && 'cursor' in (input.query?.shape ?? {}))
  await eachOf(lists, async (route) => {
    const seesPeople = route.scope === 'installation'
    const given = await matrix.send({
      caller: callerIn(others, route), route, ids: others.ids, query: { limit: '1' },
      unseen: [ours, theirs], seesPeople,
    })
    const cursor = given?.answer.body?.next_cursor as string | null | undefined
    if (typeof cursor !== 'string') {
      matrix.find(`${route.operationId}: the estate has no second page`)
      return
    }
    // One list for all administrators: there is no other one.
    if (seesPeople && !route.path.includes('{')) return
    const asking = (text: string): Calling => ({
      caller: callerIn(ours, route), route, query: { cursor: text }, ids: ours.ids,
      unseen: [theirs, others], seesPeople,
    })
    const forged = Buffer.from('["forged","x"]').toString('base64url')
    await matrix.compare(asking(cursor), asking(forged), 'with their cursor')
  })
}

/** What one has elsewhere stays there, though one is the same person here. */
async function elsewhere(matrix: Matrix): Promise<void> {
  const { ours, theirs, others, routes } = matrix.parts
  const [there, here] = await bothCallers([others, ours], undefined)
  const userId = there.caller.userId!
  const stores = ours.holdfast.organization(others.organizationId, { id: `user:${userId}`, userId })
  await stores.settings.update('user', { [others.secret]: others.secret })
  await stores.ownSecrets.create({ name: others.secret, value: others.secret })
  const reads = routes.filter(({ scope, method }) => scope === 'organization' && method === 'GET')
  await eachOf(reads, async (route) => {
    await matrix.send({ caller: here.caller, route, ids: ours.ids, unseen: [theirs, others] })
  })
}

/** A key that another organization has used says nothing of what came of it. */
export async function keys(matrix: Matrix): Promise<void> {
  const { ours, theirs, others, routes } = matrix.parts
  await elsewhere(matrix)
  const keyed = routes.filter(({ scope, idempotency }) =>
    scope === 'organization' && idempotency !== 'none')
  await eachOf(keyed, async (route) => {
    const key = { 'idempotency-key': randomUUID() }
    const both = await bothCallers([others, ours], matrix.sampleOf(route).spends)
    const owned = (estate: Estate) =>
      matrix.callsOf(route, estate, personCaller(estate, 'owner'))
    for (const [first, second] of [
      [await owned(others), await owned(ours)],
      await Promise.all([others, ours].map(async (estate, index) => {
        const { caller, ids } = both[index]!
        return { caller, ids: { ...await matrix.idsFor(route, estate, caller), ...ids } }
      })),
    ]) {
      await matrix.send({ ...first!, route, headers: key, unseen: [ours, theirs] })
      const cell = await matrix.send({
        ...second!, route, headers: key, unseen: [theirs, others],
      })
      const isReplayed = cell?.answer.headers['idempotency-replayed'] !== undefined
      if (cell !== undefined && isDone(route, cell.answer) && !isReplayed) continue
      const { name } = second!.caller
      matrix.find(`${route.operationId} as ${name}, under a used key: ${cell?.told}`)
    }
  })
}
