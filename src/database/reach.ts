import { InvalidValue } from '../errors.js'
import { isUuid } from '../ids.js'
import { type Reach } from './engine.js'

/** Sees and writes the rows of every organization. */
export const reachAll = 'all'

/** A reach as statements carry it. Throws InvalidValue for what is no id of an organization. */
export function reachText(reach: Reach): string {
  if (reach === 'all') return reachAll
  const [first = ''] = reach
  // Most batches are of one organization.
  const ids = reach.every((id) => id === first) ? reach.slice(0, 1) : [...new Set(reach)].sort()
  if (ids.every(isUuid)) return ids.length === 1 ? first : ids.join(',')
  throw new InvalidValue('organization_id must be a UUID', { field: 'organization_id' })
}
