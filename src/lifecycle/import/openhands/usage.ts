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

/**
 * What came since earlier imports, and the id of the event that says so; undefined for nothing.
 * The source tells sums, which only grow.
 */
export async function usageSince(
  store: UsageStore, conversationId: string, { name, costUsd, tokensIn, tokensOut }: FoundUsage,
): Promise<{ id: string; costUsd: string; tokensIn: number; tokensOut: number } | undefined> {
  const { data } = await store.listEvents({
    conversationId, type: 'openhands.conversation', limit: eventsMax,
  })
  const recorded = new Map(data.map((event) => [event.id, event]))
  const idOf = (count: number) =>
    namedId(conversationId, `openhands usage ${name}${count === 0 ? '' : ` ${count}`}`)
  const earlier: UsageEvent[] = []
  for (let event; (event = recorded.get(idOf(earlier.length))) !== undefined;) earlier.push(event)
  const sum = (of: (event: UsageEvent) => number) =>
    earlier.reduce((total, event) => total + of(event), 0)
  const picos = earlier.reduce((total, event) => total + picosOf(event.costUsd), 0n)
  const since = {
    cost: atLeastNone(picosOf(costUsd ?? '0') - picos),
    tokensIn: Math.max(0, tokensIn - sum((event) => event.tokensIn)),
    tokensOut: Math.max(0, tokensOut - sum((event) => event.tokensOut)),
  }
  const isNone = since.cost === 0n && since.tokensIn === 0 && since.tokensOut === 0
  if (isNone && earlier.length > 0) return undefined
  const { tokensIn: given, tokensOut: taken } = since
  return {
    id: idOf(earlier.length), costUsd: textOf(since.cost), tokensIn: given, tokensOut: taken,
  }
}

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
