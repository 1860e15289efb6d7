import { type LanguageModel } from 'ai'
import { MockLanguageModelV4 } from 'ai/test'

type StreamResult = Awaited<ReturnType<MockLanguageModelV4['doStream']>>
type StreamPart = StreamResult['stream'] extends ReadableStream<infer Part> ? Part : never

const usage = {
  inputTokens: { total: 1, noCache: 1, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: 1, text: 1, reasoning: undefined },
}

/** A model that says what the test tells it, when the test tells it. */
export class ScriptedModel {
  readonly model: LanguageModel
  /** Prompts it was given. */
  readonly prompts: unknown[] = []
  /** Whether its last call was aborted. */
  isAborted = false
  #controller: ReadableStreamDefaultController<StreamPart> | undefined

  constructor() {
    this.model = new MockLanguageModelV4({
      doStream: async ({ prompt, abortSignal }) => {
        this.prompts.push(prompt)
        const stream = new ReadableStream<StreamPart>({
          start: (controller) => {
            this.#controller = controller
            controller.enqueue({ type: 'stream-start', warnings: [] })
            abortSignal?.addEventListener('abort', () => {
              this.isAborted = true
              controller.error(abortSignal.reason)
            })
          },
        })
        return { stream }
      },
    })
  }

  /** Begins a text. */
  begin(): void {
    this.#send({ type: 'text-start', id: 't' })
  }

  /** Goes on with it. */
  say(delta: string): void {
    this.#send({ type: 'text-delta', id: 't', delta })
  }

  /** Calls a tool. */
  call(toolName: string, toolCallId: string, input: object): void {
    this.#send({ type: 'tool-call', toolCallId, toolName, input: JSON.stringify(input) })
  }

  /** Ends the text, if one was begun, and the answer. */
  end({ text = true }: { readonly text?: boolean } = {}): void {
    if (text) this.#send({ type: 'text-end', id: 't' })
    const finishReason = { unified: text ? 'stop' : 'tool-calls', raw: undefined } as const
    this.#send({ type: 'finish', finishReason, usage })
    this.#controller!.close()
  }

  /** All of an answer. */
  answer(text: string): void {
    this.begin()
    for (const word of text.split(/(?<= )/)) this.say(word)
    this.end()
  }

  /** Fails in the middle. */
  fail(error: unknown): void {
    this.#send({ type: 'error', error })
    this.#controller!.close()
  }

  #send(part: StreamPart): void {
    if (this.#controller === undefined) throw new Error('the model was not asked yet')
    this.#controller.enqueue(part)
  }
}
