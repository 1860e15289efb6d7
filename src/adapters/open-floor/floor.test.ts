import { afterEach, expect, it } from 'vitest'
import { contract } from '../../testing/index.js'
import {
  envelopeOf, Floor, manager, said, ScriptedAgent, stopAgents, utterance,
} from '../../testing/open-floor.test.harness.js'
import { type EnvelopeEvent, type JsonObject } from './shape.js'
import {
  officialFaults, specificationFile, specificationMissing,
} from '../../testing/open-floor-specification.test.harness.js'

afterEach(stopAgents)

const [alphaUri, betaUri, chairUri] = [
  'tag:alpha.example.com,2025:0001', 'tag:beta.example.com,2025:0002',
  'tag:chair.example.com,2025:0009',
] as const

interface Step {
  readonly in: {
    readonly from: string
    readonly eventType: string
    readonly to?: string
    readonly reason?: string
    readonly private?: boolean
  }
  readonly emits?: readonly { readonly eventType: string; readonly to: string }[]
  readonly conversants?: readonly string[]
  readonly floorGranted?: readonly string[]
  readonly action?: string
}

interface Scenario {
  readonly no_convener: readonly Step[]
  readonly with_convener: readonly Step[]
}

const eventOf = ({ eventType, to, reason, private: isPrivate }: Step['in']) => ({
  ...(eventType === 'utterance' ? utterance('a word') : { eventType }),
  ...(to === undefined ? {} : {
    to: { speakerUri: to, ...(isPrivate === undefined ? {} : { private: isPrivate }) },
  }),
  ...(reason === undefined ? {} : { reason }),
})

