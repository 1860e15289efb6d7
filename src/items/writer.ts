import { type Actor } from '../scope.js'

/** Whose writing it is: a person's goes with the person, a program's is the organization's. */
export function writerOf({ id }: Actor): string | null {
  return id.startsWith('user:') ? id : null
}
