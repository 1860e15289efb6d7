import { type Stored } from '../database/columns.js'
import { pageLimitDefault, pageLimitMax } from '../database/page.js'
import { InvalidInput } from '../errors.js'
import { type AssistantManifest, manifestFaults, placeIn } from './manifest.js'
import { type AgentMetadata, agents } from './tables.js'
import { type AgentTerm, termsMax } from './terms.js'

/** Characters of a speaker URI at most. */
export const speakerUriLengthMax = 255

/** Characters of a service URL at most. */
export const serviceUrlLengthMax = 2_048

/** Agents of one organization at most, when nobody says. */
export const agentsMaxDefault = 1_000

/** How long an agent counts as online after a sign of life, when nobody says. */
export const ttlSecondsDefault = 120

/** And the least and the most. */
export const ttlSecondsMin = 1
export const ttlSecondsMax = 86_400

/** Names of capabilities beside the manifest at most, and characters of one. */
export const capabilitiesMax = 100
export const capabilityLengthMax = 255

/** Characters of JSON of a manifest, and of metadata, at most. */
export const manifestJsonMax = 65_536
export const metadataJsonMax = 16_384

/** An agent to register. */
export interface AgentRegistration {
  /** Any text of 1 to 255 characters; unique in the organization. */
  readonly speakerUri: string
  /** Where its envelopes go, http or https. @default the manifest's; null without one */
  readonly serviceUrl?: string | null | undefined
  /** What it is and can do (Assistant Manifest 1.0.1), kept as given. @default null */
  readonly manifest?: AssistantManifest | null | undefined
  /** Names of what it can do that no manifest tells: `web_search`, … @default [] */
  readonly capabilities?: readonly string[] | undefined
  /** Any JSON object of 16,384 characters at most. @default {} */
  readonly metadata?: AgentMetadata | undefined
  /** How long it counts as online after a sign of life, 1 to 86,400; null for ever. @default 120 */
  readonly ttlSeconds?: number | null | undefined
}

/** What is kept of a registration, in stored form. */
export interface StoredRegistration {
  readonly service_url: Stored<'text'> | null
  readonly manifest: Stored<'json'>
  readonly capabilities: Stored<'json'>
  readonly metadata: Stored<'json'>
  readonly ttl_ms: Stored<'integer'> | null
}

const { columns } = agents

function require(condition: boolean, field: string, rule: string): void {
  if (!condition) throw new InvalidInput(`${field} ${rule}`, { field })
}

/** The stored form of an agent's name. Throws InvalidInput. */
export function speakerOf(uri: string, field = 'speaker_uri'): Stored<'text'> {
  const isUri = typeof uri === 'string' && uri.length >= 1 && uri.length <= speakerUriLengthMax
  require(isUri, field, `must be 1 to ${speakerUriLengthMax} characters`)
  return columns.speakerUri.encode(uri, field)
}

/** The stored form of a registration. Throws InvalidInput, InvalidValue. */
export function registrationOf(given: AgentRegistration): StoredRegistration {
  const { manifest = null, capabilities = [], metadata = {} } = given
  if (manifest !== null) checkManifest(manifest, given.speakerUri)
  checkCapabilities(capabilities)
  const isObject = typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata)
  require(isObject, 'metadata', 'must be a JSON object')
  const stored = {
    service_url: serviceUrlOf(given, manifest),
    manifest: columns.manifest.encode(manifest, 'manifest'),
    capabilities: columns.capabilities.encode([...new Set(capabilities)], 'capabilities'),
    metadata: columns.metadata.encode(metadata, 'metadata'),
    ttl_ms: ttlMsOf(given.ttlSeconds),
  }
  require(stored.manifest.length <= manifestJsonMax, 'manifest',
    `must be at most ${manifestJsonMax} characters of JSON`)
  require(stored.metadata.length <= metadataJsonMax, 'metadata',
    `must be at most ${metadataJsonMax} characters of JSON`)
  return stored
}

/** Refuses terms that are too many. */
export function checkTerms(terms: readonly AgentTerm[]): void {
  const count = terms.filter(({ kind }) => kind !== 'word').length
  require(count <= termsMax, 'manifest.capabilities',
    `must hold at most ${termsMax} keyphrases, languages and layers in all`)
}

function checkManifest(manifest: AssistantManifest, speakerUri: string): void {
  const faults = manifestFaults(manifest)
  if (faults.length > 0) {
    const told = faults.slice(0, 20).map(({ path, message }) =>
      `${placeIn('manifest', path)} ${message}`)
    throw new InvalidInput(told.join('; '), { field: placeIn('manifest', faults[0]!.path) })
  }
  require(manifest.identification.speakerUri === speakerUri, 'manifest.identification.speakerUri',
    'must be the speaker_uri under which the agent is registered')
}

function serviceUrlOf(
  { serviceUrl }: AgentRegistration, manifest: AssistantManifest | null,
): Stored<'text'> | null {
  const given = serviceUrl === undefined ? manifest?.identification.serviceUrl : serviceUrl
  const isFromManifest = serviceUrl === undefined && manifest !== null
  const field = isFromManifest ? 'manifest.identification.serviceUrl' : 'service_url'
  if (given === undefined || given === null) return null
  require(typeof given === 'string' && given.length <= serviceUrlLengthMax, field,
    `must be at most ${serviceUrlLengthMax} characters`)
  const url = URL.canParse(given) ? new URL(given) : undefined
  require(url?.protocol === 'http:' || url?.protocol === 'https:', field,
    'must be an http or https URL')
  require(url!.username === '' && url!.password === '', field,
    'must hold no user and no password: everybody here may read it')
  return columns.serviceUrl.encode(given, field)
}

function checkCapabilities(names: readonly string[]): void {
  require(Array.isArray(names) && names.length <= capabilitiesMax, 'capabilities',
    `must be an array of at most ${capabilitiesMax}`)
  names.forEach((name, index) => {
    const isName = typeof name === 'string' && name.length >= 1 &&
      name.length <= capabilityLengthMax
    require(isName, `capabilities[${index}]`, `must be 1 to ${capabilityLengthMax} characters`)
  })
}

function ttlMsOf(seconds: number | null = ttlSecondsDefault): Stored<'integer'> | null {
  if (seconds === null) return null
  const isTime = typeof seconds === 'number' && seconds >= ttlSecondsMin &&
    seconds <= ttlSecondsMax
  require(isTime, 'ttl_seconds',
    `must be null or a number from ${ttlSecondsMin} to ${ttlSecondsMax}`)
  return columns.ttlMs.encode(Math.ceil(seconds * 1_000), 'ttl_seconds')
}

/** Refuses a page size outside 1 to 200. */
export function limitOf(limit: number = pageLimitDefault): number {
  const isRight = Number.isInteger(limit) && limit >= 1 && limit <= pageLimitMax
  require(isRight, 'limit', `must be an integer from 1 to ${pageLimitMax}`)
  return limit
}

/** Agents asked for at once at most. */
export const agentsOfCallMax = 1_000
