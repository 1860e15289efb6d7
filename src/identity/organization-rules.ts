import { InvalidInput } from '../errors.js'
import { isUuid } from '../ids.js'

const slugPattern = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** Refuses what is no name of an organization. */
export function checkName(name: unknown): void {
  if (typeof name === 'string' && name.length >= 1 && name.length <= 200) return
  throw new InvalidInput('name must be 1 to 200 characters', { field: 'name' })
}

/** Refuses what is no slug; an id is none, since wherever a slug may stand it would mean the id. */
export function checkSlug(slug: string): void {
  if (slugPattern.test(slug) && !isUuid(slug)) return
  const rule = 'must be 1 to 63 lower-case letters, digits and inner hyphens, and no UUID'
  throw new InvalidInput(`slug ${rule}`, { field: 'slug' })
}

/** A readable slug, with the head of the random part of the id so that it is free. */
export function slugOf(name: string, id: string): string {
  const words = name.normalize('NFKD').toLowerCase().replace(/[^a-z0-9]+/g, '-')
  const head = words.replace(/^-+|-+$/g, '').slice(0, 40).replace(/-+$/, '')
  return `${head === '' ? 'organization' : head}-${id.slice(-6)}`
}
