import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { type UIMessage } from 'ai'
import {
  type Message, MessageExists, MessageNotFound, type MessageStore,
} from '../../conversations/index.js'
import { RevisionConflict } from '../../errors.js'
import { namedId, uuidOf } from '../../named-ids.js'
import { plain, storedOf, streamOf, uiMessageOf } from './ui-messages.js'

/** A message of the path that the AI SDK sees. */
export interface Step {
  readonly message: UIMessage
  readonly node: Message
}

/** The messages from the root to a leaf. */
export interface Path {
  readonly steps: readonly Step[]
  /** The last message of any kind; null while there is none. */
  readonly leafId: string | null
}

/** The stream that a message was written in. */
export interface Writing {
  readonly stream: string
  /** Whether nobody has made a message of it yet; what others went on to make of that stays. */
  isOpen(): Promise<boolean>
}

/** How to store a message. */
export interface Placing {
  /** The message it follows; null for none. */
  readonly after: string | null
  /** What it was written in. */
  readonly writing?: Writing
}

/** How often a message is changed that others change at the same time. */
const attemptsMax = 50

/** The messages of one conversation, as UIMessages in a tree. */
export class ChatMessages {
  readonly #messages: MessageStore
  readonly #conversationId: string

  constructor(messages: MessageStore, conversationId: string) {
    this.#messages = messages
    this.#conversationId = conversationId
  }

  /** The last `limit` messages of a path, the active one unless `leaf` is given. */
  async path({ limit = Infinity, leaf }: { limit?: number; leaf?: string } = {}): Promise<Path> {
    const steps: Step[] = []
    let leafId: string | null = null
    let cursor: string | undefined
    do {
      const page = await this.#messages.path(this.#conversationId, {
        limit: Math.min(200, limit),
        ...(leaf === undefined ? {} : { leaf }), ...(cursor === undefined ? {} : { cursor }),
      })
      leafId ??= page.data[0]?.id ?? null
      for (const node of page.data) {
        const message = uiMessageOf(node)
        if (message !== undefined && steps.length < limit) steps.push({ message, node })
      }
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined && steps.length < limit)
    return { steps: steps.reverse(), leafId }
  }

  /** The path that ends at a message, by the id that the AI SDK knows. */
  async pathTo(messageId: string): Promise<Path> {
    const path = await this.path()
    const index = path.steps.findIndex(({ message }) => message.id === messageId)
    if (index >= 0) {
      return { steps: path.steps.slice(0, index + 1), leafId: path.steps[index]!.node.id }
    }
    return this.path({ leaf: this.#idOf(messageId) })
  }

  /** One message by Holdfast's id. Throws MessageNotFound. */
  async get(id: string): Promise<Message> {
    return this.#messages.get(this.#conversationId, id)
  }

  /**
   * Stores messages that follow each other from the root. Those that are there stay as they are;
   * the last one, when the server wrote it, gets the content given. Others go where the list says;
   * a message of a user that says something else than before is an edit.
   */
  async save(list: readonly UIMessage[]): Promise<void> {
    const { steps, leafId } = await this.path()
    let index = 0
    while (index < list.length && index < steps.length) {
      const [message, { node, message: known }] = [list[index]!, steps[index]!]
      const isLast = index === list.length - 1
      if (message.id !== known.id || message.role !== known.role) break
      if (message.role === 'user' && !isSame(message, known)) break
      if (isLast && message.role !== 'user') await this.complete(node, message)
      index += 1
    }
    let after = index < steps.length ? steps[index]!.node.parentMessageId : leafId
    for (const message of list.slice(index)) after = await this.place(message, { after })
  }

  /**
   * Stores a message behind another one, once; returns its id. A message of the server that is
   * there is completed. One of a user whose words have changed is an edit, beside the first.
   */
  async place(message: UIMessage, { after, writing }: Placing): Promise<string> {
    const draft = storedOf(message, writing === undefined ? {} : { stream: writing.stream })
    const first = this.#idOf(message.id)
    const words = message.role === 'user' ? digestOf(message) : ''
    const beside = namedId(
      this.#conversationId, JSON.stringify([message.id, message.role, after, words]))
    for (const id of [first, beside]) {
      try {
        await this.#messages.append(this.#conversationId, { ...draft, id, parentMessageId: after })
        return id
      } catch (error) {
        if (!(error instanceof MessageExists)) throw error
      }
      const found = await this.#find(id)
      const known = found && uiMessageOf(found)
      const isIt = found?.parentMessageId === after && known?.id === message.id &&
        known.role === message.role && (message.role !== 'user' || isSame(message, known))
      if (isIt) {
        if (message.role !== 'user') await this.complete(found!, message, writing)
        return id
      }
    }
    throw new MessageExists('A message of this id was erased here; it needs another id.', {
      field: 'message.id',
    })
  }

  /** Gives a message of the server its content; what others keep in its metadata stays. */
  async complete(node: Message, message: UIMessage, writing?: Writing): Promise<void> {
    const stream = writing?.stream
    for (let [attempt, present] = [1, node]; ; attempt += 1) {
      // Asked behind every look at the message: it is replaced as it was then, or not at all.
      const isKept = writing !== undefined &&
        (streamOf(present) === stream || !await writing.isOpen())
      if (isKept) return
      const known = uiMessageOf(present)
      if (stream === undefined && known !== undefined && isSame(message, known)) return
      const others = present.metadata
      const kept = stream ?? streamOf(present)
      const { content, metadata } =
        storedOf(message, kept === undefined ? { others } : { others, stream: kept })
      const name = { conversationId: this.#conversationId, id: present.id }
      try {
        await this.#messages.update(name, { content, metadata }, present.revision)
        return
      } catch (error) {
        if (!(error instanceof RevisionConflict) || attempt === attemptsMax) throw error
      }
      present = await this.get(present.id)
    }
  }

  async #find(id: string): Promise<Message | undefined> {
    try {
      return await this.get(id)
    } catch (error) {
      if (error instanceof MessageNotFound) return undefined
      throw error
    }
  }

  #idOf(messageId: string): string {
    return uuidOf(this.#conversationId, messageId, 'message.id')
  }
}

/** Whether two messages say the same, whatever JSON leaves out. */
export function isSame(one: UIMessage, other: UIMessage): boolean {
  return isDeepStrictEqual(plain(one), plain(other))
}

function digestOf(message: UIMessage): string {
  return createHash('sha256').update(JSON.stringify(plain(message))).digest('hex')
}
