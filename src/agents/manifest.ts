/** The identification of an agent (Assistant Manifest 1.0.1). */
export type AgentIdentification = {
  speakerUri: string
  serviceUrl: string
  synopsis: string
  organization?: string
  conversationalName?: string
  department?: string
  role?: string
  openFloorRoles?: { [role: string]: boolean }
}

/** Layers of dialog events that an agent takes and gives. */
export type SupportedLayers = { input: string[]; output: string[] }

/** One thing an agent can do. */
export type ManifestCapability = {
  keyphrases: string[]
  descriptions: string[]
  languages?: string[]
  /** Published manifests also have an array, which counts for both directions. */
  supportedLayers?: SupportedLayers | string[]
}

/**
 * A manifest as it may be given: the specification's, and what its published samples leave out.
 * Members that are not named here may be there.
 */
export type AssistantManifest = {
  identification: AgentIdentification
  capabilities: ManifestCapability[]
}

/** A manifest as the schema of Assistant Manifest 1.0.1 wants it. */
export interface StandardManifest {
  readonly identification: AgentIdentification & {
    readonly organization: string
    readonly conversationalName: string
  }
  readonly capabilities: readonly (ManifestCapability & {
    readonly supportedLayers: SupportedLayers
  })[]
}

/** What is wrong in a manifest, and where. */
export interface ManifestFault {
  /** Keys and indexes from the manifest down; empty for the manifest itself. */
  readonly path: readonly (string | number)[]
  readonly message: string
}

type Path = ManifestFault['path']
type Check = (value: unknown, path: Path) => ManifestFault[]

/** Capabilities of one manifest at most. */
export const manifestCapabilitiesMax = 50

/** Elements of one list of a manifest at most. */
export const manifestListMax = 200

/** Characters of one of its texts at most. */
export const manifestTextMax = 2_048

const fault = (path: Path, message: string): ManifestFault[] => [{ path, message }]

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isText: Check = (value, path) => {
  if (typeof value !== 'string') return fault(path, 'must be text')
  if (value.length <= manifestTextMax) return []
  return fault(path, `must be at most ${manifestTextMax} characters`)
}

const isFlag: Check = (value, path) =>
  (typeof value === 'boolean' ? [] : fault(path, 'must be true or false'))

const listOf = (check: Check, max: number): Check => (value, path) => {
  if (!Array.isArray(value)) return fault(path, 'must be an array')
  if (value.length > max) return fault(path, `must hold at most ${max}`)
  return value.flatMap((each, index) => check(each, [...path, index]))
}

const texts = listOf(isText, manifestListMax)

const membersOf = (check: Check): Check => (value, path) => {
  if (!isObject(value)) return fault(path, 'must be an object')
  return Object.entries(value).flatMap(([name, each]) => check(each, [...path, name]))
}

/** An object with these members; those marked by `?` may be missing, unknown ones may be there. */
const objectOf = (members: Readonly<Record<string, Check>>): Check => (value, path) => {
  if (!isObject(value)) return fault(path, 'must be an object')
  return Object.entries(members).flatMap(([marked, check]) => {
    const name = marked.replace('?', '')
    const member = Object.hasOwn(value, name) ? value[name] : undefined
    if (member !== undefined) return check(member, [...path, name])
    return marked.endsWith('?') ? [] : fault([...path, name], 'is required')
  })
}

const isLayers: Check = (value, path) => {
  if (Array.isArray(value)) return texts(value, path)
  if (isObject(value)) return objectOf({ input: texts, output: texts })(value, path)
  return fault(path, 'must be an object with input and output, or an array')
}

const isManifest = objectOf({
  'identification': objectOf({
    'speakerUri': isText,
    'serviceUrl': isText,
    'organization?': isText,
    'conversationalName?': isText,
    'department?': isText,
    'role?': isText,
    'synopsis': isText,
    'openFloorRoles?': membersOf(isFlag),
  }),
  'capabilities': listOf(objectOf({
    'keyphrases': texts,
    'descriptions': texts,
    'languages?': texts,
    'supportedLayers?': isLayers,
  }), manifestCapabilitiesMax),
})

/** Everything that is wrong in a manifest; nothing when it is right. */
export function manifestFaults(manifest: unknown): readonly ManifestFault[] {
  return isManifest(manifest, [])
}

/** `capabilities[0].keyphrases` below a place; the place itself for an empty path. */
export function placeIn(place: string, path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`
    return text === '' ? part.slice(0, 100) : `${text}.${part.slice(0, 100)}`
  }, place)
}

/** The layers that a capability takes and gives; without any it is text. */
export function layersOf({ supportedLayers }: ManifestCapability): SupportedLayers {
  if (supportedLayers === undefined) return { input: ['text'], output: ['text'] }
  if (!Array.isArray(supportedLayers)) return supportedLayers
  return { input: supportedLayers, output: supportedLayers }
}

/**
 * A manifest in the strict form of Assistant Manifest 1.0.1: what published ones leave out is
 * filled in, a list of layers becomes both directions; all else stays.
 */
export function standardManifest(manifest: AssistantManifest): StandardManifest {
  const { identification, capabilities } = manifest
  return {
    ...manifest,
    identification: {
      ...identification,
      organization: identification.organization ?? '',
      conversationalName: identification.conversationalName ?? identification.speakerUri,
    },
    capabilities: capabilities.map((capability) =>
      ({ ...capability, supportedLayers: layersOf(capability) })),
  }
}
