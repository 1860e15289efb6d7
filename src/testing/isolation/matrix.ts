import { randomUUID } from 'node:crypto'
import { type Table } from '../../database/table.js'
import { type Answer, type Call, type Endpoint, type HttpClient } from '../http.js'
import { differenceOf, leakIn, type Private, toldBy } from './answers.js'
import { type Caller, type Calls, spareCaller } from './callers.js'
import { type Estate, type Ids, newWord } from './estate.js'
import { digestOf, emptyTables, idsIn, personalIdsIn, rowsOf } from './rows.js'
import { type Sample } from './sample.js'

/** An endpoint, with all that decides who may call it; the server's table of routes fits. */
export interface MatrixRoute extends Endpoint {
  readonly action: string
  readonly scope: 'organization' | 'person' | 'installation' | 'none'
  readonly idempotency: string
  readonly input: { readonly query?: { readonly shape: object } }
}

/** What access.ts decides by. */
export interface RightsOf {
  readonly kind: 'session' | 'service_token'
  readonly scopes: readonly string[]
}

/** What a matrix is made of. */
export interface MatrixParts {
  readonly guest: HttpClient
  readonly routes: readonly MatrixRoute[]
  readonly samples: Readonly<Record<string, Sample>>
  readonly isAllowed: (rights: RightsOf, role: string | null, action: string) => boolean
  /** Every declared table. */
  readonly tables: readonly Table[]
  /** The organization that calls. */
  readonly ours: Estate
  /** The one that must stay unseen and untouched: nobody of it ever calls. */
  readonly theirs: Estate
  /** A third one, whose people call as well. */
  readonly others: Estate
  /** In the organization `default`, whose administrators are those of all users. */
  readonly home: Estate
  /** Two that are treated alike, so that what they are told can be compared. */
  readonly twins: readonly [Estate, Estate]
  /** The whole product, instead of one of each kind. */
  readonly whole: boolean
}

/** One request and its answer. */
export interface Cell {
  readonly answer: Answer
  /** All it tells; equal texts for answers that cannot be told apart. */
  readonly told: string
}

/** A call of one route in somebody's name. */
export interface Calling {
  readonly caller: Caller
  readonly route: MatrixRoute
  readonly ids: Ids
  readonly headers?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>>
  /** Estates of which the answer must hold nothing. */
  readonly unseen: readonly Estate[]
  /** The caller's own, when it may have said names of others before. */
  readonly twin?: Estate
  /** Words of names that it may have said before. */
  readonly words?: readonly string[]
  /** The caller may see all people, and nothing else of theirs. */
  readonly seesPeople?: boolean
}

/** What nobody but its owner may see; `kept` is that part which no administrator may either. */
interface Hidden extends Private {
  readonly kept: Private
}

/** Sends calls, judges what holds for every one, and collects what does not. */
export class Matrix {
  readonly parts: MatrixParts
  readonly findings: string[] = []
  /** Requests sent. */
  cells = 0
  readonly #privates = new Map<Estate, Hidden>()
  #before = ''

  constructor(parts: MatrixParts) {
    this.parts = parts
  }

  /** Learns what must stay unseen and untouched. An estate that lacks a table's rows is a fault. */
  async learn(sparse: readonly string[] = []): Promise<void> {
    const { ours, theirs, others, home, twins, tables } = this.parts
    for (const estate of [ours, theirs, others, home, ...twins]) {
      const rows = await rowsOf(estate, tables)
      const [ids, people] = [idsIn(rows), personalIdsIn(rows)]
      const impersonal = new Set([...ids].filter((id) => !people.has(id)))
      const kept = { words: [estate.secret], ids: impersonal }
      this.#privates.set(estate, { words: [estate.mark, estate.secret], ids, kept })
      if (estate !== theirs) continue
      this.#before = digestOf(rows)
      for (const table of emptyTables(rows)) {
        if (!sparse.includes(table)) this.find(`the estate has nothing in ${table}`)
      }
    }
  }

