import { InvalidInput } from '../errors.js'
import { isUuid } from '../ids.js'

/** Characters of an e-mail address at most. */
export const emailLengthMax = 320
/** Characters of a user name at most. */
export const usernameLengthMax = 64

const emailPattern = /^[^\s@]+@[^\s@]+$/u
const usernamePattern = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}._-]*$/u
/** Spaces of every kind, and what has no shape of its own: a name must look like what it is. */
const unseen = /[\p{Z}\p{C}\p{Default_Ignorable_Code_Point}\u2800]/u

/** Refuses what is no e-mail address. Throws InvalidInput. */
export function checkEmail(email: string): void {
  const isAddress = typeof email === 'string' && email.length <= emailLengthMax &&
    [email, nameKeyOf(email)].every((form) => emailPattern.test(form) && !unseen.test(form))
  if (isAddress) return
  throw new InvalidInput('email must be an e-mail address', { field: 'email' })
}

/** Refuses what is no user name; an e-mail address and an id are none. Throws InvalidInput. */
export function checkUsername(username: string): void {
  const isName = typeof username === 'string' && username.length <= usernameLengthMax &&
    !isUuid(username) && [username, nameKeyOf(username)].every((form) =>
    usernamePattern.test(form) && !unseen.test(form))
  if (isName) return
  const rule = `must be 1 to ${usernameLengthMax} letters, digits and . _ - after the first`
  throw new InvalidInput(`username ${rule}`, { field: 'username' })
}

/**
 * The form in which names are compared, alike for those that differ in case or Unicode form alone.
 * To upper case first: that takes apart ß and ﬁ, and makes one sigma of two.
 */
export function nameKeyOf(name: string): string {
  return name.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC')
}
