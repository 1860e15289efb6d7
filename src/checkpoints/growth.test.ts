import { expect, it } from 'vitest'
import { contract } from '../testing/contract.js'
import { type Typed } from './contract.js'
import { type CheckpointStore } from './store.js'

const json = (value: unknown): Typed =>
  ({ type: 'json', bytes: Buffer.from(JSON.stringify(value)) })

const letters = Array.from({ length: 26 }, (_, index) => String.fromCharCode(97 + index))
const word = () => Array.from({ length: 6 }, () =>
  letters[Math.floor(Math.random() * letters.length)]).join('')
const sentence = () => Array.from({ length: 146 }, word).join(' ')

const idOf = (number: number) => String(number).padStart(9, '0')

/** A thread to which each turn adds a text of 1 KB, in two checkpoints. */
class Talk {
  readonly #store: CheckpointStore
  readonly texts: string[] = []
  #count = 0

  constructor(store: CheckpointStore) {
    this.#store = store
  }

  async turn(): Promise<void> {
    const text = sentence()
    await this.#put({})
    await this.#store.putWrites({
      threadId: 'talk', checkpointId: idOf(this.#count), taskId: `task ${this.#count}`,
      writes: [{ index: 0, channel: 'messages', value: json(text.slice(0, 300)) }],
    })
    this.texts.push(text)
    await this.#put({ messages: json(this.texts) })
  }

  async storedBytes(): Promise<number> {
    return (await this.#store.threads()).data[0]!.storedBytes
  }

  async #put(values: Record<string, Typed>): Promise<void> {
    const number = ++this.#count
    await this.#store.put({
      threadId: 'talk', checkpointId: idOf(number), parentId: number === 1 ? null : idOf(number - 1),
      state: json({ number }), metadata: { step: number },
      channelVersions: { messages: number }, values,
    })
  }
}

contract('checkpoints of a long talk', (open) => {
  it('cost what each turn adds, the hundredth as the tenth', async () => {
    const { organization: { checkpoints } } = await open()
    const talk = new Talk(checkpoints)
    for (let turn = 0; turn < 20; turn++) await talk.turn()
    const early = await talk.storedBytes()
    for (let turn = 0; turn < 80; turn++) await talk.turn()
    const late = await talk.storedBytes()
    const text = talk.texts.join('').length
    expect(late).toBeLessThan(2 * text)
    expect((late - early) / 80).toBeLessThan(1.2 * early / 20)
    const head = await checkpoints.get({ threadId: 'talk' })
    expect(JSON.parse(Buffer.from(head.values.messages!.bytes).toString())).toEqual(talk.texts)
  })

  it('are read whole by everybody while they are pruned and go on', async () => {
    const { organization: { checkpoints }, another, organizationId, isLasting } = await open()
    const other = isLasting
      ? (await another({ checkpoints: { memoryBytesMax: 0 } })).organization(organizationId)
      : { checkpoints }
    const talk = new Talk(checkpoints)
    for (let turn = 0; turn < 10; turn++) await talk.turn()
    let isOver = false
    let loads = 0
    const read = async (store: CheckpointStore) => {
      while (!isOver) {
        for await (const { values, checkpointId } of store.list({ threadId: 'talk' })) {
          const texts = values.messages === undefined
            ? [] : JSON.parse(Buffer.from(values.messages.bytes).toString()) as string[]
          expect(texts).toEqual(talk.texts.slice(0, texts.length))
          await store.find({ threadId: 'talk', checkpointId })
          loads += 1
        }
        // Reads of what is in memory never leave the turn of the event loop.
        await new Promise((next) => setImmediate(next))
      }
    }
    const prune = async () => {
      while (!isOver) await checkpoints.prune({ keepLast: 5 })
    }
    const work = async () => {
      for (let turn = 0; turn < 15; turn++) await talk.turn()
      isOver = true
    }
    await Promise.all([work().finally(() => { isOver = true }), prune(), read(checkpoints),
      read(other.checkpoints)])
    expect(loads).toBeGreaterThan(0)
    await checkpoints.prune({ keepLast: 1 })
    expect(await talk.storedBytes()).toBeLessThan(1.5 * talk.texts.join('').length)
  })
})
