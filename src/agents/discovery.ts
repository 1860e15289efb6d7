import { type Expression, type RawBuilder, sql } from 'kysely'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { cursorOf, keyOf, type Page, pageOf, type PageRequest } from '../database/page.js'
import { InvalidInput } from '../errors.js'
import { agentOf } from './agent.js'
import { limitOf } from './rules.js'
import { type Agent, agents, agentTerms, type AgentTables } from './tables.js'
import { type TermKind, termOf, wordsOf } from './terms.js'

/** Points for a keyphrase that an agent has as it was asked for; for one of its words. */
const keyphrasePoints = 10
const wordPoints = 1

/** Values of one criterion at most, and characters of one. */
export const criterionMax = 20
export const criterionLengthMax = 255

/** Which agents are looked for: only online ones, that meet every criterion. */
export interface AgentSearch extends PageRequest {
  /** At least one of these, or a word of one, in a capability; more of them rank higher. */
  readonly keyphrases?: readonly string[] | undefined
  /** The same capability in at least one of these; `en` finds `en-us`. */
  readonly languages?: readonly string[] | undefined
  /** The same capability takes all of these: `text`, `audio`, … */
  readonly inputLayers?: readonly string[] | undefined
  /** The same capability gives all of these. */
  readonly outputLayers?: readonly string[] | undefined
  /** The agent has all of these beside its manifest: `web_search`, … */
  readonly capabilities?: readonly string[] | undefined
  /** The agent fulfils all of these: `convener`, `discovery`, … */
  readonly roles?: readonly string[] | undefined
  /** The agent's manifest names this organization. */
  readonly organization?: string | undefined
}

/** An agent that was found. */
export type FoundAgent = Agent & {
  /** Points for what was asked for; 0 where no keyphrases were. */
  readonly score: number
}

type Condition = RawBuilder<unknown>

const { columns } = agents
const every = <T>(list: readonly T[]): readonly T[] => [...new Set(list)]

/** The distinct terms of a criterion. Throws InvalidInput. */
function termsAsked(given: readonly string[] = [], field: string): readonly string[] {
  const isList = Array.isArray(given) && given.length <= criterionMax
  if (!isList) throw refused(field, `must be an array of at most ${criterionMax}`)
  given.forEach((each, index) => {
    if (typeof each === 'string' && each.length <= criterionLengthMax) return
    throw refused(`${field}[${index}]`, `must be at most ${criterionLengthMax} characters`)
  })
  return every(given.map(termOf))
}

const refused = (field: string, rule: string) => new InvalidInput(`${field} ${rule}`, { field })

/** A search whose terms are in the form in which they are kept. */
function askedOf(search: AgentSearch) {
  const { organization } = search
  return {
    keyphrase: termsAsked(search.keyphrases, 'keyphrases'),
    word: every((search.keyphrases ?? []).flatMap(wordsOf)),
    language: termsAsked(search.languages, 'languages').map((tag) => tag.replaceAll('_', '-')),
    input: termsAsked(search.inputLayers, 'input_layers'),
    output: termsAsked(search.outputLayers, 'output_layers'),
    capability: termsAsked(search.capabilities, 'capabilities'),
    role: termsAsked(search.roles, 'roles'),
    organization: termsAsked(organization === undefined ? [] : [organization], 'organization'),
  } satisfies Record<TermKind, readonly string[]>
}

type Asked = ReturnType<typeof askedOf>

