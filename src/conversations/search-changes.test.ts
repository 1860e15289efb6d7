import { expect, it } from 'vitest'
import { contract, type ContractWorld } from '../testing/index.js'
import { type Message } from './index.js'

/** A small generator, so that a seed repeats a run. */
function randomly(seed: number) {
  let state = seed
  return (below: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return Math.floor((state / 2 ** 31) * below)
  }
}

const place = ({ createdAt, id, conversationId }: Message) => `${createdAt} ${id} ${conversationId}`

/** Conversations beside what is known of their messages. */
class Model {
  readonly #world: ContractWorld
  readonly #below: (below: number) => number
  readonly #talks = new Map<string, Message[]>()
  #count = 0

  constructor(world: ContractWorld, seed: number) {
    this.#world = world
    this.#below = randomly(seed)
  }

  /** Something that a person, an erasure or an operator may do. */
  async act(): Promise<void> {
    const { organization: { conversations, messages }, holdfast } = this.#world
    const [id, said] = this.#one() ?? [undefined, []]
    const message = said[this.#below(said.length)]
    const action = this.#below(12)
    if (id === undefined || action === 0) {
      this.#talks.set((await conversations.create()).id, [])
    } else if (action === 1 && this.#below(4) === 0) {
      await this.#delete(id)
      this.#talks.delete(id)
    } else if (action === 2 && message !== undefined) {
      await messages.delete(id, message.id)
      said.splice(said.indexOf(message), 1)
    } else if (action === 3 && message !== undefined) {
      const name = { conversationId: id, id: message.id }
      said[said.indexOf(message)] = await messages.update(name, { content: this.#text() })
    } else if (action === 4) await holdfast.indexer().pass()
    else if (action === 5 && this.#below(4) === 0) await holdfast.backend.scrub(['messages'])
    else if (action === 6) await this.#comeAgain(id, said)
    else said.push(await messages.append(id, { role: 'user', content: this.#text() }))
  }

  /** In a transaction of its own, or in one of the caller, behind which its words go later. */
  async #delete(id: string): Promise<void> {
    const { organization: { conversations }, organizationId, holdfast } = this.#world
    if (this.#below(2) === 0) return conversations.delete(id)
    await holdfast.transaction((transaction) =>
      transaction.organization(organizationId).conversations.delete(id))
  }

  /** The newest conversation goes, and comes back as a file that was exported before. */
  async #comeAgain(id: string, said: Message[]): Promise<void> {
    const { organization: { conversations, messages } } = this.#world
    const lines: string[] = []
    for await (const line of conversations.export(id)) lines.push(line)
    await this.#delete(id)
    await conversations.import(lines)
    const { data } = await messages.list(id, { limit: 200 })
    said.splice(0, said.length, ...data)
  }

  expected(word: string): string[] {
    return [...this.#talks.values()].flat()
      .filter(({ content }) => String(content).split(' ').includes(word))
      .sort((a, b) => (place(a) < place(b) ? 1 : -1)).map(({ content }) => String(content))
  }

  #text(): string {
    return `word w${this.#count += 1} ${this.#below(3) === 0 ? 'rare' : 'often'}`
  }

  #one(): [string, Message[]] | undefined {
    return [...this.#talks.entries()][this.#below(this.#talks.size)]
  }
}

contract('search beside everything that may happen', (open) => {
  it.each([1, 2])('finds what there is at each moment, seed %i', async (seed) => {
    const world = await open()
    const model = new Model(world, seed)
    for (let step = 0; step < 120; step++) {
      await model.act()
      for (const word of ['rare', 'word']) {
        const found: string[] = []
        let cursor: string | undefined
        do {
          const page = await world.organization.messages.search({ q: word, limit: 9, cursor })
          expect(page.complete).toBe(true)
          found.push(...page.data.map(({ message }) => String(message.content)))
          cursor = page.nextCursor ?? undefined
        } while (cursor !== undefined)
        expect([step, found]).toEqual([step, model.expected(word)])
      }
    }
    expect(model.expected('word').length).toBeGreaterThan(10)
  }, 120_000)
})
