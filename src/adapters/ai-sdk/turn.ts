import { UI_MESSAGE_STREAM_HEADERS, type UIMessage, type UIMessageChunk } from 'ai'
import { type AnswerName, type Answers } from './answers.js'
import { heartbeat } from './sse.js'

/** Parts that a turn is made of. */
export interface TurnParts<M extends UIMessage> {
  readonly name: AnswerName
  readonly messages: M[]
  readonly after: string | null
  readonly waitUntil: ((promise: Promise<unknown>) => void) | null | undefined
  readonly onError: ((error: unknown) => void) | undefined
  readonly heartbeatMs: number
}

/** What was submitted, and the answer to it. */
export class Turn<M extends UIMessage> {
  /** The messages to be answered, in order, checked. */
  readonly messages: M[]
  /** The stream of the answer. */
  readonly activeStreamId: string
  /** Aborted when the answer is stopped; hand it to the model. */
  readonly signal: AbortSignal
  readonly #answers: Answers
  readonly #parts: TurnParts<M>
  readonly #stopping = new AbortController()

  constructor(answers: Answers, parts: TurnParts<M>) {
    this.messages = parts.messages
    this.activeStreamId = parts.name.streamId
    this.signal = this.#stopping.signal
    this.#answers = answers
    this.#parts = parts
  }

  /**
   * Answers with the chunks of a model, which go on when the client leaves. The client gets what is
   * durable; once all is, it is a message of the chat. To be called once, and soon: a turn that is
   * silent for `producerTtlSeconds` counts as lost.
   */
  respond(chunks: ReadableStream<UIMessageChunk>): Response {
    const { name, after, waitUntil, onError, heartbeatMs } = this.#parts
    const onStopped = () => this.#stopping.abort()
    const writing = this.#answers.write(name, chunks, { after, onStopped, onError })
      .catch((error: unknown) => onError?.(error))
    waitUntil?.(writing)
    return responseOf(this.#answers.read(name), heartbeatMs)
  }
}

/** The response that clients of the AI SDK read; they skip the heartbeats in it. */
export function responseOf(text: ReadableStream<string>, heartbeatMs: number): Response {
  const body = withHeartbeats(text, heartbeatMs).pipeThrough(new TextEncoderStream())
  return new Response(body, { headers: UI_MESSAGE_STREAM_HEADERS })
}

/** A model may think for long: no proxy shall take the line for dead. */
function withHeartbeats(text: ReadableStream<string>, everyMs: number): ReadableStream<string> {
  const reader = text.getReader()
  let next: ReturnType<typeof reader.read> | undefined
  // A long event may come in parts; no comment goes between them.
  let isBetween = true
  return new ReadableStream<string>({
    async pull(controller) {
      for (;;) {
        next ??= reader.read()
        const read = await orSilence(next, everyMs)
        if (read === undefined && !isBetween) continue
        if (read === undefined) return controller.enqueue(heartbeat)
        next = undefined
        if (read.done) return controller.close()
        isBetween = read.value.endsWith('\n\n')
        return controller.enqueue(read.value)
      }
    },
    cancel: (reason) => reader.cancel(reason),
  })
}

/** Undefined when nothing has come for so long. */
async function orSilence<R>(next: Promise<R>, silenceMs: number): Promise<R | undefined> {
  let timer: NodeJS.Timeout | undefined
  const silence = new Promise<undefined>((done) => {
    timer = setTimeout(done, silenceMs, undefined).unref()
  })
  return Promise.race([next, silence]).finally(() => clearTimeout(timer))
}
