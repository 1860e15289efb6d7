import { type JsonValue } from '../database/json.js'

/** How JSON is written: without blanks, or with two a level and a line each member. */
type Style = 'compact' | 'indented'

/**
 * JSON text that depends on the value alone: keys sorted by code unit. `indented` puts each member
 * on a line of its own, for people and line by line comparison.
 */
export function plainText(value: JsonValue, style: Style = 'compact'): string {
  return written(value, style === 'indented' ? '\n' : '')
}

function written(value: JsonValue, feed: string): string {
  if (typeof value !== 'object' || value === null) return scalar(value)
  const deeper = feed === '' ? '' : `${feed}  `
  const colon = feed === '' ? ':' : ': '
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  const members = Array.isArray(value)
    ? value.map((each) => written(each, deeper))
    : Object.keys(value).sort().map((key) =>
      `${JSON.stringify(key)}${colon}${written(value[key]!, deeper)}`)
  if (members.length === 0) return `${open}${close}`
  return `${open}${deeper}${members.join(`,${deeper}`)}${feed}${close}`
}

/** -0 is another value than 0, and is written so. */
function scalar(value: string | number | boolean | null): string {
  return Object.is(value, -0) ? '-0' : JSON.stringify(value)
}
