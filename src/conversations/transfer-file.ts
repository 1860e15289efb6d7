import { createHash } from 'node:crypto'
import {
  fileFault, parseLine, type ParsedLine, type TransferredConversation, type TransferredMessage,
} from './transfer-format.js'
import { type PlacedMessage, TransferTree } from './transfer-tree.js'

/** A message of a file, and where it goes. */
export interface FileMessage {
  readonly message: TransferredMessage
  readonly place: PlacedMessage
}

/** What a whole file tells beside its messages. */
export interface FileSummary {
  readonly conversation: TransferredConversation
  readonly messages: number
  readonly erased: number
  readonly activeLeafId: string | null
  /** Where the next message goes. */
  readonly active: PlacedMessage
  readonly branchCount: number
}

/** Reads the lines of a file one by one, and holds them to what a whole export is. */
export class TransferFile {
  readonly #hash = createHash('sha256')
  readonly #tree = new TransferTree()
  #line = 0
  #conversation: TransferredConversation | undefined
  #messages = 0
  #erased = 0
  #leaf: { readonly id: string | null; readonly place: PlacedMessage } | undefined
  #isClosed = false

  /** The message of the line, if it is one. Throws InvalidConversationFile. */
  take(line: string): FileMessage | undefined {
    this.#line += 1
    const parsed = parseLine(line, this.#line)
    if (this.#isClosed) throw this.#fault('stands behind the last line')
    if ((parsed.is === 'head') !== (this.#line === 1)) {
      throw this.#fault('the line with format must be the first, and the only one')
    }
    const taken = this.#taken(parsed)
    this.#hash.update(`${line}\n`)
    return taken
  }

  /** What the file tells, once all lines are taken. Throws InvalidConversationFile. */
  end(): FileSummary {
    if (!this.#isClosed) {
      throw fileFault(this.#line + 1, 'the line with sha256 is missing: the file is cut off')
    }
    return {
      conversation: this.#conversation!,
      messages: this.#messages,
      erased: this.#erased,
      activeLeafId: this.#leaf!.id,
      active: this.#leaf!.place,
      branchCount: this.#tree.branchCount,
    }
  }

  #taken(parsed: ParsedLine): FileMessage | undefined {
    switch (parsed.is) {
      case 'head':
        this.#conversation = parsed.conversation
        return undefined
      case 'message':
        return this.#message(parsed.message)
      case 'leaf':
        return this.#takeLeaf(parsed.activeLeafId)
      case 'closing': {
        const { messages, erased, sha256 } = parsed.closing
        if (this.#leaf === undefined) throw this.#fault('the line with active_leaf_id is missing')
        if (sha256 !== this.#hash.copy().digest('hex')) {
          throw this.#fault('sha256 is not of the lines before it: the file was changed')
        }
        if (messages !== this.#messages || erased !== this.#erased) {
          throw this.#fault('messages and erased must be the counts of the lines before it')
        }
        this.#isClosed = true
        return undefined
      }
    }
  }

  #message(message: TransferredMessage): FileMessage {
    const { id, parentMessageId, position, deletedAt } = message
    if (this.#leaf !== undefined) throw this.#fault('a message stands behind active_leaf_id')
    if (position !== this.#messages + 1) {
      throw this.#fault(`position must be ${this.#messages + 1}, one more than the line before`)
    }
    if (this.#tree.has(id)) throw this.#fault('id is that of an earlier line')
    if (parentMessageId !== null && !this.#tree.has(parentMessageId)) {
      throw this.#fault('parent_message_id must be the id of an earlier line')
    }
    this.#messages += 1
    if (deletedAt !== null) this.#erased += 1
    return { message, place: this.#tree.place(id, parentMessageId, deletedAt !== null) }
  }

  #takeLeaf(id: string | null): undefined {
    if (this.#leaf !== undefined) throw this.#fault('active_leaf_id stands twice')
    const place = this.#tree.follow(id)
    if (place === undefined) {
      throw this.#fault('active_leaf_id must be the id of a message that is not erased, or null')
    }
    this.#leaf = { id, place }
  }

  #fault(message: string) {
    return fileFault(this.#line, message)
  }
}