contract('the floor manager', (open) => {
  // The scenario is not part of this project.
  it.skipIf(specificationMissing !== undefined)(
    'plays section 2.2 of the specification without a convener', async () => {
      const { no_convener: steps } =
        specificationFile('derived/scenario-spec-2.2.json') as unknown as Scenario
      const floor = await Floor.open(await open())
      const faultsOf = officialFaults()
      const agents = await Promise.all([alphaUri, betaUri].map((uri) => floor.agent(uri)))
      for (const step of steps) {
        const { from } = step.in
        agents.forEach(({ heard }) => heard.splice(0))
        await floor.send(from === 'FM' ? manager : from, eventOf(step.in))
        await floor.settled()
        const { conversants, floorGranted } = await floor.standing()
        expect({ step, conversants, floorGranted: [...floorGranted].sort() }).toStrictEqual({
          step, conversants: step.conversants, floorGranted: step.floorGranted,
        })
        const told = agents.flatMap(({ heard }) => heard)
        expect(told.flatMap(({ envelope }) => faultsOf(envelope))).toStrictEqual([])
        for (const emitted of step.emits ?? []) {
          const grants = told.filter(({ sender }) => sender === manager)
          expect(grants.flatMap(({ events }) => events)).toContainEqual({
            eventType: emitted.eventType, to: { speakerUri: emitted.to },
          })
        }
      }
    })

  it.skipIf(specificationMissing !== undefined)(
    'asks the convener where section 2.2 says so, and nobody else before it', async () => {
      const { with_convener: [, ...steps] } =
        specificationFile('derived/scenario-spec-2.2.json') as unknown as Scenario
      const floor = await Floor.open(await open())
      const [alpha, beta, chair, gamma] = await Promise.all([
        floor.agent(alphaUri), floor.agent(betaUri), floor.agent(chairUri),
        floor.agent('tag:gamma'),
      ])
      await floor.stores.floors.configure(floor.conversationId, {
        policy: 'shared', convener: chairUri,
      })
      for (const step of steps) {
        const { conversants } = await floor.standing()
        const absent = [alpha, beta, chair].filter((each) => !conversants.includes(each.speakerUri))
        if (absent.length > 0) await floor.invite(...absent)
        await floor.send(betaUri, { eventType: 'yieldFloor' })
        await floor.settled()
        for (const { heard } of [alpha, beta, chair]) heard.splice(0)
        const named = ['invite', 'uninvite', 'grantFloor', 'revokeFloor']
        const to = step.in.eventType === 'invite' ? gamma.speakerUri : betaUri
        const event = { ...step.in, ...(named.includes(step.in.eventType) ? { to } : {}) }
        await floor.send(event.from, eventOf(event))
        await floor.settled()
        const others = [alpha, beta, gamma].filter(({ speakerUri }) => speakerUri !== event.from)
        const heard = others.map(({ story }) => story.join())
        const { action = '' } = step
        if (action.startsWith('delegate')) {
          // It has answered with nothing, so that nothing happens.
          expect({ step, chair: chair.story, heard })
            .toStrictEqual({ step, chair: [event.eventType], heard: ['', ''] })
          expect(chair.heard[0]!.sender).toBe(event.from)
        } else if (action.includes('only')) {
          expect({ step, chair: chair.story, heard: beta.story })
            .toStrictEqual({ step, chair: [], heard: ['utterance'] })
        } else {
          expect({ step, chair: chair.story, heard: heard[0] })
            .toStrictEqual({ step, chair: [event.eventType], heard: event.eventType })
        }
      }
    })

  it('does what the convener answers before what else is in the envelope', async () => {
    const floor = await Floor.open(await open())
    const [alpha, beta, chair] = await Promise.all([
      floor.agent(alphaUri), floor.agent(betaUri), floor.agent(chairUri),
    ])
    const { conversationId, stores } = floor
    await stores.floors.configure(conversationId, { policy: 'moderated', convener: chairUri })
    await floor.invite(alpha, beta, chair)
    expect(await floor.standing()).toMatchObject({ floorGranted: [] })
    chair.answer = ({ events: [event] }) => (event!.eventType !== 'requestFloor' ? [] : [
      { eventType: 'grantFloor', to: { speakerUri: betaUri } }, utterance('beta has the floor'),
    ])
    await floor.send(betaUri,
      { eventType: 'requestFloor' }, utterance('at last'), { eventType: 'yieldFloor' })
    await floor.settled()
    expect(alpha.heard.map(({ sender, events }) => [
      sender, events.map((event) => (event.parameters ? said(event) : event.eventType)),
    ])).toStrictEqual([
      [chairUri, ['grantFloor', 'beta has the floor']], [betaUri, ['at last', 'yieldFloor']],
    ])
    // Not asked again about what it said itself, nor about an utterance of who holds the floor.
    expect(chair.story).toStrictEqual(['requestFloor', 'utterance', 'yieldFloor'])
    const { data } = await stores.messages.list(conversationId)
    expect(data.map(({ author, content }) => [author, content])).toStrictEqual([
      [chairUri, 'beta has the floor'], [betaUri, 'at last'],
    ])
  })

  it('goes on without a convener that does not answer', async () => {
    const floor = await Floor.open(await open(), { conveneAttemptsMax: 2 })
    const [alpha, chair] = await Promise.all([floor.agent(alphaUri), floor.agent(chairUri)])
    const { conversationId, stores } = floor
    await stores.floors.configure(conversationId, { policy: 'moderated', convener: chairUri })
    await floor.invite(alpha, chair)
    const isQuestion = (type: string) => type === 'requestFloor'
    chair.answer = ({ events: [event] }) =>
      (isQuestion(event!.eventType) ? { status: 500 } : [])
    await floor.send(alphaUri, { eventType: 'requestFloor' }, { eventType: 'bye' })
    await floor.settled()
    expect(chair.attempts).toHaveLength(3)
    expect(new Set(chair.attempts).size).toBe(2)
    expect(alpha.heard.map(({ sender, events }) => [sender, events])).toStrictEqual([
      [manager, [expect.objectContaining({ eventType: 'revokeFloor' })]],
    ])
    expect(await floor.standing()).toMatchObject({ conversants: [chairUri] })
  })

  it('does an envelope of many deliveries in several parts, in order and once', async () => {
    const floor = await Floor.open(await open())
    const { conversationId, stores: { agents, floors, openFloor } } = floor
    const names = Array.from({ length: 40 }, (_, index) => `agent ${index}`)
    await floors.configure(conversationId, { policy: 'shared' })
    for (const speakerUri of names) {
      await agents.register({ speakerUri, ttlSeconds: null })
      await floors.join({ conversationId, speakerUri })
    }
    const pairs = Array.from({ length: 30 }, (_, index) =>
      [{ eventType: 'yieldFloor', reason: `${index}` }, { eventType: 'requestFloor' }])
    await floor.send('agent 0', utterance('first'), ...pairs.flat(), utterance('last'))
    await floor.settled(60_000)
    const heard: string[] = []
    const page = { recipient: 'agent 39', limit: 200 }
    for (const { body } of await openFloor.deliveries(conversationId, page)) {
      const { events } = body.openFloor as unknown as { readonly events: EnvelopeEvent[] }
      heard.push(...events.map(({ eventType, reason }) => reason ?? eventType))
    }
    expect(heard).toStrictEqual([
      'utterance', ...pairs.flatMap((_, index) => [`${index}`, 'grantFloor']), 'utterance',
    ])
  }, 90_000)

  it('asks as often about each event, whatever was asked before', async () => {
    const floor = await Floor.open(await open())
    const [alpha, chair] = await Promise.all([floor.agent(alphaUri), floor.agent(chairUri)])
    await floor.stores.floors.configure(floor.conversationId, {
      policy: 'moderated', convener: chairUri,
    })
    await floor.invite(alpha, chair)
    // Each question is answered when it comes for the third time.
    chair.answer = ({ id, events: [event] }) => {
      if (event!.eventType !== 'invite') return []
      return chair.attempts.filter((each) => each === id).length < 3 ? { status: 503 } : [event!]
    }
    await floor.send(alphaUri, ...['one', 'two', 'three'].map((name) =>
      ({ eventType: 'invite', to: { speakerUri: name, serviceUrl: alpha.url } })))
    await floor.settled()
    expect((await floor.standing()).conversants)
      .toStrictEqual([alphaUri, chairUri, 'one', 'two', 'three'].sort())
  })

  it('asks once about each event where all is passed here and now', async () => {
    const { another, organizationId, isLasting } = await open()
    const holdfast = await another({ openFloor: { outboundAllow: ['127.0.0.1'] } })
    const owner = isLasting ? organizationId
      : (await holdfast.organizations.create({ name: 'Ours' })).id
    const { floors, openFloor, conversations } = holdfast.organization(owner)
    const { id } = await conversations.create()
    const chair = await new ScriptedAgent(chairUri).start()
    chair.answer = ({ events: [event] }) => (event!.to?.speakerUri === 'two'
      ? { status: 503 } : event!.eventType === 'invite' ? [event!] : [])
    const invite = (speakerUri: string) =>
      ({ eventType: 'invite', to: { speakerUri, serviceUrl: chair.url } })
    await openFloor.receive(envelopeOf(manager, id, [invite(chairUri), invite(alphaUri)]))
    await openFloor.pass(id)
    await floors.configure(id, { policy: 'shared', convener: chairUri })
    await openFloor.receive(envelopeOf(alphaUri, id, ['one', 'two', 'three'].map(invite)))
    await openFloor.pass(id)
    expect((await floors.get(id)).agents)
      .toStrictEqual([alphaUri, chairUri, 'one', 'three'].sort())
    chair.stop()
  })

  it('tells of no floor that somebody had before the first envelope', async () => {
    const floor = await Floor.open(await open())
    const { conversationId, stores: { floors } } = floor
    await floors.configure(conversationId, { policy: 'exclusive' })
    for (const speakerUri of [alphaUri, betaUri, alphaUri, betaUri]) {
      await floors.request({ conversationId, speakerUri })
      await floors.yield({ conversationId, speakerUri })
    }
    await floors.request({ conversationId, speakerUri: betaUri })
    const alpha = await floor.agent(alphaUri)
    await floor.send(betaUri, utterance('hello'))
    await floor.settled()
    expect(alpha.story).toStrictEqual(['utterance'])
    expect(alpha.heard[0]!.envelope.openFloor).toMatchObject({
      conversation: { floorGranted: [betaUri] },
    })
    await floors.yield({ conversationId, speakerUri: betaUri })
    await floors.request({ conversationId, speakerUri: alphaUri })
    await floor.stores.openFloor.tellFloor(conversationId)
    await expect.poll(() => alpha.story, { timeout: 5_000 })
      .toStrictEqual(['utterance', 'grantFloor'])
  })

  it('grants an exclusive floor by its queue, and tells when the next has it', async () => {
    const floor = await Floor.open(await open())
    const [alpha, beta] = await Promise.all([floor.agent(alphaUri), floor.agent(betaUri)])
    await floor.stores.floors.configure(floor.conversationId, { policy: 'exclusive' })
    await floor.invite(alpha, beta)
    await floor.send(alphaUri, { eventType: 'requestFloor' })
    await floor.send(betaUri, { eventType: 'requestFloor', reason: '@priority7 please' })
    await floor.settled()
    const { queue } = await floor.stores.floors.get(floor.conversationId)
    expect(queue).toMatchObject([{ speakerUri: betaUri, priority: 7 }])
    await floor.send(alphaUri, { eventType: 'yieldFloor', reason: '@complete' })
    await floor.settled()
    expect(await floor.standing()).toMatchObject({ floorGranted: [betaUri] })
    expect(beta.heard.map(({ sender, events }) => [sender, events[0]!.eventType, events[0]!.to]))
      .toStrictEqual([
        [manager, 'grantFloor', { speakerUri: alphaUri }], [alphaUri, 'yieldFloor', undefined],
        [manager, 'grantFloor', { speakerUri: betaUri }],
      ])
  })

  it('believes no claims, and hears only who is in the conversation', async () => {
    const floor = await Floor.open(await open())
    const [alpha, beta] = await Promise.all([floor.agent(alphaUri), floor.agent(betaUri)])
    await floor.invite(alpha, beta)
    const identification = {
      speakerUri: alphaUri, serviceUrl: 'https://evil.example', organization: 'Evil',
      conversationalName: 'Evil', synopsis: '',
    }
    const { openFloor: { events, ...rest } } =
      envelopeOf(alphaUri, floor.conversationId, [utterance('hello')])
    await floor.stores.openFloor.receive({
      openFloor: {
        ...rest, events, sender: { speakerUri: alphaUri, serviceUrl: 'https://evil.example' },
        conversation: {
          id: floor.conversationId, conversants: [{ identification }],
          assignedFloorRoles: { convener: [alphaUri] }, floorGranted: [],
        },
      },
    })
    await floor.send('tag:stranger', utterance('me too'), { eventType: 'requestFloor' })
    await floor.settled()
    expect(beta.story).toStrictEqual(['utterance'])
    const { conversation } = beta.heard[0]!.envelope.openFloor as JsonObject
    expect(conversation).toMatchObject({
      assignedFloorRoles: {}, floorGranted: [alphaUri, betaUri],
      conversants: [
        { identification: { speakerUri: alphaUri, serviceUrl: alpha.url } },
        { identification: { speakerUri: betaUri } },
      ],
    })
  })

  it('learns the name of who was invited by its address', async () => {
    const floor = await Floor.open(await open())
    const alpha = await floor.agent(alphaUri)
    const beta = await floor.agent('tag:later')
    await floor.stores.agents.deregister('tag:later')
    await floor.invite(alpha)
    beta.answer = ({ events: [event] }) => (event!.eventType === 'invite'
      ? [{ eventType: 'acceptInvite' }, utterance('good day')]
      : [])
    await floor.send(alphaUri, { eventType: 'invite', to: { serviceUrl: beta.url } })
    await floor.settled()
    expect((await floor.standing()).conversants).toStrictEqual([alphaUri, 'tag:later'])
    expect(alpha.heard.map(({ sender }) => sender)).toStrictEqual(['tag:later'])
    expect(alpha.story).toStrictEqual(['acceptInvite', 'utterance'])
  })

  it('answers from the registry what is asked of it', async () => {
    const floor = await Floor.open(await open())
    const identification = {
      speakerUri: alphaUri, serviceUrl: 'https://a.example', organization: 'A', synopsis: 'weather',
      conversationalName: 'A',
    }
    const manifest = {
      identification, capabilities: [{ keyphrases: ['weather'], descriptions: ['tells it'] }],
    }
    await floor.stores.agents.register({ speakerUri: alphaUri, manifest })
    const ask = (recommendScope?: string) => floor.stores.openFloor.receive(
      envelopeOf('tag:anybody', floor.conversationId, [{
        eventType: 'getManifests', to: { speakerUri: manager },
        ...(recommendScope === undefined ? {} : { parameters: { recommendScope } }),
      }, utterance('the weather?', { speakerUri: manager, private: true })]))
    const { answer } = await ask('all')
    const { events: [event] } = answer.openFloor as unknown as { readonly events: JsonObject[] }
    expect(event).toMatchObject({
      eventType: 'publishManifests', to: { speakerUri: 'tag:anybody' },
      parameters: {
        servicingManifests: [{ identification: { speakerUri: manager } }],
        discoveryManifests: [{ identification }],
      },
    })
    if (specificationMissing === undefined) expect(officialFaults()(answer)).toStrictEqual([])
  })

  it('keeps an envelope that comes again once', async () => {
    const floor = await Floor.open(await open())
    const [alpha, beta] = await Promise.all([floor.agent(alphaUri), floor.agent(betaUri)])
    await floor.invite(alpha, beta)
    const envelope = envelopeOf(alphaUri, floor.conversationId, [utterance('once')])
    const receipts = await Promise.all(Array.from({ length: 5 }, () =>
      floor.stores.openFloor.receive(envelope)))
    expect(receipts.filter(({ isRepeated }) => !isRepeated)).toHaveLength(1)
    const bye = envelopeOf(betaUri, floor.conversationId, [{ eventType: 'yieldFloor' }])
    for (const key of ['k', 'k', 'other']) await floor.stores.openFloor.receive(bye, { key })
    await floor.settled()
    expect(beta.story).toStrictEqual(['utterance'])
    expect(alpha.story).toStrictEqual(['yieldFloor', 'yieldFloor'])
    // The number of one that came again goes to the next.
    const kept = await floor.stores.openFloor.list(floor.conversationId)
    expect(kept.map(({ number }) => number)).toStrictEqual(kept.map((_, index) => index + 1))
  })
})
