import { type Principal } from './access.js'
import { Forbidden } from './errors.js'

/** The user who is logged in. Throws Forbidden for a service token, whoever made it. */
export function requirePerson({ kind, userId }: Principal): string {
  if (kind === 'session' && typeof userId === 'string') return userId
  throw new Forbidden('Only a person who is logged in may do this, not a service token.')
}
