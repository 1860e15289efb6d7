import { sql } from 'kysely'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { cursorOf, keyOf, type Page, pageOf } from '../database/page.js'
import { type ListNamespaces, type Namespace } from './contract.js'
import {
  after, decodeNamespace, isWithin, type NamespaceRange, rangeBelow,
} from './namespace.js'
import { checkInteger, checkLabels, labelsMax, pageRule } from './rules.js'
import { selected, storedAgain } from './search.js'
import { isAlive } from './statements.js'
import { type ItemTables } from './tables.js'

/** Namespaces looked at by one statement: at first, and when many do not match. */
const lookMin = 200
const lookMax = 2_000

type Pattern = readonly (string | null)[]

/** How namespaces are chosen and cut. */
interface Choice {
  readonly prefix: Pattern
  readonly suffix: Pattern
  readonly maxDepth: number
}

/** One page of the namespaces that have items, in their order. */
export async function listNamespaces(
  database: Database<ItemTables>, organizationId: Stored<'id'>, request: ListNamespaces,
): Promise<Page<string[]>> {
  const { limit, offset } = pageRule(request)
  const choice = choiceOf(request)
  const list = ['namespaces', organizationId, choice]
  const { low, high } = rangeBelow(literalHead(choice.prefix))
  const begin = request.cursor === undefined
    ? low : storedAgain(keyOf(list, request.cursor)[0])
  const found: FoundNamespace[] = []
  const walk = new NamespaceWalk(database, organizationId, { low: begin, high })
  for await (const one of walk.chosen(choice)) {
    found.push(one)
    if (found.length > offset + limit) break
  }
  const page = pageOf(found.slice(offset), limit, ({ next }) => cursorOf(list, [next]))
  return { ...page, data: page.data.map(({ namespace }) => namespace) }
}

function choiceOf({ prefix = [], suffix = [], maxDepth = labelsMax }: ListNamespaces): Choice {
  checkPattern(prefix, 'prefix')
  checkPattern(suffix, 'suffix')
  checkInteger('maxDepth', maxDepth, [1, labelsMax])
  return { prefix, suffix, maxDepth }
}

function checkPattern(pattern: Pattern, field: string): void {
  const labels = Array.isArray(pattern) ? pattern.map((label) => label ?? '') : pattern
  checkLabels(labels as Namespace, { min: 0, field })
}

/** The labels before the first that may be any. */
function literalHead(pattern: Pattern): Namespace {
  const end = pattern.indexOf(null)
  return (end === -1 ? pattern : pattern.slice(0, end)) as Namespace
}

interface FoundNamespace {
  readonly namespace: string[]
  /** Where those behind it begin. */
  readonly next: Stored<'text'>
}

/** Goes from namespace to namespace, whatever they hold, each found by one look into the key. */
class NamespaceWalk {
  readonly #database: Database<ItemTables>
  readonly #organizationId: Stored<'id'>
  #range: NamespaceRange

  constructor(
    database: Database<ItemTables>, organizationId: Stored<'id'>, range: NamespaceRange,
  ) {
    this.#database = database
    this.#organizationId = organizationId
    this.#range = range
  }

  /** The namespaces that a choice lets through, cut, each once. */
  async* chosen(choice: Choice): AsyncGenerator<FoundNamespace> {
    for (let look = lookMin; ; look = lookMax) {
      const names = await this.#look(look)
      // Whatever else is below a namespace that was cut would be cut to the same.
      let cut: NamespaceRange | undefined
      for (const stored of names) {
        if (cut !== undefined && stored.startsWith(cut.low)) continue
        const whole = decodeNamespace(stored)
        if (!matches(whole, choice)) continue
        const namespace = whole.slice(0, choice.maxDepth)
        cut = whole.length < choice.maxDepth ? undefined : rangeBelow(namespace)
        yield { namespace, next: cut?.high ?? after(stored) }
      }
      if (names.length < look) return
      const last = names.at(-1)!
      const isCut = cut !== undefined && last.startsWith(cut.low)
      this.#range = { ...this.#range, low: (isCut ? cut?.high : undefined) ?? after(last) }
    }
  }

  /** The first so many namespaces of the range. */
  async #look(count: number): Promise<Stored<'text'>[]> {
    const { low, high } = this.#range
    const first = (range: ReturnType<typeof sql>) => sql`(select i.namespace from items i
      where i.organization_id = ${this.#organizationId} and ${range}
        and ${isAlive(this.#database.engine, 'i')}
      order by i.namespace limit 1)`
    const ended = high === null ? sql`` : sql` and i.namespace < ${high}`
    const rows = await selected(this.#database, sql<Record<string, unknown>>`
      with recursive seen(namespace, number) as (
        select ${first(isWithin('i.namespace', { low, high }))}, 1
        union all
        select ${first(sql`i.namespace > seen.namespace${ended}`)}, seen.number + 1
        from seen where seen.namespace is not null and seen.number < ${sql.lit(count)})
      select namespace from seen where namespace is not null order by number`)
    return rows.map(({ namespace }) => namespace as Stored<'text'>)
  }
}

function matches(namespace: readonly string[], { prefix, suffix }: Choice): boolean {
  const { length } = namespace
  if (prefix.length > length || suffix.length > length) return false
  return fits(prefix, namespace) && fits(suffix, namespace.slice(length - suffix.length))
}

const fits = (pattern: Pattern, labels: readonly string[]) =>
  pattern.every((wanted, index) => wanted === null || wanted === labels[index])
