import { describe, expect, it } from 'vitest'
import { composeEnvelope } from './compose.js'
import { InvalidEnvelope } from './errors.js'
import { parseEnvelope } from './parse.js'
import { wordsOf } from './dialog.js'
import { type JsonObject } from './shape.js'
import {
  officialFaults, samples, specificationMissing,
} from '../../testing/open-floor-specification.test.harness.js'

const source = { now: '2026-01-31T12:00:00.000Z', nextId: () => 'de:made' }
const alpha = 'tag:alpha.example.com,2025:0001'

interface Draft {
  readonly schema?: unknown
  readonly conversation?: unknown
  readonly sender?: unknown
  readonly events?: unknown
}

/** An envelope that is right, with what a test wants otherwise. */
const envelope = (draft: Draft = {}) => ({
  openFloor: {
    schema: { version: '1.1.0' }, conversation: { id: 'talk' }, sender: { speakerUri: alpha },
    events: [], ...draft,
  },
})

const said = (text: string) => ({
  speakerUri: alpha, features: { text: { mimeType: 'text/plain', tokens: [{ value: text }] } },
})

const withEvent = (event: unknown, version = '1.1.0') =>
  envelope({ schema: { version }, events: [event] })

/** The pointer with which an envelope is refused; undefined when it is taken. */
function refusedAt(input: unknown): string | undefined {
  try {
    parseEnvelope(input, source)
    return undefined
  } catch (error) {
    if (error instanceof InvalidEnvelope) return error.pointer
    throw error
  }
}

const resent = (input: unknown): JsonObject => {
  const parsed = parseEnvelope(input, source)
  return composeEnvelope({
    conversation: {
      id: parsed.conversationId, conversants: [], convener: null, floorGranted: [],
    },
    sender: parsed.sender, events: parsed.events,
  })
}

// Not part of this project: without them there is nothing to compare with.
describe.skipIf(specificationMissing !== undefined)('the published samples', () => {
  it('are all taken, and what is sent of them is right by the official schemas', () => {
    const faultsOf = officialFaults()
    const all = samples()
    expect(all).toHaveLength(17)
    for (const { name, envelope: sample } of all) {
      expect({ name, faults: faultsOf(resent(sample)) }).toStrictEqual({ name, faults: [] })
    }
    // The samples themselves are not: the check can fail.
    expect(all.filter(({ envelope: sample }) => faultsOf(sample).length > 0).length)
      .toBeGreaterThan(2)
  })
})

