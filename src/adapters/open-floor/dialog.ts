import { type JsonValue } from '../../database/json.js'
import { type Place } from './place.js'
import { type JsonObject } from './shape.js'

/** Features of one dialog event, and tokens of one feature, at most. */
const featuresMax = 100
const tokensMax = 10_000

/** Dialog events of one history at most. */
export const historyMax = 1_000

/** What a dialog event takes when it does not say it itself. */
export interface DialogDefaults {
  readonly speakerUri: string
  /** RFC 3339. */
  readonly now: string
  /** A new id. */
  nextId(): string
}

/**
 * A dialog event 1.0.2 in the form in which it is sent: what senders are used to leave out is
 * added, and a time is written as RFC 3339 has it. Throws InvalidEnvelope.
 */
export function dialogEventOf(place: Place, defaults: DialogDefaults): JsonObject {
  const given = place.object()
  const features = place.at('features')
  for (const name of Object.keys(features.object()).slice(0, featuresMax + 1)) {
    checkFeature(features.at(name), name)
  }
  if (Object.keys(features.object()).length > featuresMax) {
    features.fail(`must hold at most ${featuresMax}`)
  }
  if (features.at('text').value === undefined) features.at('text').fail('is missing')
  place.maybe('previousId', (id) => id.text())
  return {
    ...given,
    id: place.maybe('id', (id) => id.name()) ?? defaults.nextId(),
    speakerUri: place.maybe('speakerUri', (uri) => uri.name()) ?? defaults.speakerUri,
    span: spanOf(place.at('span'), defaults.now),
    features: { ...features.object(), text: textFeatureOf(features.at('text')) },
  }
}

function checkFeature(place: Place, name: string): void {
  place.object()
  if (name !== 'text') place.at('mimeType').text()
  for (const token of place.at('tokens').list(tokensMax)) checkToken(token)
  for (const member of ['mimeType', 'lang', 'encoding', 'tokenSchema']) {
    place.maybe(member, (each) => each.text())
  }
  place.maybe('alternates', (alternates) => {
    for (const each of alternates.list(tokensMax)) each.list(tokensMax).forEach(checkToken)
  })
}

function checkToken(place: Place): void {
  place.object()
  const { value } = place.at('value')
  if (value === undefined && place.at('valueUrl').value === undefined) {
    place.fail('must have a value or a valueUrl')
  }
  if (value === null) place.at('value').fail('must not be null')
  place.maybe('valueUrl', (url) => url.text())
  place.maybe('confidence', (each) =>
    (typeof each.value === 'number' ? undefined : each.fail('must be a number')))
  place.maybe('links', (links) => links.list(tokensMax).forEach((link) => link.text()))
}

function textFeatureOf(place: Place): JsonObject {
  const mimeType = place.maybe('mimeType', (each) => each.text()) ?? 'text/plain'
  return { ...place.object(), mimeType }
}

/** A span begins at a time or at an offset, and not at both. */
function spanOf(place: Place, now: string): JsonObject {
  if (place.value === undefined) return { startTime: now }
  const span = { ...place.object() }
  for (const [time, offset] of [['startTime', 'startOffset'], ['endTime', 'endOffset']] as const) {
    if (span[time] !== undefined && span[offset] !== undefined) {
      place.at(offset).fail(`must not stand beside ${time}`)
    }
    place.maybe(offset, (each) => each.text())
    const at = place.maybe(time, timeOf)
    if (at !== undefined) span[time] = at
  }
  if (span.startTime === undefined && span.startOffset === undefined) span.startTime = now
  return span
}

const timePattern =
  /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+-]\d\d:?\d\d)?$/

/** Published samples write times with a blank, or without a zone, which then is UTC. */
function timeOf(place: Place): string {
  const match = timePattern.exec(place.text())
  if (match === null) return place.fail('must be a time as ISO 8601 has it')
  const [, date, time, zone = 'Z'] = match
  const written = `${date}T${time!.length === 5 ? `${time}:00` : time}` +
    zone.replace(/^([+-]\d\d)(\d\d)$/, '$1:$2').replace(/^[+-]00:00$/, 'Z')
  if (Number.isNaN(Date.parse(written))) place.fail('must be a time as ISO 8601 has it')
  return written
}

/** What was said, in words. */
export function wordsOf(dialogEvent: JsonObject): string {
  const features = dialogEvent.features as { readonly text?: { readonly tokens?: JsonValue[] } }
  const words = (features.text?.tokens ?? []).map((token) => {
    const { value } = token as { readonly value?: JsonValue }
    return typeof value === 'string' ? value : JSON.stringify(value ?? '')
  })
  const said: string[] = []
  // Not of all that was said so far: of many words that would be looked through once for each.
  let last = ' '
  for (const word of words.filter((each) => each !== '')) {
    if (!isBlank(last) && !isBlank(word.at(0)!)) said.push(' ')
    said.push(word)
    last = word.at(-1)!
  }
  return said.join('')
}

const isBlank = (character: string): boolean => /^\s$/u.test(character)
