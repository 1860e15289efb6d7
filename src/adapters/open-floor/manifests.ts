import { known, type Place, uriLengthMax } from './place.js'
import { type Identification, type JsonObject } from './shape.js'

/** Manifests of one event, and words of one capability, at most. */
const manifestsMax = 1_000
const wordsMax = 1_000

/**
 * Characters of one text of an identification, and roles in it, at most: it goes with each envelope
 * to each agent of the conversation.
 */
const identificationTextMax = 2_048
const rolesMax = 100

/** Members that an identification may have. */
export const identificationNames = [
  'speakerUri', 'serviceUrl', 'organization', 'conversationalName', 'department', 'role',
  'synopsis', 'openFloorRoles',
] as const

/** Who an agent is; what is missing is empty. Throws InvalidEnvelope. */
export function identificationOf(place: Place): Identification {
  place.object()
  const text = (name: string) => place.maybe(name, (each) =>
    (each.text().length <= identificationTextMax
      ? each.text() : each.fail(`must be at most ${identificationTextMax} characters`)))
  const roles = place.maybe('openFloorRoles', (each) => {
    const names = Object.keys(each.object())
    if (names.length > rolesMax) each.fail(`must hold at most ${rolesMax}`)
    if (names.some(({ length }) => length > uriLengthMax)) {
      each.fail(`must name roles in at most ${uriLengthMax} characters`)
    }
    for (const role of names) each.at(role).flag()
    return each.object() as { [role: string]: boolean }
  })
  const [speakerUri, serviceUrl] = [text('speakerUri'), text('serviceUrl')]
  if (!speakerUri && !serviceUrl) place.fail('must name a speakerUri')
  return known<Identification>({
    speakerUri: speakerUri ?? serviceUrl,
    serviceUrl: serviceUrl ?? '',
    organization: text('organization') ?? '',
    conversationalName: text('conversationalName') ?? '',
    synopsis: text('synopsis') ?? '',
    department: text('department'),
    role: text('role'),
    openFloorRoles: roles,
  })
}

/**
 * A list of manifests 1.0.1 in the form in which they are sent; older ones list layers without
 * saying in which direction. Throws InvalidEnvelope.
 */
export function manifestsOf(place: Place): JsonObject[] {
  return place.list(manifestsMax).map((each) => {
    const score = each.maybe('score', (given) => {
      const isScore = typeof given.value === 'number' && given.value >= 0 && given.value <= 1
      return isScore ? (given.value as number) : given.fail('must be a number from 0 to 1')
    })
    return {
      ...each.object(),
      identification: identificationOf(each.at('identification')) as unknown as JsonObject,
      capabilities: each.maybe('capabilities', capabilitiesOf) ?? [],
      ...(score === undefined ? {} : { score }),
    }
  })
}

function capabilitiesOf(place: Place): JsonObject[] {
  return place.list(manifestsMax).map((each) => {
    const words = (name: string) => each.maybe(name, wordsIn)
    const layers = each.maybe('supportedLayers', layersOf)
    const languages = words('languages')
    return {
      ...each.object(),
      keyphrases: words('keyphrases') ?? [],
      descriptions: words('descriptions') ?? [],
      ...(languages === undefined ? {} : { languages }),
      ...(layers === undefined ? {} : { supportedLayers: layers }),
    }
  })
}

const wordsIn = (place: Place): string[] => place.list(wordsMax).map((word) => word.text())

function layersOf(place: Place): JsonObject {
  if (Array.isArray(place.value)) return { input: wordsIn(place), output: wordsIn(place) }
  place.object()
  const input = place.maybe('input', wordsIn) ?? ['text']
  return { ...place.object(), input, output: place.maybe('output', wordsIn) ?? ['text'] }
}
