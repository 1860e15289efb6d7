import { type Answer, brokenPromise, type Promised } from '../http.js'
import { wireAnswer } from '../raw.js'
import { type Draft, targetOf } from './drafts.js'
import { liesIn, type Mutated } from './mutation.js'

/** What an answer is held against. */
export interface Judging extends Promised {
  /** Words of a stranger, which no answer may hold. */
  readonly strangerSecret: string
}

/** One request and what came back. */
export interface Outcome {
  readonly draft: Draft
  /** Undefined for a request nobody touched, or touched more than once. */
  readonly mutated: Mutated | undefined
  readonly answer: Answer
}

/** Statuses whose problem must name the fault. */
const naming = new Set([400, 413, 415, 422, 431])

/** What is wrong with the answer to a request over HTTP; undefined when nothing is. */
export function faultIn(outcome: Outcome, judging: Judging): string | undefined {
  const { draft, answer, mutated } = outcome
  if (answer.status >= 500) return 'the server failed'
  if (answer.text.includes(judging.strangerSecret)) return 'shows a stranger’s words'
  const broken = brokenPromise({ method: draft.method, path: targetOf(draft) }, answer, judging)
  if (broken !== undefined || mutated === undefined) return broken
  return wrongVerdict(outcome, mutated, judging) ?? wrongPlace(answer, draft, mutated)
}

function wrongVerdict({ draft, answer }: Outcome, { verdict }: Mutated, { endpoints }: Promised) {
  const { operationId } = draft.operation
  const endpoint = endpoints.find((each) => each.operationId === operationId)
  if (verdict === 'served' && answer.status !== endpoint?.status) return 'should have been served'
  return verdict === 'refused' && answer.status < 400 ? 'should have been refused' : undefined
}

function wrongPlace({ status, body }: Answer, { method }: Draft, { places }: Mutated) {
  if (!naming.has(status) || method === 'HEAD') return undefined
  const errors = (body.errors ?? []) as { field: string }[]
  if (errors.length === 0) return 'names no field'
  const astray = errors.find(({ field }) => !liesIn(field, places))
  return astray && `names ${astray.field}, though the fault is in ${places.join(', ')}`
}

/** What is wrong with all that came back over one connection; undefined when nothing is. */
export function faultOnWire(
  draft: Draft,
  mutated: Mutated | undefined,
  { text, judging }: { text: string; judging: Judging },
): string | undefined {
  const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status))
  if (statuses.some((status) => status >= 500)) return 'the server failed'
  if (text.includes(judging.strangerSecret)) return 'shows a stranger’s words'
  const verdict = mutated?.verdict ?? 'any'
  if (text === '') return verdict === 'any' ? undefined : 'got no answer'
  const { status, body, head } = wireAnswer(text)
  if (verdict === 'refused' && status < 400) return 'should have been refused'
  if (verdict === 'served' && status >= 400) return 'should have been served'
  if (status < 400 || draft.method === 'HEAD') return undefined
  return /content-type: application\/problem\+json/i.test(head) && /"code":"\w+"/.test(body)
    ? undefined
    : 'is no problem'
}
