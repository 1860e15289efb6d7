import { expect, it } from 'vitest'
import { LocalSignals } from '../coordination/local-signals.js'
import { InvalidInput } from '../errors.js'
import { contract } from '../testing/index.js'
import { type FloorEvent } from './index.js'
import { LiveFloors } from './live.js'

type Told = AsyncGenerator<number | FloorEvent, void, void>

async function next(told: Told): Promise<number | string | undefined> {
  const { value, done } = await told.next()
  if (done === true) return undefined
  return typeof value === 'number' ? value : `${value.number} ${value.type}`
}

contract('events of a floor', (open) => {
  it('are heard from any number on, also in another process, and end with it', async () => {
    const world = await open()
    const { floors, conversations } = world.organization
    const { id } = await conversations.create()
    const elsewhere = world.isLasting ? await world.another() : world.holdfast
    const { floors: others } = elsewhere.organization(world.organizationId)
    const early = others.follow(id)
    expect(await next(early)).toBe(0)
    await floors.request({ conversationId: id, speakerUri: 'a' })
    for (const wanted of ['1 configured', '2 joined', '3 requested', '4 granted']) {
      expect(await next(early)).toBe(wanted)
    }
    const late = others.follow(id, { after: 2 })
    expect([await next(late), await next(late), await next(late)])
      .toStrictEqual([2, '3 requested', '4 granted'])
    const heard = Promise.all([next(early), next(late)])
    await floors.yield({ conversationId: id, speakerUri: 'a' })
    expect(await heard).toStrictEqual(['5 yielded', '5 yielded'])
    const ended = Promise.all([next(early), next(late)])
    await conversations.delete(id)
    expect(await ended).toStrictEqual([undefined, undefined])
  })

  it('are all told, page by page, and end where nobody waits for more', async () => {
    const world = await open()
    const { floors, conversations } = world.organization
    const { id: conversationId } = await conversations.create()
    const agents = Array.from({ length: 60 }, (_, index) => `agent:${index}`)
    await Promise.all(agents.map((speakerUri) => floors.request({ conversationId, speakerUri })))
    const told: number[] = []
    for await (const event of floors.follow(conversationId, { after: 0, live: false })) {
      if (typeof event !== 'number') told.push(event.number)
    }
    const count = 1 + 2 * agents.length + 1
    expect(told).toStrictEqual(Array.from({ length: count }, (_, index) => index + 1))
    await expect(floors.follow(conversationId, { after: count + 1 }).next())
      .rejects.toThrow(InvalidInput)
  })

  it('end when the listener is sent home', async () => {
    const { floors, conversations } = (await open()).organization
    const { id } = await conversations.create()
    const home = new AbortController()
    const told = floors.follow(id, { signal: home.signal })
    expect(await next(told)).toBe(0)
    const waiting = next(told)
    home.abort()
    expect(await waiting).toBeUndefined()
  })
})

const eventOf = (number: number) => ({ number, type: 'joined' }) as FloorEvent

it('events that are told are had at once by who stands before them; others look', async () => {
  const live = new LiveFloors(new LocalSignals())
  const watched = await live.join('a floor')
  const never = new AbortController().signal
  const looked: number[] = []
  const read = (from: number) => watched.read(from, async () => {
    looked.push(from)
    return { events: [], last: 0 }
  })
  const told = async (...events: readonly FloorEvent[]) => {
    const { version } = watched
    live.tell('a floor', events)
    await watched.next(version, never)
  }
  await told(eventOf(4), eventOf(5))
  expect(await read(3)).toEqual({ events: [eventOf(4), eventOf(5)], last: 5 })
  expect(await read(4)).toEqual({ events: [eventOf(5)], last: 5 })
  await read(5)
  expect(looked).toEqual([5])
  // With a gap, or too long for a signal, it is only said that there is something.
  await told(eventOf(6), eventOf(8))
  await read(5)
  await told({ ...eventOf(6), reason: 'x'.repeat(40_000) })
  await read(5)
  expect(looked).toEqual([5, 5, 5])
  live.leave(watched)
  live.close()
})
