import { type JsonValue } from '../database/json.js'
import { pageLimitDefault, pageLimitMax, type PageRequest } from '../database/page.js'
import { InvalidInput } from '../errors.js'
import { type MessageChanges, type NewMessage } from './drafts.js'
import { type MessageListing } from './messages.js'
import { type NewSummary } from './summaries.js'

/** Messages of one call at most. */
export const appendMax = 1_000

/** Characters of a title at most. */
export const titleLengthMax = 1_000

/** A lower-case word of 1 to 64 characters. */
export const rolePattern = /^[a-z][a-z0-9_-]{0,63}$/

/** Characters of an author's name at most. */
export const authorLengthMax = 1_000

/** Characters of a model's name at most. */
export const modelLengthMax = 200

/** An exact decimal, not negative: 12 digits before the point and 12 behind it at most. */
export const costPattern = /^\d{1,12}(?:\.\d{1,12})?$/

/** Characters of a summary at most. */
export const summaryLengthMax = 65_536

/** Messages of a context, unless the caller names a number. */
export const contextLimitDefault = 20

/** Messages of a context at most. */
export const contextLimitMax = 200

/** Characters of the name of a stream at most. */
export const streamLengthMax = 255

/** Characters of an idempotency key at most. */
export const idempotencyKeyMax = 255

function require(condition: boolean, field: string, rule: string): void {
  if (!condition) throw new InvalidInput(`${field} ${rule}`, { field })
}

/** Refuses a call that appends none or too many. */
export function checkCount({ length: count }: readonly NewMessage[]): void {
  require(count >= 1 && count <= appendMax, 'messages', `must hold 1 to ${appendMax} messages`)
}

/** Refuses a message that breaks a rule; `place` is where it stands, `messages[0].` or nothing. */
export function checkMessage(message: NewMessage, place: string): void {
  const { role, content } = message
  const isRole = typeof role === 'string' && rolePattern.test(role)
  require(isRole, `${place}role`, 'must be a lower-case word of at most 64 characters')
  require(content !== undefined, `${place}content`, 'is missing')
  checkChanges(message, place)
  const { kind = 'message', author = null } = message
  const isKind = typeof kind === 'string' && rolePattern.test(kind)
  require(isKind, `${place}kind`, 'must be a lower-case word of at most 64 characters')
  const authorRule = `must be 1 to ${authorLengthMax} characters`
  require(isShort(author, authorLengthMax), `${place}author`, authorRule)
  const isPlaced = message.siblingOf !== undefined && message.parentMessageId !== undefined
  require(!isPlaced, `${place}sibling_of`, 'must not stand beside parent_message_id')
}

/** Refuses a summary that breaks a rule. */
export function checkSummary({ text, model = null }: NewSummary): void {
  const short = (value: unknown, max: number) =>
    typeof value === 'string' && value.length >= 1 && value.length <= max
  require(short(text, summaryLengthMax), 'text', `must be 1 to ${summaryLengthMax} characters`)
  const isModel = model === null || short(model, modelLengthMax)
  require(isModel, 'model', `must be 1 to ${modelLengthMax} characters`)
}

/** How many messages a context is to have. */
export function checkContextLimit(limit = contextLimitDefault): number {
  const valid = Number.isInteger(limit) && limit >= 1 && limit <= contextLimitMax
  require(valid, 'limit', `must be an integer from 1 to ${contextLimitMax}`)
  return limit
}

/** Refuses what no message may become. */
export function checkChanges(changes: MessageChanges, place = ''): void {
  const { metadata, tokensUsed = null, model = null, costUsd = null } = changes
  if (metadata !== undefined) checkMetadata(metadata, `${place}metadata`)
  require(tokensUsed === null || tokensUsed >= 0, `${place}tokens_used`, 'must not be negative')
  const modelRule = `must be 1 to ${modelLengthMax} characters`
  require(isShort(model, modelLengthMax), `${place}model`, modelRule)
  const isCost = costUsd === null || (typeof costUsd === 'string' && costPattern.test(costUsd))
  require(isCost, `${place}cost_usd`, 'must be a decimal such as 0.00125')
}

const isShort = (text: unknown, max: number) =>
  text === null || (typeof text === 'string' && text.length >= 1 && text.length <= max)

/** Refuses an idempotency key that is empty or too long. */
export function checkKey(key: string | undefined): void {
  const valid = key === undefined || (key.length >= 1 && key.length <= idempotencyKeyMax)
  require(valid, 'idempotency_key', `must be 1 to ${idempotencyKeyMax} characters`)
}

/** Seconds for which somebody may be said to type. */
export const typingSecondsMax = 30

/** Refuses a time for which nobody may be said to type. */
export function checkTyping(ttlSeconds: number): void {
  const valid = Number.isInteger(ttlSeconds) && ttlSeconds >= 1 && ttlSeconds <= typingSecondsMax
  require(valid, 'ttl_seconds', `must be an integer from 1 to ${typingSecondsMax}`)
}

/** Refuses what no pieces can be read from. */
export function checkSource(source: unknown): void {
  const isIterable = typeof source === 'object' && source !== null &&
    (Symbol.asyncIterator in source || Symbol.iterator in source)
  require(isIterable, 'source', 'must be an iterable of text or bytes')
}

/** Refuses metadata that is not a JSON object. */
export function checkMetadata(metadata: JsonValue, field = 'metadata'): void {
  const isObject = typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata)
  require(isObject, field, 'must be a JSON object')
}

/** Refuses a title that is too long. */
export function checkTitle(title: string | null): void {
  const valid = title === null || (typeof title === 'string' && title.length <= titleLengthMax)
  require(valid, 'title', `must be at most ${titleLengthMax} characters`)
}

/** Refuses the name of a stream that is empty or too long. */
export function checkStream(stream: string | null): void {
  require(stream === null || isShort(stream, streamLengthMax), 'active_stream',
    `must be 1 to ${streamLengthMax} characters`)
}

/** The rows of a page a request asks for. */
export function checkLimit({ limit = pageLimitDefault }: PageRequest): number {
  const valid = Number.isInteger(limit) && limit >= 1 && limit <= pageLimitMax
  require(valid, 'limit', `must be an integer from 1 to ${pageLimitMax}`)
  return limit
}

/** Limit and order of a listing, checked. */
export function checkListing(listing: MessageListing): { limit: number; order: 'asc' | 'desc' } {
  return { limit: checkLimit(listing), order: checkOrder(listing.order, 'asc') }
}

/** One of the two orders. */
export function checkOrder(
  order: 'asc' | 'desc' | undefined,
  usual: 'asc' | 'desc',
): 'asc' | 'desc' {
  const chosen = order ?? usual
  require(chosen === 'asc' || chosen === 'desc', 'order', 'must be asc or desc')
  return chosen
}
