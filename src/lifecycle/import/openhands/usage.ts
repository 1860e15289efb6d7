import { namedId } from '../../../named-ids.js'
import { type UsageEvent, type UsageStore } from '../../../usage/index.js'
import { type ExactJson, membersOf } from '../exact-json.js'
import { isObject } from '../json-object.js'
import { type FoundUsage } from './found.js'

const costPattern = /^(\d{1,12})(?:\.(\d+))?$/

/** Costs and tokens that a document says of a conversation; undefined when there are none. */
export function usageOf(
  name: string, json: ExactJson, names: Readonly<Record<string, string>>,
): FoundUsage | undefined {
  const value = json.value as Record<string, unknown>
  const members = membersOf(json.stored)
  const number = (key: string): number => {
    const found = value[key]
    return typeof found === 'number' && Number.isSafeInteger(found) && found >= 0 ? found : 0
  }
  const costUsd = costOf(members.get(names.cost!))
  const [tokensIn, tokensOut] = [number(names.tokensIn!), number(names.tokensOut!)]
  if (costUsd === null && tokensIn === 0 && tokensOut === 0) return undefined
  const others = [
    'total_tokens', 'cache_read_tokens', 'cache_write_tokens', 'reasoning_tokens',
    'context_window', 'per_turn_token',
  ]
  const data = Object.fromEntries(others.filter((key) => number(key) > 0)
    .map((key) => [key, number(key)]))
  const model = value[names.model!]
  return {
    name, model: typeof model === 'string' && model !== '' ? model : null, costUsd, tokensIn,
    tokensOut, data,
  }
}

/** What V1 keeps of the models that a conversation used: `{agent: {accumulated_cost, …}, …}`. */
export function usageOfMetrics(metrics: ExactJson | undefined): FoundUsage[] {
  if (metrics === undefined || !isObject(metrics.value)) return []
  return Object.entries(metrics.value).flatMap(([name, each]) => {
    if (!isObject(each)) return []
    const tokens = isObject(each.accumulated_token_usage) ? each.accumulated_token_usage : {}
    const { model, accumulated_cost: cost, model_name: named } = { ...tokens, ...each }
    const flat = JSON.stringify({ ...tokens, model: named ?? model ?? null, cost: cost ?? 0 })
    const found = usageOf(name, { stored: flat as never, value: JSON.parse(flat), losses: [] }, {
      cost: 'cost', tokensIn: 'prompt_tokens', tokensOut: 'completion_tokens', model: 'model',
    })
    return found === undefined ? [] : [found]
  })
}

/** A cost as an exact decimal; what lies beyond 12 digits behind the point is cut off. */
function costOf(text: string | undefined): string | null {
  if (text === undefined || text === 'null') return null
  const plain = /[eE]/.test(text) ? Number(text).toFixed(12) : text
  const match = costPattern.exec(plain)
  if (match === null) return null
  const fraction = (match[2] ?? '').slice(0, 12)
  const cost = fraction === '' ? match[1]! : `${match[1]}.${fraction}`
  return Number(cost) === 0 ? null : cost
}

/** Events of one conversation that are looked through: each import that finds more adds one. */
const eventsMax = 200

/** The one by which the app server and V0 call the sums over a whole conversation. */
export const wholeName = 'conversation'

/** What came since earlier imports, and the id of the event that says so. */
export interface UsageSince {
  readonly id: string
  readonly costUsd: string
  readonly tokensIn: number
  readonly tokensOut: number
}

interface Sums {
  cost: bigint
  tokensIn: number
  tokensOut: number
}

/**
 * For each of the usages of a conversation what came since earlier imports; undefined for nothing.
 * The source tells sums, which only grow. What the app server counted of a whole conversation and
 * what the agent server counted of its parts is one and the same: it counts once.
 */
export async function usagesSince(
  store: UsageStore, conversationId: string, usages: readonly FoundUsage[],
): Promise<(UsageSince | undefined)[]> {
  const { data } = await store.listEvents({
    conversationId, type: 'openhands.conversation', limit: eventsMax,
  })
  const recorded = new Map(data.map((event) => [event.id, event]))
  const idOf = (name: string, count: number) =>
    namedId(conversationId, `openhands usage ${name}${count === 0 ? '' : ` ${count}`}`)
  const chainOf = (name: string) => {
    const chain: UsageEvent[] = []
    for (let event; (event = recorded.get(idOf(name, chain.length))) !== undefined;) {
      chain.push(event)
    }
    return chain
  }
  const whole = chainOf(wholeName)
  const parts = data.filter((event) => !whole.includes(event))
  const counted = sumOf(whole)
  return usages.map((usage) => {
    const isWhole = usage.name === wholeName
    const own = isWhole ? whole : chainOf(usage.name)
    const since = less(less(sumsIn(usage), sumOf(own)), isWhole ? sumOf(parts) : counted)
    // What one of the parts makes up of the whole is none of the next one’s.
    if (!isWhole) take(counted, less(less(sumsIn(usage), sumOf(own)), since))
    const isNone = since.cost === 0n && since.tokensIn === 0 && since.tokensOut === 0
    if (isNone && data.length > 0) return undefined
    const { tokensIn, tokensOut } = since
    return { id: idOf(usage.name, own.length), costUsd: textOf(since.cost), tokensIn, tokensOut }
  })
}

const sumsIn = ({ costUsd, tokensIn, tokensOut }: FoundUsage): Sums =>
  ({ cost: picosOf(costUsd ?? '0'), tokensIn, tokensOut })

const sumOf = (events: readonly UsageEvent[]): Sums => events.reduce((sums, event) => ({
  cost: sums.cost + picosOf(event.costUsd), tokensIn: sums.tokensIn + event.tokensIn,
  tokensOut: sums.tokensOut + event.tokensOut,
}), { cost: 0n, tokensIn: 0, tokensOut: 0 })

/** What is left of the one without the other, and never less than nothing. */
const less = (one: Sums, other: Sums): Sums => ({
  cost: atLeastNone(one.cost - other.cost),
  tokensIn: Math.max(0, one.tokensIn - other.tokensIn),
  tokensOut: Math.max(0, one.tokensOut - other.tokensOut),
})

const take = (from: Sums, taken: Sums): void => void Object.assign(from, less(from, taken))

const atLeastNone = (picos: bigint): bigint => (picos < 0n ? 0n : picos)

/** A decimal of 12 digits behind the point at most, in the last of them. */
function picosOf(decimal: string): bigint {
  const [whole = '0', fraction = ''] = decimal.split('.')
  return BigInt(`${whole}${fraction.padEnd(12, '0')}`)
}

const textOf = (picos: bigint): string => {
  const digits = String(picos).padStart(13, '0')
  const fraction = digits.slice(-12).replace(/0+$/, '')
  return fraction === '' ? digits.slice(0, -12) : `${digits.slice(0, -12)}.${fraction}`
}
