import { cursorOf, keyOf, type Page, pageLimitMax } from '../database/page.js'
import { InvalidInput } from '../errors.js'
import { type CheckpointName, type ListCheckpoints, type StoredCheckpoint } from './contract.js'
import { ancestorsOf, CheckpointPages, matches, pageSource, type Place } from './listing.js'
import { type ReaderParts } from './reader.js'
import { checkText, checkpointIdMax, namespaceMax } from './rules.js'
import { type FoundCheckpoint } from './rows.js'

/** Checkpoints of one page when the caller names no number. */
export const checkpointsDefault = 20

/** A page ends behind the checkpoint that brings its values and writes to so many bytes. */
export const pageBytesMax = 4 * 1024 * 1024

/** A part of a list. */
interface Part {
  /** 1 to 200. @default 20 */
  readonly limit?: number | undefined
  /** From `nextCursor` of the same list. */
  readonly cursor?: string | undefined
}

/** A part of a list of checkpoints. */
export interface CheckpointPage extends Omit<ListCheckpoints, 'limit'>, Part {}

/** A part of a list of ancestors. */
export interface AncestorPage extends Part {
  /** Only their values and writes. @default all */
  readonly channels?: readonly string[] | undefined
}

/** One page of checkpoints, newest first; shorter than asked where the checkpoints are large. */
export async function checkpointPage(
  parts: ReaderParts, { limit: given, cursor, ...request }: CheckpointPage,
): Promise<Page<StoredCheckpoint>> {
  const limit = checkedLimit(given)
  const list = ['checkpoints', parts.organizationId, request]
  const { withParentWrites } = request
  const pages = new CheckpointPages(parts, { withParentWrites, bytesMax: pageBytesMax })
  const filling = new Filling(limit)
  let after = cursor === undefined ? undefined : placeIn(keyOf(list, cursor))
  for (;;) {
    const size = filling.left
    const { found, isCut } = await pages.read(pageSource(parts, request, { after, size }))
    for (const each of found) {
      if (!matches(each.checkpoint, request.metadata)) continue
      if (filling.isFull) return filling.page(() => cursorOf(list, keyBehind(filling.last!)))
      filling.add(each)
    }
    const last = found.at(-1)
    if (last === undefined || (found.length < size && !isCut)) return filling.page(() => null)
    after = { ...last.checkpoint, thread: last.thread }
  }
}

/** One page of the ancestors of a checkpoint, nearest first. */
export async function ancestorPage(
  parts: ReaderParts,
  name: CheckpointName,
  { channels, limit: given, cursor }: AncestorPage,
): Promise<Page<StoredCheckpoint>> {
  const filling = new Filling(checkedLimit(given))
  const list = ['ancestors', parts.organizationId, name, channels]
  const [from = name.checkpointId] = cursor === undefined ? [] : keyOf(list, cursor)
  checkText(from, 'cursor', [1, checkpointIdMax])
  const ancestors = ancestorsOf(parts, { ...name, checkpointId: from }, channels)
  for await (const checkpoint of ancestors) {
    if (filling.isFull) {
      return filling.page(() => cursorOf(list, [filling.last!.checkpoint.checkpointId]))
    }
    filling.add({ checkpoint })
  }
  return filling.page(() => null)
}

function checkedLimit(limit = checkpointsDefault): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= pageLimitMax) return limit
  throw new InvalidInput(`limit must be an integer from 1 to ${pageLimitMax}`, { field: 'limit' })
}

const keyBehind = ({ checkpoint, thread = 0 }: Filled) =>
  [checkpoint.checkpointId, thread, checkpoint.namespace]

/** A place out of a cursor, which somebody may have forged. */
function placeIn([checkpointId, thread, namespace]: readonly unknown[]): Place {
  checkText(checkpointId, 'cursor', [1, checkpointIdMax])
  checkText(namespace, 'cursor', [0, namespaceMax])
  return { checkpointId, thread: Number(thread), namespace }
}

type Filled = Pick<FoundCheckpoint, 'checkpoint'> & Partial<Pick<FoundCheckpoint, 'thread'>>

/** A page that is being filled. */
class Filling {
  readonly #limit: number
  readonly #rows: Filled[] = []
  #bytes = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  get isFull(): boolean {
    return this.#rows.length >= this.#limit || this.#bytes >= pageBytesMax
  }

  /** How many more are worth reading: one beyond the page tells whether there are any. */
  get left(): number {
    return Math.min(this.#limit - this.#rows.length + 1, 50)
  }

  get last(): Filled | undefined {
    return this.#rows.at(-1)
  }

  add(row: Filled): void {
    this.#rows.push(row)
    this.#bytes += bytesOf(row.checkpoint)
  }

  page(nextCursor: () => string | null): Page<StoredCheckpoint> {
    return { data: this.#rows.map(({ checkpoint }) => checkpoint), nextCursor: nextCursor() }
  }
}

function bytesOf({ state, values, writes, parentWrites = [] }: StoredCheckpoint): number {
  const all = [state, ...Object.values(values), ...[...writes, ...parentWrites]
    .map(({ value }) => value)]
  return all.reduce((sum, { bytes }) => sum + bytes.length, 0)
}
