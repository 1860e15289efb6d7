import { createHash } from 'node:crypto'
import { layersOf, type AssistantManifest, type ManifestCapability } from './manifest.js'

/** What a term says of an agent. The first five belong to a capability of its manifest. */
export type TermKind =
  | 'keyphrase' | 'word' | 'language' | 'input' | 'output' | 'capability' | 'organization' | 'role'

/** A term by which an agent is found. */
export interface AgentTerm {
  /** As in `agent_terms`. */
  readonly capability: number
  readonly kind: TermKind
  readonly term: string
}

/** Terms of an agent at most, words aside. */
export const termsMax = 1_000

/** Words of an agent by which it is found; later ones are not. */
export const wordsMax = 500

const lengthMax = 100
const prefixLength = 60

/** One form for what means the same: compatible characters, lower case, single blanks. */
export function termOf(text: string): string {
  const plain = text.normalize('NFKC').toLowerCase().trim().replace(/\s+/gu, ' ')
  if (plain.length <= lengthMax) return plain
  // A term stands in an index, whose rows have a limit.
  const digest = createHash('sha256').update(plain).digest('base64url')
  return `${plain.slice(0, prefixLength)} ${digest}`.slice(0, lengthMax)
}

/** The distinct words of a text: letters, digits and marks that stand together. */
export function wordsOf(text: string): string[] {
  const words = text.normalize('NFKC').toLowerCase().match(/[\p{L}\p{N}\p{M}]+/gu) ?? []
  return [...new Set(words.map(termOf))]
}

/** A language tag and all it begins with: `en-us` is `en` as well. */
export function languagesOf(tag: string): string[] {
  const parts = termOf(tag).split(/[-_]/)
  return parts.map((_part, index) => parts.slice(0, index + 1).join('-'))
}

/** What an agent's terms are made of. */
export interface Described {
  readonly manifest: AssistantManifest | null
  readonly capabilities: readonly string[]
}

/** The terms of an agent, each once. */
export function termsOf({ manifest, capabilities }: Described): AgentTerm[] {
  const terms: AgentTerm[] = capabilities.map((name) =>
    ({ capability: 0, kind: 'capability', term: termOf(name) }))
  const words: AgentTerm[] = []
  if (manifest !== null) {
    const { organization, openFloorRoles = {} } = manifest.identification
    if (organization !== undefined) {
      terms.push({ capability: 0, kind: 'organization', term: termOf(organization) })
    }
    for (const [role, fulfils] of Object.entries(openFloorRoles)) {
      if (fulfils) terms.push({ capability: 0, kind: 'role', term: termOf(role) })
    }
    manifest.capabilities.forEach((capability, index) => {
      terms.push(...termsOfCapability(capability, index + 1))
      words.push(...wordsOfCapability(capability, index + 1))
    })
  }
  return [...distinct(terms), ...distinct(words).slice(0, wordsMax)]
}

function termsOfCapability(given: ManifestCapability, capability: number): AgentTerm[] {
  const of = (kind: TermKind, texts: readonly string[]): AgentTerm[] =>
    texts.map((term) => ({ capability, kind, term }))
  const { input, output } = layersOf(given)
  return [
    ...of('keyphrase', given.keyphrases.map(termOf)),
    ...of('language', (given.languages ?? []).flatMap(languagesOf)),
    ...of('input', input.map(termOf)),
    ...of('output', output.map(termOf)),
  ]
}

function wordsOfCapability(given: ManifestCapability, capability: number): AgentTerm[] {
  return [...given.keyphrases, ...given.descriptions].flatMap(wordsOf)
    .map((term) => ({ capability, kind: 'word', term }))
}

function distinct(terms: readonly AgentTerm[]): AgentTerm[] {
  const known = new Map(terms.map((each) =>
    [`${each.capability} ${each.kind} ${each.term}`, each]))
  return [...known.values()]
}
