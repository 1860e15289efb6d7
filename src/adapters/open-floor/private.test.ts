import { afterEach, expect, it } from 'vitest'
import { Chance } from '../../testing/malformed/chance.js'
import { contract, testEngines } from '../../testing/index.js'
import {
  envelopeOf, Floor, said, stopAgents, utterance,
} from '../../testing/open-floor.test.harness.js'
import { type EnvelopeEvent } from './shape.js'

afterEach(stopAgents)

/** Envelopes that are sent; each with up to six events. */
const envelopesWanted = Number(process.env.HOLDFAST_TEST_ENVELOPES ?? 120)
const seed = Number(process.env.HOLDFAST_TEST_SEED ?? Date.now() % 2 ** 31)

const names = ['a', 'b', 'c', 'd'] as const
const chairUri = 'tag:chair'

/** What was said, to whom, and who must hear it. */
interface Spoken {
  readonly text: string
  readonly by: string
  readonly to: string | undefined
}

/** A mixed envelope: words for all and for one, and what changes who has the floor. */
function eventsOf(chance: Chance, by: string, spoken: Spoken[]): object[] {
  return Array.from({ length: chance.between(1, 6) }, () => {
    const target = chance.pick([...names, chairUri].filter((name) => name !== by))
    const to = { speakerUri: target }
    if (chance.happens(0.15)) return { eventType: chance.pick(['yieldFloor', 'requestFloor']) }
    if (chance.happens(0.1)) {
      return { eventType: chance.pick(['grantFloor', 'revokeFloor', 'getManifests']), to }
    }
    const isPrivate = chance.happens(0.5)
    const text = `${isPrivate ? 'private' : 'public'} ${spoken.length}`
    spoken.push({ text, by, to: isPrivate ? target : undefined })
    const addressed = isPrivate ? { ...to, private: true } : chance.happens(0.3) ? to : undefined
    return utterance(text, addressed)
  })
}

const textsOf = (events: readonly EnvelopeEvent[]) =>
  events.filter(({ eventType }) => eventType === 'utterance').map(said)

/** An envelope is a dozen transactions and calls, which a busy machine takes its time for. */
const timeoutMs = 60_000 + 200 * envelopesWanted

// Routing is the same on every engine; these two differ in everything below it.
const engines = process.env.HOLDFAST_TEST_ENVELOPES === undefined
  ? testEngines().filter((_, index, { length }) => index % (length - 1) === 0) : testEngines()

contract(`private words in ${envelopesWanted} mixed envelopes (seed ${seed})`, (open) => {
  it('reach whom they are for, once and in order, and nobody else', async () => {
    const floor = await Floor.open(await open())
    const chance = new Chance(seed)
    const { conversationId, stores: { floors, openFloor, messages } } = floor
    const chair = await floor.agent(chairUri)
    // Otherwise nobody would have the floor any more after a while.
    chair.answer = ({ events: [event], sender }) => (event?.eventType === 'requestFloor'
      ? [{ eventType: 'grantFloor', to: { speakerUri: sender } }] : [])
    await floors.configure(conversationId, { policy: 'shared', convener: chairUri })
    await floor.invite(chair)
    for (const speakerUri of names) await floors.join({ conversationId, speakerUri })
    const spoken: Spoken[] = []
    for (let count = 0; count < envelopesWanted; count += 1) {
      const by = chance.pick(names)
      await openFloor.receive(envelopeOf(by, conversationId, eventsOf(chance, by, spoken)))
    }
    await floor.settled(timeoutMs)
    const heard = new Map<string, string[]>(names.map((name) => [name, []]))
    for (let after = 0; ;) {
      const page = await openFloor.deliveries(conversationId, { after, limit: 200 })
      for (const { recipient, body } of page) {
        const { events } = body.openFloor as unknown as { readonly events: EnvelopeEvent[] }
        const list = heard.get(recipient)
        if (list !== undefined) list.push(...textsOf(events))
      }
      after = page.at(-1)?.number ?? after
      if (page.length === 0) break
    }
    heard.set(chairUri, chair.heard.flatMap(({ events }) => textsOf(events)))
    const kept = new Set<string>()
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page = await messages.list(conversationId, {
        limit: 200, ...(cursor === undefined ? {} : { cursor }),
      })
      for (const { content } of page.data) kept.add(String(content))
      cursor = page.nextCursor
    }
    const priv = spoken.filter(({ to }) => to !== undefined)
    expect(priv.length).toBeGreaterThan(envelopesWanted / 3)
    for (const [name, texts] of heard) {
      const [wanted, had] = [priv.filter(({ to }) => to === name), texts.filter(isPrivate)]
      expect({ name, had }).toStrictEqual({ name, had: wanted.map(({ text }) => text) })
    }
    expect([...kept].filter(isPrivate)).toStrictEqual([])
    // What was said to all was heard by all others, once and in order, if it was let through.
    for (const name of names) {
      const wanted = spoken.filter(({ by, text }) => by !== name && kept.has(text))
      expect(heard.get(name)!.filter((text) => !isPrivate(text)))
        .toStrictEqual(wanted.map(({ text }) => text))
    }
    expect(kept.size).toBeGreaterThan(0)
  }, 2 * timeoutMs)
}, { engines })

const isPrivate = (text: string): boolean => text.startsWith('private')
