import { jsonDepthMax } from '../../database/json.js'
import { eventsOf } from './parse-events.js'
import { identificationNames, identificationOf } from './manifests.js'
import { known, Place } from './place.js'
import { type Identification, type ParsedEnvelope, type Sender } from './shape.js'

/** Conversants, holders and agents of a role at most, and events of one envelope. */
const listMax = 1_000
const eventsMax = 200

/** Where the time and new ids of dialog events come from. */
export interface ParsingSource {
  /** RFC 3339. */
  readonly now: string
  nextId(): string
}

/**
 * An envelope of the specification 1.1.0 or 1.0.0, taken as the published samples are written and
 * brought into the form in which it is sent. What the floor manager owns (conversants, roles, who
 * has the floor) is checked for its form, and then believed from nobody. Throws InvalidEnvelope.
 */
export function parseEnvelope(input: unknown, source: ParsingSource): ParsedEnvelope {
  const whole = new Place(input)
  whole.object()
  if (isDeeperThan(input, jsonDepthMax)) whole.fail(`is nested deeper than ${jsonDepthMax} levels`)
  const place = whole.at('openFloor')
  place.object()
  const version = versionOf(place.at('schema'))
  const conversation = place.at('conversation')
  conversation.object()
  const conversationId = conversation.at('id').name()
  const claimed = conversantsOf(conversation)
  checkClaims(conversation)
  const sender = senderOf(place.at('sender'))
  const places = place.at('events').list(eventsMax)
  const defaults = { ...source, speakerUri: sender.speakerUri }
  return {
    version, conversationId, sender,
    identification: claimed.find(({ speakerUri }) => speakerUri === sender.speakerUri),
    events: eventsOf(places, { defaults, isOld: /^1\.0(\.|$)/.test(version) }),
  }
}

/** Whether lists and objects lie deeper in each other than so; without a call for each level. */
function isDeeperThan(input: unknown, depthMax: number): boolean {
  let level: unknown[] = [input]
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > depthMax) return true
    level = level.flatMap((each) => Object.values(each as object) as unknown[])
      .filter((each) => typeof each === 'object' && each !== null)
  }
  return false
}

function versionOf(place: Place): string {
  place.object()
  place.maybe('url', (url) => url.text())
  const version = place.at('version')
  const text = version.text()
  return /^1\.\d{1,3}(\.\d{1,3})?$/.test(text) ? text : version.fail('must be 1.0.0 or 1.1.0')
}

function senderOf(place: Place): Sender {
  place.object()
  return known<Sender>({
    speakerUri: place.at('speakerUri').name(),
    serviceUrl: place.maybe('serviceUrl', (url) => (url.text() === '' ? undefined : url.name())),
  })
}

const needed = [
  'speakerUri', 'serviceUrl', 'organization', 'conversationalName', 'synopsis',
] as const

function conversantsOf(conversation: Place): readonly Identification[] {
  const conversants = conversation.maybe('conversants', (place) => place.list(listMax)) ?? []
  return conversants.flatMap((each) => {
    each.object()
    return each.maybe('identification', (place) => {
      place.strictly(identificationNames)
      for (const name of needed) place.at(name).text()
      return identificationOf(place)
    }) ?? []
  })
}

function checkClaims(conversation: Place): void {
  conversation.maybe('floorGranted', checkUris)
  conversation.maybe('assignedFloorRoles', (roles) => {
    for (const role of Object.keys(roles.object())) checkUris(roles.at(role))
    roles.maybe('convener', (convener) =>
      (convener.list(listMax).length > 1 ? convener.fail('must hold at most 1') : undefined))
  })
}

const checkUris = (place: Place): void => place.list(listMax).forEach((uri) => uri.text())
