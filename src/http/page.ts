import { z } from 'zod'
import { type Page, pageLimitMax } from '../database/page.js'
import { integerText, named } from './schema.js'

/** The query parameters of every list. */
export const pageQuery = {
  limit: integerText({ min: 1, max: pageLimitMax }, 'Rows at most. Default 50.').optional(),
  cursor: z.string().max(1_000).optional().describe('`next_cursor` of the page before.'),
}

/** The body of every list, under a name of its own. */
export function pageSchema<S extends z.ZodType>(name: string, item: S) {
  const next = z.string().nullable().describe('Null at the end.')
  return named(name, z.object({ data: z.array(item), next_cursor: next }))
}

/** A page as the API writes it. */
export function presentPage<T, P>(page: Page<T>, present: (item: T) => P) {
  return { data: page.data.map(present), next_cursor: page.nextCursor }
}
