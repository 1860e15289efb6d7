import { type Stored } from '../database/columns.js'
import { type ClearNamespaces, type Namespace } from './contract.js'
import { rangeBelow, rangeOf } from './namespace.js'
import { checkCount, storedNamespace } from './rules.js'
import { type RangeRow } from './statements.js'

/** What of an organization to clear. */
export function rangeRows(
  organizationId: Stored<'id'>,
  namespaces: readonly Namespace[],
  { below = false }: ClearNamespaces,
): RangeRow[] {
  checkCount(namespaces, 'namespaces')
  return namespaces.map((namespace, index) => {
    const field = `namespaces[${index}]`
    storedNamespace(namespace, { min: 1, field })
    const range = below ? rangeBelow(namespace, field) : rangeOf(namespace, field)
    return { organization_id: organizationId, ...range }
  })
}
