/** A model without a network: it says its text word by word, and stops when it is told to. */
import { MockLanguageModelV4, simulateReadableStream } from 'ai/test'

const text = `A tree of messages keeps every branch.
A stream keeps every word before anybody reads it.
Whoever comes back reads on, whatever was killed meanwhile.`

const usage = {
  inputTokens: { total: 1, noCache: 1, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: 1, text: 1, reasoning: undefined },
}

export const scriptedModel = (delayMs) => new MockLanguageModelV4({
  doStream: async () => ({
    stream: simulateReadableStream({
      chunkDelayInMs: delayMs,
      chunks: [
        { type: 'stream-start', warnings: [] },
        { type: 'text-start', id: 'text' },
        ...text.split(/(?<=\s)/).map((delta) => ({ type: 'text-delta', id: 'text', delta })),
        { type: 'text-end', id: 'text' },
        { type: 'finish', finishReason: { unified: 'stop', raw: undefined }, usage },
      ],
    }),
  }),
})
