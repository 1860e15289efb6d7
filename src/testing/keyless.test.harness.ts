import { Holdfast } from '../holdfast.js'
import { type ContractWorld } from './contract.js'

/**
 * The stores of a world's organization in a composition without a root key. It is not opened anew:
 * what is opened in memory makes a root key of its own.
 */
export async function withoutRootKey(
  { holdfast, organizationId }: Pick<ContractWorld, 'holdfast' | 'organizationId'>,
) {
  const keyless = await Holdfast.on(holdfast.backend, { ids: holdfast.ids })
  return keyless.organization(organizationId)
}
