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
