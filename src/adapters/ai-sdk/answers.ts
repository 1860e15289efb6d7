import { type UIMessage, type UIMessageChunk } from 'ai'
import {
  type ConversationStore, type Message, type MessageStore,
} from '../../conversations/index.js'
import { ChatMessages } from './chat-path.js'
import { type DurableText } from './durable-text.js'
import { ChatBusy } from './errors.js'
import {
  abortEvents, afterComment, eventOf, lostEvents, messageFrom, messageIdIn, streamedIn,
} from './sse.js'
import { uiMessageOf } from './ui-messages.js'

/** Parts that answers are made of. */
export interface AnswerSource {
  readonly conversations: ConversationStore
  readonly messages: MessageStore
  readonly text: DurableText
  readonly newId: () => string
}

/** What an answer needs to know beside its chunks. */
export interface AnswerWriting {
  /** The message it follows, or goes on with. */
  readonly after: string | null
  /** Called when it is stopped. */
  readonly onStopped: () => void
  /** Hears of a source that fails; the client is told no more than that it did. */
  readonly onError: ((error: unknown) => void) | undefined
}

/** An answer: the stream of a conversation. */
export interface AnswerName {
  readonly conversationId: string
  readonly streamId: string
}

/** Why an answer ends that its producer has not ended. */
export type EarlyEnd = 'stopped' | 'lost'

/** How often a chat is taken over while others do the same. */
const attemptsMax = 10

/** Answers in flight: each is a stream of its chat until it is a message. */
export class Answers {
  readonly #source: AnswerSource

  constructor(source: AnswerSource) {
    this.#source = source
  }

  /**
   * Makes a stream the active one of its chat. What is active is stopped first and kept as far as
   * it came, or, with `refuse`, makes this fail while its producer lives. Throws ChatBusy.
   */
  async claim(conversationId: string, whileActive: 'stop' | 'refuse'): Promise<AnswerName> {
    const { conversations, text, newId } = this.#source
    const name = { conversationId, streamId: newId() }
    await text.begin(name.streamId, conversationId)
    for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
      const { activeStream: active } = await conversations.get(conversationId)
      if (active !== null) {
        const stream = await text.find(active)
        const isRunning = stream !== undefined && !stream.closed
        const isLost = isRunning && !await text.isAlive(active)
        if (whileActive === 'refuse' && isRunning && !isLost) break
        await this.end({ conversationId, streamId: active }, isLost ? 'lost' : 'stopped')
      }
      if (await conversations.setActiveStream(conversationId, name.streamId, null)) return name
    }
    await text.end(name.streamId, abortEvents)
    throw new ChatBusy('Another answer is being written in this chat; wait for it, or stop it.')
  }

  /** Writes an answer to its stream; then it becomes a message. Resolves when all that is done. */
  async write(
    name: AnswerName,
    chunks: ReadableStream<UIMessageChunk>,
    { after, onStopped, onError }: AnswerWriting,
  ): Promise<void> {
    const reader = chunks.getReader()
    let isBegun = false
    const events = new ReadableStream<string>({
      async pull(controller) {
        if (!isBegun) controller.enqueue(afterComment(after))
        isBegun = true
        try {
          const { done, value } = await reader.read()
          if (!done) return controller.enqueue(eventOf(value))
        } catch (error) {
          onError?.(error)
          controller.enqueue(eventOf({ type: 'error', errorText: 'An error occurred.' }))
        }
        controller.enqueue(eventOf('[DONE]'))
        controller.close()
      },
      cancel: (reason) => reader.cancel(reason),
    })
    await this.#source.text.produce(name.streamId, events, onStopped)
    await this.settle(name)
  }

  /** The answer as it comes, from its beginning. */
  read(name: AnswerName): ReadableStream<string> {
    const onLost = () => this.end(name, 'lost')
    return this.#source.text.read(name.streamId, { onLost, tellsFailure: false })
  }

  /** Whether there is anything of an answer to be read; one that is over becomes a message. */
  async continues(name: AnswerName): Promise<boolean> {
    const { text } = this.#source
    const stream = await text.find(name.streamId)
    if (stream === undefined || stream.closed) await this.settle(name)
    else if (!await text.isAlive(name.streamId)) await this.end(name, 'lost')
    return stream !== undefined
  }

  /** Ends an answer whose producer has not, and keeps it as far as it came. */
  async end(name: AnswerName, why: EarlyEnd): Promise<void> {
    const [words, failure] = why === 'lost'
      ? [lostEvents, 'The producer of the answer was lost.']
      : [abortEvents, undefined]
    await this.#source.text.end(name.streamId, words, failure)
    await this.settle(name)
  }

  /**
   * Makes the message of an answer that is over, and lets its chat have another one. Whoever does
   * it makes the same message, once.
   */
  async settle(name: AnswerName): Promise<void> {
    const { conversations, text } = this.#source
    if (await text.find(name.streamId) !== undefined) {
      await this.#keep(name, await text.whole(name.streamId))
    }
    await conversations.setActiveStream(name.conversationId, null, name.streamId)
  }

  async #keep({ conversationId, streamId }: AnswerName, text: string): Promise<void> {
    const { after, chunks } = streamedIn(text)
    if (after === undefined) return
    const messages = new ChatMessages(this.#source.messages, conversationId)
    const before = after === null ? undefined : await messages.get(after)
    const base = before && continued(before, messageIdIn(chunks))
    const message = await messageFrom(chunks, base)
    // Who lets a chat have another answer has kept this one; a process may have slept meanwhile.
    const isOpen = async () =>
      (await this.#source.conversations.get(conversationId)).activeStream === streamId
    if (message === undefined || !await isOpen()) return
    const writing = { stream: streamId, isOpen }
    const named = message.id === '' ? { ...message, id: streamId } : message
    if (base === undefined) await messages.place(named, { after, writing })
    else await messages.complete(before!, message, writing)
  }
}

/** The message that an answer goes on with, as it was when it was read. */
function continued(before: Message, messageId: string | undefined): UIMessage | undefined {
  const message = uiMessageOf(before)
  const isIt = message?.role === 'assistant' && message.id === messageId
  return isIt ? structuredClone(message) : undefined
}
