import { type Chance } from './chance.js'
import { type Draft } from './drafts.js'

/** What a mutation may use beside the draft. */
export interface Tools {
  readonly chance: Chance
  /** Ids of a stranger's objects, which exist. */
  readonly foreignIds: readonly string[]
  /** Cursors that no list of ours gave out. */
  readonly foreignCursors: readonly string[]
  /** Cursors sealed for lists of ours around senseless keys. */
  readonly forgedCursors: readonly string[]
  /** Tokens that open nothing. */
  readonly deadTokens: readonly string[]
  /** Bytes of a body at most. */
  readonly bodyLimitBytes: number
}

/** What was done to a draft. */
export interface Mutated {
  readonly name: string
  /** Where faults may be found, `body.title`; a part names all inside it, '' everything. */
  readonly places: readonly string[]
  /** Whether the request must be refused, must be served, or may be either. */
  readonly verdict: 'refused' | 'served' | 'any'
}

/** Changes a draft in place; undefined when it does not apply to it. */
export type Mutation = (draft: Draft, tools: Tools) => Mutated | undefined

/** Whether a field stands at one of the places or inside it. */
export function liesIn(field: string, places: readonly string[]): boolean {
  return places.some((place) =>
    place === '' || field === place || field.startsWith(`${place}.`) ||
    field.startsWith(`${place}[`))
}
