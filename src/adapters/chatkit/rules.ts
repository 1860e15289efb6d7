import { type Instant } from '../../clock.js'
import { jsonDepthMax, type JsonValue } from '../../database/json.js'
import { pageLimitMax } from '../../database/page.js'
import { InvalidInput } from '../../errors.js'

/** A thread: `id`, `created_at`, and whatever else ChatKit keeps in it. */
export interface Thread {
  readonly id: string
  /** RFC 3339; without a zone it is UTC. */
  readonly created_at: string
  readonly title?: string | null
  readonly metadata?: { readonly [key: string]: JsonValue }
  readonly [key: string]: JsonValue | undefined
}

/** An item of a thread, of any type. */
export interface ThreadItem {
  readonly id: string
  readonly thread_id: string
  readonly type: string
  readonly [key: string]: JsonValue | undefined
}

/** An attachment: `id`, and whatever else ChatKit keeps in it. */
export interface Attachment {
  readonly id: string
  readonly thread_id?: string | null
  readonly [key: string]: JsonValue | undefined
}

/** Which page of a list. */
export interface Listing {
  /** Entries at most; more than 200 are 200. @default 20 */
  readonly limit?: number
  /** The last entry of the page before; null for the first page. @default null */
  readonly after?: string | null
  /** @default 'desc' */
  readonly order?: 'asc' | 'desc'
}

/** One page, as ChatKit has it. */
export interface ChatKitPage<T> {
  readonly data: T[]
  readonly has_more: boolean
  /** Begins the next page; null at the end. */
  readonly after: string | null
}

function require(condition: boolean, field: string, rule: string): asserts condition {
  if (!condition) throw new InvalidInput(`${field} ${rule}`, { field })
}

const isObject = (value: unknown) =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The same without members that are undefined: JSON leaves them out, and so do ChatKit's types. */
export function defined<T>(given: T, depth = 0): T {
  const value: unknown = given
  // What is too deep is refused where it is stored.
  if (typeof value !== 'object' || value === null || depth > jsonDepthMax) return given
  if (Array.isArray(value)) return value.map((each: unknown) => defined(each, depth + 1)) as T
  // Of another kind than JSON has: refused as well.
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return given
  return Object.fromEntries(Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([name, member]) => [name, defined(member as unknown, depth + 1)])) as T
}

/** Refuses an id that is empty or longer than 255 characters. */
export function checkId(id: unknown, field: string): void {
  const isId = typeof id === 'string' && id.length >= 1 && id.length <= 255
  require(isId, field, 'must be 1 to 255 characters')
}

/** Refuses what is no thread. */
export function checkThread(thread: Thread): void {
  require(isObject(thread), 'thread', 'must be a JSON object')
  checkId(thread.id, 'thread.id')
  const { title = null, metadata = {} } = thread
  require(title === null || typeof title === 'string', 'thread.title', 'must be text or null')
  require(isObject(metadata), 'thread.metadata', 'must be a JSON object')
}

/** Refuses what is no item of the thread. */
export function checkItem(threadId: string, item: ThreadItem): void {
  require(isObject(item), 'item', 'must be a JSON object')
  checkId(item.id, 'item.id')
  require(typeof item.type === 'string' && item.type !== '', 'item.type', 'must be text')
  require(item.thread_id === threadId, 'item.thread_id', 'must be the thread it is stored in')
}

/** Refuses what is no attachment. */
export function checkAttachment(attachment: Attachment): void {
  require(isObject(attachment), 'attachment', 'must be a JSON object')
  checkId(attachment.id, 'attachment.id')
  if (attachment.thread_id != null) checkId(attachment.thread_id, 'attachment.thread_id')
}

/** The page that is asked for, checked. */
export function pageOf({ limit = 20, after = null, order = 'desc' }: Listing) {
  require(Number.isInteger(limit) && limit >= 1, 'limit', 'must be an integer from 1')
  require(order === 'asc' || order === 'desc', 'order', 'must be asc or desc')
  if (after !== null) checkId(after, 'after')
  return { limit: Math.min(limit, pageLimitMax), after, order } as const
}

/** The page made of up to `limit + 1` entries. */
export function pageFrom<T extends { readonly id: string }>(
  entries: readonly T[],
  limit: number,
): ChatKitPage<T> {
  const data = entries.slice(0, limit)
  const hasMore = entries.length > limit
  return { data, has_more: hasMore, after: hasMore ? data.at(-1)!.id : null }
}

const pattern =
  /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?(Z|z|[+-]\d\d:?\d\d)?$/

/** The moment of an ISO text as it sorts, with microseconds; without a zone it is UTC. */
export function momentOf(text: unknown, field: string): Instant {
  const match = typeof text === 'string' ? pattern.exec(text) : null
  const [, day, time, fraction = '', zone = 'Z'] = match ?? []
  const whole = Date.parse(`${day}T${time}${zone.toUpperCase()}`)
  const isMoment = match !== null && whole >= 0 && whole < 253_402_300_800_000
  require(isMoment, field, 'must be a moment such as 2026-01-31T12:00:00Z')
  const seconds = new Date(whole).toISOString().slice(0, 19)
  return `${seconds}.${fraction.slice(0, 6).padEnd(6, '0')}Z`
}
