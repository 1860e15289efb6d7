import { createHash } from 'node:crypto'
import { defineError } from '../errors.js'

/** A cursor that this list did not give out. */
export const InvalidCursor = defineError('InvalidCursor', { code: 'invalid_cursor', status: 400 })

/** Rows of one page at most. */
export const pageLimitMax = 200

/** Rows of one page when the caller names no number. */
export const pageLimitDefault = 50

/** One page of a list. */
export interface Page<T> {
  readonly data: T[]
  /** Opaque; hand it to the same list to go on. Null at the end. */
  readonly nextCursor: string | null
}

/** What a caller may say of a page. */
export interface PageRequest {
  /** Rows at most, 1 to 200. @default 50 */
  readonly limit?: number
  /** From `nextCursor` of the same list. */
  readonly cursor?: string
}

type CursorValue = string | number

/**
 * The opaque cursor behind a row: its sort key, bound to the list it came from. `list` holds all
 * that shapes the list (its name, organization, filters, order), so that a cursor of another list,
 * or an edited one, is refused. It is no secret: a forged one reaches no row that the list does
 * not hold.
 */
export function cursorOf(list: readonly unknown[], key: readonly CursorValue[]): string {
  const body = JSON.stringify(key)
  return Buffer.from(JSON.stringify([seal(list, body), ...key])).toString('base64url')
}

/** The sort key inside a cursor. Throws InvalidCursor for any that `list` did not make. */
export function keyOf(list: readonly unknown[], cursor: string): CursorValue[] {
  try {
    const [mark, ...key] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as CursorValue[]
    const genuine = cursorOf(list, key) === cursor
    if (mark !== undefined && genuine) return key
  } catch {
    // Fall through: whatever is unreadable is not ours.
  }
  const message = 'cursor must be the next_cursor of this same list, with the same filters'
  throw new InvalidCursor(message, { field: 'cursor' })
}

/** The page made of up to `limit + 1` rows, the surplus row telling that more follow. */
export function pageOf<T>(rows: T[], limit: number, cursor: (last: T) => string): Page<T> {
  if (rows.length <= limit) return { data: rows, nextCursor: null }
  const data = rows.slice(0, limit)
  return { data, nextCursor: cursor(data[limit - 1]!) }
}

/** Characters of JSON in one page of rows that may be large. */
export const pageLengthMax = 16 * 1024 * 1024

/** Rows fetched at once: a page of the usual size is one statement. */
const fetchMax = 64

/** How rows that may be large are read. */
export interface LargeRows<R> {
  /** The next rows behind one, or the first, at most so many. */
  fetch(count: number, last: R | undefined): Promise<R[]>
  /** Characters of JSON in a row. */
  lengthOf(row: R): number
}

/**
 * Up to `limit` rows, and whether more follow. They end early beyond `pageLengthMax`, but never
 * without a row: a page of the largest would be more than the process can hold.
 */
export async function largeRowsOf<R>(
  limit: number,
  { fetch, lengthOf }: LargeRows<R>,
): Promise<{ readonly rows: R[]; readonly more: boolean }> {
  const rows: R[] = []
  let length = 0
  for (;;) {
    const wanted = Math.min(limit + 1 - rows.length, fetchMax)
    const fetched = await fetch(wanted, rows.at(-1))
    for (const row of fetched) {
      length += lengthOf(row)
      const isFull = rows.length === limit || (rows.length > 0 && length > pageLengthMax)
      if (isFull) return { rows, more: true }
      rows.push(row)
    }
    if (fetched.length < wanted) return { rows, more: false }
  }
}

function seal(list: readonly unknown[], body: string): string {
  const text = JSON.stringify([list, body])
  return createHash('sha256').update(text).digest('base64url').slice(0, 16)
}
