import { afterEach, expect, it } from 'vitest'
import { contract } from '../../testing/index.js'
import {
  envelopeOf, Floor, manager, said, ScriptedAgent, stopAgents, utterance,
} from '../../testing/open-floor.test.harness.js'

afterEach(stopAgents)

/** What an agent was told; what came again under an id it knows, it has heard already. */
const words = ({ heard }: ScriptedAgent): string[] =>
  [...new Map(heard.map(({ id, events }) => [id, events.map(said)])).values()].flat()

contract('deliveries', (open) => {
  it('reach who was down for ten minutes, slow or failing once and in order', async () => {
    // The clock of the agent that is down goes by the pauses that were asked for.
    let downMs = 0
    const floor = await Floor.open(await open(), {
      timeoutMs: 700,
      retryDelayMs: (attempts) => {
        downMs += Math.min(60_000, 1_000 * 2 ** (attempts - 1))
        return 2
      },
    })
    const [speaker, fine, down, slow, failing, babbling] = await Promise.all(
      ['speaker', 'fine', 'down', 'slow', 'failing', 'babbling'].map((name) => floor.agent(name)))
    await floor.invite(speaker!, fine!, down!, slow!, failing!, babbling!)
    down!.answer = () => (downMs < 600_000 ? undefined : [])
    let slowCount = 0
    slow!.answer = async () => {
      slowCount += 1
      if (slowCount === 1) await new Promise((done) => setTimeout(done, 1_000))
      return []
    }
    failing!.answer = () => ({ status: failing!.attempts.length % 3 === 0 ? 202 : 503 })
    babbling!.answer = ({ id }) =>
      ({ status: 200, text: id < '8' ? '<html>' : '{"openFloor":{"events":[{}]}}' })
    const texts = ['one', 'two', 'three', 'four']
    for (const text of texts) await floor.send('speaker', utterance(text))
    await expect.poll(() => words(fine!), { timeout: 5_000 }).toStrictEqual(texts)
    // The others have not waited for these.
    expect(words(down!)).toStrictEqual([])
    await floor.settled()
    for (const agent of [down!, slow!, failing!, babbling!]) {
      expect(words(agent)).toStrictEqual(texts)
    }
    expect(slow!.attempts.length).toBeGreaterThan(texts.length)
    expect(downMs).toBeGreaterThanOrEqual(600_000)
    expect(new Set(down!.attempts).size).toBe(texts.length)
    expect((await floor.stores.openFloor.deadLetters()).data).toStrictEqual([])
  })

  it('that nobody takes are given up, listed, and sent again', async () => {
    const floor = await Floor.open(await open(), { attemptsMax: 3 })
    const [speaker, gone, strict] = await Promise.all(
      ['speaker', 'gone', 'strict'].map((name) => floor.agent(name)))
    await floor.invite(speaker!, gone!, strict!)
    let isBack = false
    gone!.answer = () => (isBack ? [] : undefined)
    strict!.answer = () => ({ status: isBack ? 200 : 422 })
    await floor.send('speaker', utterance('one'))
    await floor.send('speaker', utterance('two'))
    await floor.settled()
    expect(gone!.attempts).toHaveLength(6)
    expect(strict!.attempts).toHaveLength(2)
    const { openFloor } = floor.stores
    const first = await openFloor.deadLetters({ limit: 3 })
    const rest = await openFloor.deadLetters({ limit: 3, cursor: first.nextCursor! })
    const dead = [...first.data, ...rest.data]
    expect(dead.map(({ recipient, attempts, note }) => [recipient, attempts, note])).toStrictEqual(
      expect.arrayContaining([
        ['gone', 3, 'socket hang up'], ['strict', 1, 'it answered 422'],
      ]))
    expect(dead).toHaveLength(4)
    await expect(openFloor.resend(['00000000-0000-7000-8000-00000000dead'])).rejects
      .toThrow('given up')
    isBack = true
    const ofGone = dead.filter(({ recipient }) => recipient === 'gone').map(({ id }) => id)
    expect(await openFloor.resend(ofGone)).toBe(2)
    await floor.settled(20_000, { anew: true })
    expect(words(gone!)).toStrictEqual(['one', 'two'])
    expect(await openFloor.resend()).toBe(2)
    await floor.settled(20_000, { anew: true })
    expect(words(strict!)).toStrictEqual(['one', 'two'])
    expect(await openFloor.resend()).toBe(0)
    const neighbour = floor.holdfast.organization(
      (await floor.holdfast.organizations.create({ name: 'Theirs' })).id)
    expect((await neighbour.openFloor.deadLetters()).data).toStrictEqual([])
  })

  it('that are large go to many agents, a few at a time', async () => {
    const floor = await Floor.open(await open(), { timeoutMs: 30_000 })
    const agents = await Promise.all(
      Array.from({ length: 12 }, (_, index) => floor.agent(`agent ${index}`)))
    await floor.invite(...agents)
    let [now, most] = [0, 0]
    for (const agent of agents) {
      agent.answer = async () => {
        now += 1
        most = Math.max(most, now)
        await new Promise((done) => setTimeout(done, 100))
        now -= 1
        return []
      }
    }
    const text = 'x'.repeat(8_000_000)
    await floor.send('agent 0', utterance(text))
    await floor.settled(60_000)
    for (const agent of agents.slice(1)) expect(words(agent)).toStrictEqual([text])
    expect(most).toBeLessThanOrEqual(8)
  }, 90_000)

  it('have arrived at who answers what cannot be kept', async () => {
    const floor = await Floor.open(await open())
    const [speaker, deep, asking] = [
      await floor.agent('speaker'), await floor.agent('deep'), await floor.agent('asking'),
    ]
    const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
    // The registry has a manifest that goes deeper with an answer than it does by itself.
    await floor.stores.agents.register({ speakerUri: 'known', ttlSeconds: null, manifest: {
      identification: { speakerUri: 'known', serviceUrl: speaker.url, synopsis: '' },
      capabilities: [], more: JSON.parse(nested(195)) as unknown,
    } as never })
    await floor.invite(speaker, deep, asking)
    const answer = JSON.stringify(envelopeOf('deep', floor.conversationId, [
      { eventType: 'utterance', parameters: { dialogEvent: { x: 'here', features: {} } } },
    ]))
    deep.answer = () => ({
      status: 200, text: answer.replace('"here"', nested(deep.heard.length === 1 ? 300 : 20_000)),
    })
    asking.answer = () => [{ eventType: 'getManifests', to: { speakerUri: manager } }]
    for (const text of ['one', 'two']) await floor.send('speaker', utterance(text))
    await floor.settled()
    for (const agent of [deep, asking]) {
      expect(words(agent)).toStrictEqual(['one', 'two'])
      expect(agent.attempts).toHaveLength(2)
    }
    const made = await floor.stores.openFloor.deliveries(floor.conversationId)
    expect(made.filter(({ note }) => note?.includes('nested deeper'))).toHaveLength(4)
  })

  it('go to where an agent has moved, those that wait as well', async () => {
    const floor = await Floor.open(await open(), { retryDelayMs: () => 50 })
    const [speaker, mover] = [await floor.agent('speaker'), await floor.agent('mover')]
    await floor.invite(speaker, mover)
    mover.stop()
    await floor.send('speaker', utterance('one'))
    await expect.poll(async () => (await floor.stores.openFloor.deliveries(
      floor.conversationId, { recipient: 'mover', after: 2 }))[0]?.attempts).toBeGreaterThan(0)
    const moved = await floor.agent('mover')
    await floor.send('speaker', utterance('two'))
    await floor.settled()
    expect(words(moved)).toStrictEqual(['one', 'two'])
    const { openFloor } = floor.stores
    const made = await openFloor.deliveries(floor.conversationId, { recipient: 'mover' })
    expect(made.at(-1)!.serviceUrl).toBe(moved.url)
    expect(JSON.stringify(made.at(-1)!.body)).toContain(moved.url)
  })

  it('go to a registered agent that joined otherwise than by an envelope', async () => {
    const floor = await Floor.open(await open())
    const [speaker, other] = [await floor.agent('speaker'), await floor.agent('other')]
    await floor.invite(speaker)
    const { conversationId, stores } = floor
    await stores.floors.join({ conversationId, speakerUri: 'other' })
    await floor.send('speaker', utterance('one'))
    await floor.settled()
    expect(other.story).toStrictEqual(['grantFloor', 'utterance'])
  })

  it('go to no inner address that is not allowed', async () => {
    const floor = await Floor.open(await open(), { outboundAllow: [] })
    const victim = await floor.agent('victim')
    await floor.send('speaker', {
      eventType: 'invite', to: { speakerUri: 'x', serviceUrl: 'http://2130706433:1/' },
    }, { eventType: 'invite', to: { speakerUri: 'victim' } }, utterance('hello'))
    await floor.settled()
    expect(victim.attempts).toStrictEqual([])
    const { data } = await floor.stores.openFloor.deadLetters()
    expect(data.map(({ recipient }) => recipient).sort()).toStrictEqual(['victim', 'x'])
    expect(data.every(({ note }) => note?.includes('not public'))).toBe(true)
  })

  it('are made by another process when the one that kept the envelope is gone', async () => {
    const world = await open()
    // Nothing works on envelopes but what is started below.
    const { stores } = { stores: world.organization }
    const agent = await new ScriptedAgent('a').start()
    const { id } = await stores.conversations.create()
    await stores.openFloor.receive(envelopeOf('speaker', id, [
      { eventType: 'invite', to: { speakerUri: 'a', serviceUrl: agent.url } }, utterance('kept'),
    ]))
    expect(await stores.openFloor.deliveries(id)).toStrictEqual([])
    const other = world.isLasting
      ? await world.another({ openFloor: { outboundAllow: ['127.0.0.1'] } })
      : undefined
    // A database in memory ends with its process; there the worker is of the same one.
    const worker = (other ?? world.holdfast).openFloorWorker({
      organizationId: world.organizationId, pollMs: 50,
    }).start()
    const isMade = async () => (await stores.openFloor.deliveries(id)).map(({ state }) => state)
    await expect.poll(isMade, { timeout: 5_000 }).toStrictEqual([
      other === undefined ? 'dead' : 'delivered',
    ])
    expect(agent.story).toStrictEqual(other === undefined ? [] : ['invite', 'utterance'])
    await worker.close()
    agent.stop()
  })
})
