import { setTimeout as sleep } from 'node:timers/promises'
import { type Random } from './random.js'

/** Where a reader reads. */
export interface ReaderTarget {
  /** The stream; another address once the server was started anew. */
  url(): string
  readonly token: string
  readonly random: Random
}

/** A reader that loses its connection again and again, and goes on where it was. */
export class StreamReaderClient {
  text = ''
  connections = 0
  isDone = false
  readonly #target: ReaderTarget
  #offset = '-1'

  constructor(target: ReaderTarget) {
    this.#target = target
  }

  /** Reads to the end of the stream, in whichever way comes to its mind. */
  async read(): Promise<void> {
    while (!this.isDone) {
      const dropping = new AbortController()
      this.connections += 1
      try {
        await this.#connect(dropping)
      } catch {
        // Dropped by us, or by a server that was killed.
        await sleep(this.#target.random.between(1, 50))
      }
    }
  }

  async #connect(dropping: AbortController): Promise<void> {
    const { random, token, url } = this.#target
    const live = (['sse', 'sse', 'long-poll', undefined] as const)[random.between(0, 3)]
    const query = new URLSearchParams({ offset: this.#offset, ...(live && { live }) })
    const headers = { authorization: `Bearer ${token}` }
    // Some do not wait for the head of the answer.
    const early = random.between(0, 4) === 0 && setTimeout(drop, random.between(0, 200))
    function drop() {
      dropping.abort()
    }
    const response = await fetch(`${url()}?${query}`, { headers, signal: dropping.signal })
    const timer = setTimeout(drop, random.between(0, 600))
    try {
      if (response.status >= 400) throw new Error(`answered ${response.status}`)
      if (live === 'sse') await this.#events(response)
      else await this.#whole(response)
    } finally {
      clearTimeout(timer)
      if (early !== false) clearTimeout(early)
    }
  }

  async #whole(response: Response): Promise<void> {
    const text = await response.text()
    this.#take(text, {
      streamNextOffset: response.headers.get('stream-next-offset')!,
      streamClosed: response.headers.get('stream-closed') === 'true',
    })
    if (text === '') await sleep(20)
  }

  async #events(response: Response): Promise<void> {
    let [received, data] = ['', '']
    for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
      received += piece
      for (let end = received.indexOf('\n\n'); end !== -1; end = received.indexOf('\n\n')) {
        const lines = received.slice(0, end).split('\n')
        received = received.slice(end + 2)
        const value = lines.filter((line) => line.startsWith('data:'))
          .map((line) => line.slice(5)).join('\n')
        if (lines[0] === 'event: data') data += value
        if (lines[0] !== 'event: control') continue
        this.#take(data, JSON.parse(value) as Control)
        data = ''
      }
    }
  }

  /** Data counts once it is known where to go on behind it. */
  #take(text: string, { streamNextOffset, streamClosed }: Control): void {
    this.text += text
    this.#offset = streamNextOffset
    this.isDone ||= streamClosed === true
  }
}

interface Control {
  readonly streamNextOffset: string
  readonly streamClosed?: boolean
}
