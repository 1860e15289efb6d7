import { type JsonValue } from '../../database/json.js'

/**
 * Whether a JSON value holds another one, as `@>` has it in PostgreSQL: of objects every member
 * asked for, of lists every entry asked for in any order, else the same value.
 */
export function contains(value: JsonValue | undefined, wanted: JsonValue): boolean {
  if (Array.isArray(wanted)) {
    return Array.isArray(value) && wanted.every((each) => value.some((one) => contains(one, each)))
  }
  if (typeof wanted !== 'object' || wanted === null) return value === wanted
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.entries(wanted).every(([name, each]) =>
    Object.hasOwn(value, name) && contains(value[name], each))
}
