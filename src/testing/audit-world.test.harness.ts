import { assert } from '../assert.js'
import { type Clock } from '../clock.js'
import { pageLimitMax } from '../database/page.js'
import { Holdfast } from '../holdfast.js'
import { type ContractWorld, type OpenWorld } from './contract.js'

/** A secret audit key of tests. */
export const testAuditKey = Buffer.alloc(32, 7).toString('base64url')

/** The same database opened once more, with a key that signs heads. */
export async function withAuditKey(
  { holdfast }: Pick<ContractWorld, 'holdfast'>,
  { auditKey = testAuditKey, clock }: { readonly auditKey?: string; readonly clock?: Clock } = {},
): Promise<Holdfast> {
  return Holdfast.on(holdfast.backend, { auditKey, ids: holdfast.ids, ...(clock && { clock }) })
}

/**
 * Opens worlds whose two logs are empty: of organizations that nobody made, since the making of one
 * is the first entry of its log. A log needs no organization; it outlives the one it tells of.
 */
export function withEmptyLogs(open: OpenWorld): OpenWorld {
  return async () => {
    const world = await open()
    const { holdfast } = world
    const [organizationId, neighbourId] = [holdfast.ids.next(), holdfast.ids.next()]
    return {
      ...world,
      organizationId,
      neighbourId,
      organization: holdfast.organization(organizationId),
      neighbour: holdfast.organization(neighbourId),
    }
  }
}

/** What the log of an organization tells since it was made, oldest first. */
export async function toldSinceMade({ organization: { audit } }: ContractWorld) {
  const { data, nextCursor } = await audit.list({ limit: pageLimitMax })
  const [made, ...rest] = data.toReversed()
  assert(nextCursor === null && made?.action === 'organization.created', 'the log is whole')
  return rest.map(({ action, details, resourceId }) => ({ action, resourceId, details }))
}