/** One page of the agents that meet a search, the best first. Throws InvalidInput. */
export async function discoverAgents(
  database: Database<AgentTables>, organizationId: Stored<'id'>, search: AgentSearch,
): Promise<Page<FoundAgent>> {
  const asked = askedOf(search)
  const limit = limitOf(search.limit)
  const list = ['agent discovery', organizationId, asked]
  const ranks = ranksOf(organizationId, asked)
  const score = ranks === undefined ? sql`0` : sql`r.score`
  const conditions: Condition[] = [
    sql`a.organization_id = ${organizationId}`,
    sql`(a.expires_at is null or a.expires_at > ${database.engine.now()})`,
    ...ofWholeAgent(organizationId, asked),
  ]
  if (search.cursor !== undefined) conditions.push(behind(keyOf(list, search.cursor), score))
  const query = sql<Record<string, unknown>>`
    select a.*, ${score} as score, 1 as online
    from agents a ${ranks === undefined ? sql`` : sql`
      join (${ranks}) as r on r.speaker_uri = a.speaker_uri`}
    where ${sql.join(conditions, sql` and `)}
    order by score desc, a.speaker_uri limit ${limit + 1}`.compile(database.write)
  const { rows } = await database.execute({ ...query, readOnly: true })
  const found = rows.map((row) => ({ ...agentOf(row), score: Number(row.score) }))
  return pageOf(found, limit, (last) => cursorOf(list, [last.score, last.speakerUri]))
}

/** What stands behind a place. */
function behind([points, uri]: readonly (string | number)[], score: Expression<unknown>) {
  const place = columns.revision.encode(Number(points), 'cursor')
  const speaker = columns.speakerUri.encode(String(uri), 'cursor')
  return sql`(${score} < ${place} or (${score} = ${place} and a.speaker_uri > ${speaker}))`
}

/** Points of each agent that has a capability which meets all criteria; undefined without any. */
function ranksOf(organizationId: Stored<'id'>, asked: Asked): Condition | undefined {
  const kinds = (['keyphrase', 'word', 'language', 'input', 'output'] as const)
    .filter((kind) => asked[kind].length > 0)
  if (kinds.length === 0) return undefined
  const any = sql.join(kinds.map((kind) => isOneOf(kind, asked[kind])), sql` or `)
  return sql`
    select c.speaker_uri, max(c.score) as score from (
      select t.speaker_uri, ${points} as score from agent_terms t
      where t.organization_id = ${organizationId} and (${any})
      group by t.speaker_uri, t.capability
      having ${sql.join(havingOf(asked), sql` and `)}) as c
    group by c.speaker_uri`
}

const points = sql`sum(case t.kind when 'keyphrase' then ${sql.lit(keyphrasePoints)}
  when 'word' then ${sql.lit(wordPoints)} else 0 end)`

const countOf = (...kinds: readonly TermKind[]) => sql`sum(case when t.kind in (
  ${sql.join(kinds.map((kind) => sql.lit(kind)))}) then 1 else 0 end)`

function havingOf({ keyphrase, word, language, input, output }: Asked): Condition[] {
  return [
    ...(keyphrase.length + word.length > 0 ? [sql`${countOf('keyphrase', 'word')} > 0`] : []),
    ...(language.length > 0 ? [sql`${countOf('language')} > 0`] : []),
    ...(input.length > 0 ? [sql`${countOf('input')} = ${sql.lit(input.length)}`] : []),
    ...(output.length > 0 ? [sql`${countOf('output')} = ${sql.lit(output.length)}`] : []),
  ]
}

/** The term is of a kind, and one of these. */
function isOneOf(kind: TermKind, terms: readonly string[]): Condition {
  const stored = terms.map((term) => agentTerms.columns.term.encode(term))
  return sql`(t.kind = ${sql.lit(kind)} and t.term in (${sql.join(stored)}))`
}

/** What holds of the agent, whichever of its capabilities is meant. */
function ofWholeAgent(organizationId: Stored<'id'>, asked: Asked): Condition[] {
  return (['capability', 'role', 'organization'] as const).flatMap((kind) =>
    asked[kind].map((term) => sql`exists (
      select 1 from agent_terms t
      where t.organization_id = ${organizationId} and t.speaker_uri = a.speaker_uri
        and t.capability = 0 and ${isOneOf(kind, [term])})`))
}
