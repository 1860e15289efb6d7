import { dialogEventOf, type DialogDefaults, historyMax } from './dialog.js'
import { manifestsOf } from './manifests.js'
import { known, type Place, reasonLengthMax } from './place.js'
import {
  type Addressee, type EnvelopeEvent, type EventType, eventTypes, type JsonObject,
} from './shape.js'

/** What parsing events needs. */
export interface EventSource {
  readonly defaults: DialogDefaults
  /** Whether the envelope is of 1.0, which knew other events. */
  readonly isOld: boolean
}

/** Events of 1.0 that are gone, and what they have become. */
const successors: Readonly<Record<string, EventType>> = {
  findAssistant: 'getManifests', proposeAssistant: 'publishManifests',
}

/** Events that are about one agent, which must be named. */
const needAddressee: readonly EventType[] = ['invite', 'uninvite', 'grantFloor', 'revokeFloor']

/**
 * Events in order. The `context` of 1.0 becomes the dialog history of the invitations beside it.
 * Throws InvalidEnvelope.
 */
export function eventsOf(places: readonly Place[], source: EventSource): EnvelopeEvent[] {
  let history: JsonObject[] | undefined
  const events = places.flatMap((place): EnvelopeEvent[] => {
    place.object()
    const type = place.at('eventType').text()
    if (source.isOld && type === 'context') {
      history = place.at('parameters').maybe('dialogHistory', (each) =>
        historyOf(each, source)) ?? history
      return []
    }
    return [eventOf(place, source)]
  })
  if (history === undefined) return events
  return events.map((event) => (event.eventType === 'invite' && event.parameters === undefined
    ? { ...event, parameters: { dialogHistory: history! } }
    : event))
}

function eventOf(place: Place, source: EventSource): EnvelopeEvent {
  const eventType = typeOf(place.at('eventType'), source)
  const to = place.maybe('to', addresseeOf)
  const isNamed = to?.speakerUri !== undefined || to?.serviceUrl !== undefined
  if (!isNamed && needAddressee.includes(eventType)) {
    place.at('to').fail('must name a speakerUri or a serviceUrl')
  }
  // A private word to nobody would have to be kept from everybody.
  if (!isNamed && to?.private === true && eventType === 'utterance') {
    place.at('to').fail('must name whom the private utterance is for')
  }
  return known<EnvelopeEvent>({
    eventType, to,
    reason: place.maybe('reason', reasonOf),
    parameters: parametersOf(eventType, place.at('parameters'), source),
  })
}

function typeOf(place: Place, { isOld }: EventSource): EventType {
  const given = place.text()
  const text = isOld && Object.hasOwn(successors, given) ? successors[given]! : given
  const type = eventTypes.find((each) => each === text)
  return type ?? place.fail(`must be one of ${eventTypes.join(', ')}`)
}

function addresseeOf(place: Place): Addressee {
  place.object()
  const name = (member: string) =>
    place.maybe(member, (each) => (each.text() === '' ? undefined : each.name()))
  return known<Addressee>({
    speakerUri: name('speakerUri'),
    serviceUrl: name('serviceUrl'),
    private: place.maybe('private', (each) => each.flag()),
  })
}

function reasonOf(place: Place): string {
  const reason = place.text()
  if (reason.length > reasonLengthMax) place.fail(`must be at most ${reasonLengthMax} characters`)
  return reason
}

function parametersOf(
  type: EventType, place: Place, source: EventSource,
): JsonObject | undefined {
  if (type === 'utterance') {
    place.strictly(['dialogEvent'])
    return { dialogEvent: dialogEventOf(place.at('dialogEvent'), source.defaults) }
  }
  if (place.value === undefined) return undefined
  const parameters = source.isOld && type !== 'publishManifests' && type !== 'getManifests'
    ? place.object()
    : place.strictly(allowed[type] ?? [])
  const made = makers[type]?.(place, source) ?? {}
  return Object.keys(parameters).length === 0 || Object.keys(made).length === 0 ? undefined : made
}

const allowed: Readonly<Partial<Record<EventType, readonly string[]>>> = {
  invite: ['dialogHistory'],
  getManifests: ['recommendScope'],
  publishManifests: ['servicingManifests', 'discoveryManifests'],
}

const scopes = ['internal', 'external', 'all']

const makers: Readonly<Partial<Record<
  EventType, (place: Place, source: EventSource) => JsonObject
>>> = {
  invite: (place, source) => known<JsonObject>({
    dialogHistory: place.maybe('dialogHistory', (each) => historyOf(each, source)),
  }),
  getManifests: (place) => known<JsonObject>({
    recommendScope: place.maybe('recommendScope', (each) =>
      (scopes.includes(each.text()) ? each.text() : each.fail(`must be ${scopes.join(', ')}`))),
  }),
  publishManifests: (place) => known<JsonObject>({
    servicingManifests: place.maybe('servicingManifests', manifestsOf),
    discoveryManifests: place.maybe('discoveryManifests', manifestsOf),
  }),
}

function historyOf(place: Place, { defaults }: EventSource): JsonObject[] {
  return place.list(historyMax).map((each) => dialogEventOf(each, defaults))
}
