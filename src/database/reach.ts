import { InvalidValue } from '../errors.js'
import { isUuid } from '../ids.js'
import { type Reach } from './engine.js'

/** Sees and writes the rows of every organization. */
export const reachAll = 'all'

/** A reach as statements carry it. Throws InvalidValue for what is no id of an organization. */
export function reachText(reach: Reach): string {
  if (reach === 'all') return reachAll
  // A batch names the same few organizations again and again.
  const ids = [...new Set(reach)]
  for (const id of ids) {
    if (isUuid(id)) continue
    throw new InvalidValue('organization_id must be a UUID', { field: 'organization_id' })
  }
  return ids.length < 2 ? (ids[0] ?? '') : ids.sort().join(',')
}