  /** Whether the rows of the organization that never calls are as they were. */
  async checkUntouched(when: string): Promise<void> {
    const { theirs, tables } = this.parts
    const digest = digestOf(await rowsOf(theirs, tables))
    if (digest !== this.#before) this.find(`${when}: the other organization's rows have changed`)
    this.#before = digest
  }

  find(finding: string): void {
    this.findings.push(finding)
  }

  /** Sends one call. What breaks a promise of all answers, or leaks, becomes a finding. */
  async send(calling: Calling): Promise<Cell | undefined> {
    const { caller, route, twin, words = [] } = calling
    const said = saidIn(calling.ids)
    const own = twin === undefined ? [] : [twin.mark, twin.secret, twin.slug, ...saidIn(twin.ids)]
    this.cells += 1
    try {
      const answer = await this.parts.guest.as(caller.token).send(this.#callOf(calling))
      const leak = leakIn(answer, said, this.#unseen(calling))
      if (leak !== undefined) this.find(`${name(calling)}: ${answer.status}, ${leak}`)
      if (answer.status >= 500) this.find(`${name(calling)}: ${answer.text}`)
      // Few are compared, and to find out what it tells takes longer than to send it.
      return { answer, get told() { return toldBy(answer, [...said, ...own, ...words]) } }
    } catch (error) {
      this.find(`${route.operationId} as ${caller.name}: ${String(error).slice(0, 600)}`)
      return undefined
    }
  }

  /** A call that nobody may tell apart from one about what does not exist. */
  async compare(strange: Calling, absent: Calling, what: string) {
    const [one, other] = await Promise.all([this.send(strange), this.send(absent)])
    if (one === undefined || other === undefined) return undefined
    if (one.told !== other.told) {
      this.find(`${name(strange)}, ${what}: ${differenceOf(one.told, other.told)}`)
    }
    return one.answer
  }

  /** Objects of its own when the operation needs them, beside what the estate has anyway. */
  async idsFor(route: MatrixRoute, estate: Estate, caller: Caller): Promise<Ids> {
    return { ...estate.ids, ...await this.sampleOf(route).fresh?.(estate, caller) }
  }

  /** Who makes a call that must succeed, and about what; whoever is called away is a spare one. */
  async callsOf(route: MatrixRoute, estate: Estate, caller: Caller): Promise<Calls> {
    const spare = await spareCaller(estate, caller, this.sampleOf(route).spends)
    const ids = await this.idsFor(route, estate, spare.caller)
    return { caller: spare.caller, ids: { ...ids, ...spare.ids } }
  }

  sampleOf({ operationId }: MatrixRoute): Sample {
    return this.parts.samples[operationId] ?? {}
  }

  /** Names of the ids that a call of the route is made of. */
  keysOf(route: MatrixRoute, ids: Ids): string[] {
    const used = new Set([...route.path.matchAll(/\{(\w+)\}/g)].map(([, key]) => key!))
    const watched = new Proxy(ids, {
      get: (target, key) => (used.add(String(key)), target[String(key)]),
    })
    const { query, body, headers } = this.sampleOf(route)
    query?.(watched)
    body?.(watched)
    headers?.(watched)
    return [...used]
  }

  #unseen({ unseen, twin, seesPeople = false }: Calling): Private[] {
    return unseen.map((estate) => {
      const hidden = this.#privates.get(estate)!
      const { words, ids } = seesPeople ? hidden.kept : hidden
      return { words: words.filter((word) => twin === undefined || word !== estate.mark), ids }
    })
  }

  #callOf({ caller, route, ids, headers = {}, query = {} }: Calling): Call {
    const sample = this.sampleOf(route)
    const path = route.path.replace(/\{(\w+)\}/g, (_, key: string) =>
      encodeURIComponent(String(ids[key])))
    const search = new URLSearchParams({ ...sample.query?.(ids), ...query }).toString()
    const { organization } = caller
    const isChosen = organization !== undefined && route.scope === 'organization'
    return {
      method: route.method,
      path: search === '' ? path : `${path}?${search}`,
      body: sample.body?.(ids),
      bytes: sample.bytes,
      headers: {
        ...(isChosen ? { 'holdfast-organization': organization } : {}), ...sample.headers?.(ids),
        ...headers,
      },
    }
  }
}

/** Whether a call was done: answered with a status that the endpoint gives to what succeeds. */
export function isDone({ status, answers = {} }: MatrixRoute, answer: Answer): boolean {
  if (status !== undefined) return answer.status === status
  return answer.status < 300 && answer.status in answers
}

/** Whether a call was refused so; the answer to HEAD holds no code, its status must do. */
export function isRefused(
  { method }: MatrixRoute,
  { status, body }: Answer,
  [expected, code]: readonly [status: number, code: string],
): boolean {
  return status === expected && (body?.code === code || (method === 'HEAD' && body === undefined))
}

/** Works through the items a few at a time. */
export async function eachOf<T>(
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<void> {
  const left = [...items]
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: 6 }, worker))
}

/** Ids of the same shape as the estate's that exist nowhere. */
export function absentIds({ ids, mark, gone }: Estate): { ids: Ids; mark: string } {
  const other = newWord(mark.slice(0, -16))
  const absent = Object.fromEntries(Object.entries(ids).map(([key, value]) => [
    key, isUuid(value) ? randomUUID() : String(value).includes(mark)
      ? String(value).replaceAll(mark, other) : value,
  ]))
  return { ids: { ...absent, ...gone }, mark: other }
}

const isUuid = (value: string | number): boolean =>
  /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(String(value))

/** Texts of the ids; short ones such as a role could stand in any answer. */
const saidIn = (ids: Ids): string[] =>
  Object.values(ids).filter((value): value is string =>
    typeof value === 'string' && value.length > 12 && !value.includes(':'))

const name = ({ route, caller }: Calling): string => `${route.operationId} as ${caller.name}`
