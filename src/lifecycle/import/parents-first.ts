import { type SourceMessage } from './conversation-writer.js'

/** Puts messages behind those they follow; otherwise they stay in their order. */
export class ParentsFirst {
  /** Messages of the source that have not come yet. */
  readonly #coming: Set<string>
  readonly #waiting = new Map<string, SourceMessage[]>()

  constructor(ids: Iterable<string>) {
    this.#coming = new Set(ids)
  }

  /** The messages that can go, now that this one is there. */
  take(message: SourceMessage): SourceMessage[] {
    const { parentId } = message
    if (parentId === null || parentId === message.id || !this.#coming.has(parentId)) {
      return [message, ...this.missing(message.id)]
    }
    this.#waiting.set(parentId, [...this.#waiting.get(parentId) ?? [], message])
    return []
  }

  /** The messages that can go, now that nothing comes of that id any more. */
  missing(id: string): SourceMessage[] {
    const free: SourceMessage[] = []
    const ids = [id]
    for (let next = ids.pop(); next !== undefined; next = ids.pop()) {
      this.#coming.delete(next)
      const waiting = this.#waiting.get(next) ?? []
      this.#waiting.delete(next)
      free.push(...waiting)
      ids.push(...waiting.map((each) => each.id).reverse())
    }
    return free
  }

  /** Those that stand in a ring. */
  rest(): SourceMessage[] {
    return [...this.#waiting.values()].flat()
  }
}
