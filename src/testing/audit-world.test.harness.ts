import { type Clock } from '../clock.js'
import { Holdfast } from '../holdfast.js'
import { type ContractWorld } from './contract.js'

/** A secret audit key of tests. */
export const testAuditKey = Buffer.alloc(32, 7).toString('base64url')

/** The same database opened once more, with a key that signs heads. */
export async function withAuditKey(
  { holdfast }: ContractWorld,
  { auditKey = testAuditKey, clock }: { readonly auditKey?: string; readonly clock?: Clock } = {},
): Promise<Holdfast> {
  return Holdfast.on(holdfast.backend, { auditKey, ids: holdfast.ids, ...(clock && { clock }) })
}
