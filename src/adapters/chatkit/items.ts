import { isDeepStrictEqual } from 'node:util'
import {
  ConversationNotFound, type Message, MessageExists, MessageNotFound,
} from '../../conversations/index.js'
import { type JsonValue } from '../../database/json.js'
import { InvalidInput } from '../../errors.js'
import { namedId, uuidOf } from '../../named-ids.js'
import { ChatKitNotFound } from './errors.js'
import { type Room } from './host.js'
import {
  type ChatKitPage, checkItem, type Listing, pageFrom, pageOf, type ThreadItem,
} from './rules.js'

/** The thread that items are of. */
export interface ThreadName {
  readonly threadId: string
  readonly conversationId: string
}

/** How often an id may be used again after its item was deleted. */
const reusesMax = 15

const key = 'chatkit'
const kindPattern = /^[a-z][a-z0-9_-]{0,63}$/

/** Who speaks in items of a type; all others are the assistant's. */
const roleOf: Readonly<Record<string, string>> = {
  user_message: 'user', hidden_context_item: 'system', sdk_hidden_context: 'system',
}

/** Where an item is, or was before it was deleted. */
interface Place {
  readonly reuse: number
  readonly message: Message | undefined
}

/** The items of one thread: messages of its conversation, in the order in which they were added. */
export class ThreadItems {
  readonly #room: Room
  readonly #name: ThreadName
  /** Called when an item has changed or is gone. */
  readonly #onChange: () => Promise<void>

  constructor(room: Room, name: ThreadName, onChange: () => Promise<void>) {
    this.#room = room
    this.#name = name
    this.#onChange = onChange
  }

  /** Adds an item at the end; one of this id that is there gets the content given. */
  async put(item: ThreadItem): Promise<void> {
    checkItem(this.#name.threadId, item)
    if (await this.#append(item, 0)) return
    for (;;) {
      const place = await this.#find(item.id)
      if (place?.message !== undefined) return this.#replace(place.message, item)
      const reuse = (place?.reuse ?? 0) + 1
      if (reuse > reusesMax) break
      // Otherwise somebody else was first.
      if (await this.#append(item, reuse)) return
    }
    throw new InvalidInput(`item.id was used and deleted ${reusesMax} times; take another one`, {
      field: 'item.id',
    })
  }

  /** One item. Throws ChatKitNotFound. */
  async get(itemId: string): Promise<ThreadItem> {
    const item = itemOf((await this.#find(itemId))?.message)
    if (item === undefined) throw new ChatKitNotFound(`There is no item ${itemId} in this thread.`)
    return item
  }

  /** Deletes an item, if it is there. */
  async delete(itemId: string): Promise<void> {
    const message = (await this.#find(itemId))?.message
    if (itemOf(message) === undefined) return
    try {
      await this.#room.messages.delete(this.#name.conversationId, message!.id)
      await this.#onChange()
    } catch (error) {
      if (!(error instanceof MessageNotFound)) throw error
    }
  }

  /** One page of items. Throws ChatKitNotFound, and InvalidInput for an `after` that never was. */
  async list(listing: Listing): Promise<ChatKitPage<ThreadItem>> {
    const { limit, after, order } = pageOf(listing)
    const start = after === null ? {} : { after: await this.#lastPlaceOf(after) }
    const items: ThreadItem[] = []
    let cursor: string | undefined
    do {
      const page = await this.#inThread(() => this.#room.messages.path(
        this.#name.conversationId,
        { order, limit: Math.min(limit + 1, 200), ...(cursor === undefined ? start : { cursor }) },
      ))
      items.push(...page.data.map(itemOf).filter((item) => item !== undefined))
      cursor = page.nextCursor ?? undefined
    } while (items.length <= limit && cursor !== undefined)
    return pageFrom(items, limit)
  }

  async #append(item: ThreadItem, reuse: number): Promise<boolean> {
    const { id, type } = item
    try {
      await this.#inThread(() => this.#room.messages.append(this.#name.conversationId, {
        id: this.#idOf(id, reuse), role: roleOf[type] ?? 'assistant',
        kind: kindPattern.test(type) ? type : 'item',
        content: item as unknown as JsonValue, metadata: { [key]: { id } },
      }))
      return true
    } catch (error) {
      if (error instanceof MessageExists) return false
      throw error
    }
  }

  async #replace(message: Message, item: ThreadItem): Promise<void> {
    if (isDeepStrictEqual(message.content, item)) return
    const name = { conversationId: this.#name.conversationId, id: message.id }
    const { metadata } = message
    await this.#room.messages.update(name, {
      content: item as unknown as JsonValue, metadata: { ...metadata, [key]: { id: item.id } },
    })
    await this.#onChange()
  }

  async #find(itemId: string): Promise<Place | undefined> {
    const first = await this.#message(this.#idOf(itemId, 0))
    if (first !== undefined) return { reuse: 0, message: first }
    const reuse = await this.#lastUse(itemId)
    if (reuse === undefined) return undefined
    return { reuse, message: await this.#message(this.#idOf(itemId, reuse)) }
  }

  async #message(id: string): Promise<Message | undefined> {
    try {
      return await this.#room.messages.get(this.#name.conversationId, id)
    } catch (error) {
      if (error instanceof MessageNotFound) return undefined
      throw error
    }
  }

  /** Which use of an id was the last one, deleted or not; undefined when it was never used. */
  async #lastUse(itemId: string): Promise<number | undefined> {
    const ids = Array.from({ length: reusesMax + 1 }, (_, reuse) => this.#idOf(itemId, reuse))
    const used = await this.#room.messages.positions(this.#name.conversationId, ids)
    const last = ids.findLastIndex((id) => used.has(id))
    return last === -1 ? undefined : last
  }

  async #lastPlaceOf(itemId: string): Promise<string> {
    const reuse = await this.#lastUse(itemId)
    if (reuse !== undefined) return this.#idOf(itemId, reuse)
    throw new InvalidInput('after must be an item of this thread', { field: 'after' })
  }

  /** The message of an item; another one each time its id is used again. */
  #idOf(itemId: string, reuse: number): string {
    const { conversationId } = this.#name
    if (reuse === 0) return uuidOf(conversationId, itemId, 'item_id')
    return namedId(conversationId, JSON.stringify([itemId, reuse]))
  }

  async #inThread<R>(work: () => Promise<R>): Promise<R> {
    try {
      return await work()
    } catch (cause) {
      if (!(cause instanceof ConversationNotFound)) throw cause
      throw new ChatKitNotFound(`There is no thread ${this.#name.threadId} here.`, { cause })
    }
  }
}

function itemOf(message: Message | undefined): ThreadItem | undefined {
  if (message === undefined || message.metadata[key] === undefined) return undefined
  return message.content as unknown as ThreadItem
}