describe('an envelope', () => {
  it('says with a JSON pointer what is wrong', () => {
    const utterance = (dialogEvent: unknown, to?: unknown) =>
      withEvent({ eventType: 'utterance', ...(to ? { to } : {}), parameters: { dialogEvent } })
    const first = '/openFloor/events/0'
    const roles = Object.fromEntries(Array.from({ length: 101 }, (_, at) => [`r${at}`, true]))
    const cases: readonly (readonly [unknown, string])[] = [
      [null, ''], [[], ''], ['text', ''], [{}, '/openFloor'], [{ openFloor: 3 }, '/openFloor'],
      [envelope({ schema: undefined }), '/openFloor/schema'],
      [envelope({ schema: {} }), '/openFloor/schema/version'],
      [envelope({ schema: { version: 1.1 } }), '/openFloor/schema/version'],
      [envelope({ schema: { version: '2.0.0' } }), '/openFloor/schema/version'],
      [envelope({ conversation: {} }), '/openFloor/conversation/id'],
      [envelope({ conversation: { id: '' } }), '/openFloor/conversation/id'],
      [envelope({ sender: {} }), '/openFloor/sender/speakerUri'],
      [envelope({ sender: { speakerUri: 'x'.repeat(256) } }), '/openFloor/sender/speakerUri'],
      [envelope({ events: undefined }), '/openFloor/events'],
      [envelope({ events: {} }), '/openFloor/events'],
      [envelope({ conversation: { id: 'a', assignedFloorRoles: { convener: ['a', 'b'] } } }),
        '/openFloor/conversation/assignedFloorRoles/convener'],
      [envelope({ conversation: { id: 'a', assignedFloorRoles: { 'a/b~': 1 } } }),
        '/openFloor/conversation/assignedFloorRoles/a~1b~0'],
      [envelope({ conversation: { id: 'a', floorGranted: [1] } }),
        '/openFloor/conversation/floorGranted/0'],
      [envelope({ conversation: { id: 'a', conversants: [{ identification: {} }] } }),
        '/openFloor/conversation/conversants/0/identification/speakerUri'],
      [withEvent({}), `${first}/eventType`],
      [withEvent({ eventType: 'whisper' }), `${first}/eventType`],
      [withEvent({ eventType: 'context' }), `${first}/eventType`],
      [withEvent({ eventType: 'invite' }), `${first}/to`],
      [withEvent({ eventType: 'grantFloor', to: {} }), `${first}/to`],
      [withEvent({ eventType: 'bye', to: { private: 'yes' } }), `${first}/to/private`],
      [withEvent({ eventType: 'bye', reason: 3 }), `${first}/reason`],
      [withEvent({ eventType: 'requestFloor', parameters: { priority: 5 } }),
        `${first}/parameters/priority`],
      [withEvent({ eventType: 'getManifests', parameters: { recommendScope: 'some' } }),
        `${first}/parameters/recommendScope`],
      [withEvent({ eventType: 'publishManifests', parameters: { servicingManifests: [{}] } }),
        `${first}/parameters/servicingManifests/0/identification`],
      [withEvent({ eventType: 'utterance' }), `${first}/parameters`],
      [utterance({}), `${first}/parameters/dialogEvent/features`],
      [utterance({ features: {} }), `${first}/parameters/dialogEvent/features/text`],
      [utterance({ features: { text: { tokens: [{ token: 'hi' }] } } }),
        `${first}/parameters/dialogEvent/features/text/tokens/0`],
      [utterance({ ...said('hi'), span: { startTime: 'noon' } }),
        `${first}/parameters/dialogEvent/span/startTime`],
      [utterance({ ...said('hi'), span: { startTime: '2026-01-31T12:00Z', startOffset: 'PT1S' } }),
        `${first}/parameters/dialogEvent/span/startOffset`],
      [utterance(said('hi'), { private: true }), `${first}/to`],
      [withEvent({ eventType: 'publishManifests', parameters: { servicingManifests: [
        { identification: { speakerUri: 'a', synopsis: 'x'.repeat(2_049) } },
      ] } }), `${first}/parameters/servicingManifests/0/identification/synopsis`],
      [withEvent({ eventType: 'publishManifests', parameters: { servicingManifests: [
        { identification: { speakerUri: 'a', openFloorRoles: roles } },
      ] } }), `${first}/parameters/servicingManifests/0/identification/openFloorRoles`],
    ]
    expect(cases.map(([input]) => refusedAt(input))).toStrictEqual(cases.map(([, at]) => at))
  })

  it('is taken with what senders leave out, which is added', () => {
    const dialogEvent = { ...said('hi'), span: { startTime: '2023-06-14 02:06:07+00:00' } }
    const { events } = parseEnvelope(
      withEvent({ eventType: 'utterance', parameters: { dialogEvent } }), source)
    expect(events[0]!.parameters!.dialogEvent).toStrictEqual({
      ...dialogEvent, id: 'de:made', span: { startTime: '2023-06-14T02:06:07Z' },
    })
    const [bare] = parseEnvelope(withEvent({
      eventType: 'utterance', parameters: { dialogEvent: { features: said('x').features } },
    }), source).events
    expect(bare!.parameters!.dialogEvent).toMatchObject({
      speakerUri: alpha, span: { startTime: source.now },
    })
  })

  it('of 1.0.0 is understood: its context becomes the history of the invitation', () => {
    const old = envelope({
      schema: { version: '1.0.0' },
      conversation: { id: 'a', conversants: [{ persistent_state: { a: {} } }] },
      events: [
        { eventType: 'context', parameters: { dialogHistory: [said('before')], other: 1 } },
        { eventType: 'invite', to: { serviceUrl: 'https://a.example' }, parameters: {} },
        { eventType: 'findAssistant' },
      ],
    })
    const { events } = parseEnvelope(old, source)
    expect(events.map(({ eventType }) => eventType)).toStrictEqual(['invite', 'getManifests'])
    expect(events[0]!.parameters).toMatchObject({ dialogHistory: [{ id: 'de:made' }] })
  })
})

describe('what was said', () => {
  it('is read as words', () => {
    const words = (...values: unknown[]) => wordsOf({
      features: { text: { tokens: values.map((value) => ({ value })) } },
    } as never)
    expect(words('what', 'is', 'it')).toBe('what is it')
    expect(words('what ', 'is', ' it')).toBe('what is it')
    expect(words('at', 6)).toBe('at 6')
    expect(words()).toBe('')
    expect(words('', 'a', '', ' ', 'b', '', 'c')).toBe('a b c')
  })

  it('is read at once, however much it is', () => {
    const tokens = Array.from({ length: 10_000 }, () => ({ value: 'word '.repeat(100) + 'end' }))
    const sinceMs = performance.now()
    expect(wordsOf({ features: { text: { tokens } } } as never)).toHaveLength(5_039_999)
    expect(performance.now() - sinceMs).toBeLessThan(1_000)
  })
})
