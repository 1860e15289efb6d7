import { type Caller, type Spent } from './callers.js'
import { type Estate, type Ids, nextOf, type Words } from './estate.js'

/**
 * How to call one operation. `{parameters}` of the path are filled from the ids by their names;
 * whatever a sample reads from the ids is swapped for another organization's, one by one.
 */
export interface Sample {
  query?(ids: Ids): Readonly<Record<string, string>>
  body?(ids: Ids): unknown
  /** Instead of a body: bytes as they are. */
  readonly bytes?: string
  headers?(ids: Ids): Readonly<Record<string, string>>
  /** Objects of its own, for a call that changes, ends or needs what it is about. */
  fresh?(estate: Estate, caller: Caller): Promise<Ids>
  /** Whether it is for outsiders: whoever knows the address may call it, whoever he is. */
  readonly isForAll?: boolean
  /** What the call takes from its caller. */
  readonly spends?: Spent
}

/** The words of an estate, with a mark of their own. */
export const numbered = ({ mark, secret }: Estate): Words =>
  ({ mark: `${mark}-${nextOf(mark)}`, secret })


/** A word that nothing else has. */
export const anew = async (estate: Estate) => ({ word: numbered(estate).mark })
