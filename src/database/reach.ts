import { InvalidInput } from '../errors.js'
import { isUuid } from '../ids.js'
import { type Reach } from './engine.js'

/** Sees and writes the rows of every organization. */
export const reachAll = 'all'

/** A reach as statements carry it. Throws InvalidInput for what is no id of an organization. */
export function reachText(reach: Reach): string {
  if (reach === 'all') return reachAll
  for (const id of reach) {
    if (isUuid(id)) continue
    throw new InvalidInput('organization_id must be a UUID', { field: 'organization_id' })
  }
  return reach.length < 2 ? (reach[0] ?? '') : [...new Set(reach)].sort().join(',')
}
