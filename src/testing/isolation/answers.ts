import { type Answer } from '../http.js'

const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi
const moment = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,6}Z/g
/** Members that tell how much time has passed. */
const age = /"oldest_ready_seconds":[\d.]+/g
/** Holds a row's key, which is its owner's own; that there is one counts. */
const cursor = /"next_cursor":"[^"]+"/g
/** The head of a random id, in a slug that nobody chose. */
const slugEnd = /("slug":"[^"]*)-[0-9a-f]{6}(?=")/g
/** Made from what is in a log, and of no use to who does not know that. */
const seal = /(\\?")(hash|signature|email_hash)\1:\1[^"\\]+\1/g
const token = /hf_[a-z]+_[0-9A-Za-z]{36}/g

/** A revision that is made of the time. */
const clocked = /\b1\d{12}\b/g
/** Bytes as they are packed: other ids pack otherwise. */
const packed = /"stored_bytes":\d+/g

/** Headers that differ from answer to answer, or follow from the body. */
const passing = new Set(['date', 'request-id', 'content-length', 'connection', 'keep-alive'])

/**
 * Everything an answer tells, without what the caller said itself and what is new in every
 * answer: two answers that tell the same are equal texts.
 */
export function toldBy(answer: Answer, said: readonly string[]): string {
  const headers = Object.entries(answer.headers).filter(([name]) => !passing.has(name))
    .map(([name, value]) => [name, name === 'retry-after' ? '<seconds>' : value]).sort()
  const text = unsaid(`${JSON.stringify(headers)}\n${answer.text}`, [
    ...said, String(answer.headers['request-id']),
  ])
  const told = text.replace(uuid, '<id>').replace(moment, '<moment>')
    .replace(slugEnd, '$1-<id>').replace(seal, '$1$2$1:$1<seal>$1')
    .replace(token, '<token>').replace(age, '<age>').replace(cursor, '<cursor>')
    .replace(clocked, '<ms>').replace(packed, '"stored_bytes":<size>')
  return `${answer.status} ${told}`
}

/** Where two tellings part, with a little of each. */
export function differenceOf(one: string, other: string): string {
  let at = 0
  while (at < one.length && one[at] === other[at]) at += 1
  const around = (text: string) => text.slice(Math.max(0, at - 80), at + 120)
  return `tells …${around(one)}…\nand not …${around(other)}…`
}

/** The text without the caller's own words, as they are and as JSON or a path writes them. */
function unsaid(text: string, said: readonly string[]): string {
  const forms = said.flatMap((each) => [each, encodeURIComponent(each), each.toLowerCase()])
  const longestFirst = [...new Set(forms)].sort((a, b) => b.length - a.length)
  return longestFirst.reduce(
    (rest, form) => (form === '' ? rest : rest.replaceAll(form, '<said>')), text)
}

/** What nobody but its owner may see. */
export interface Private {
  readonly words: readonly string[]
  readonly ids: ReadonlySet<string>
}

/** What an answer holds of somebody else's, beyond what the caller said; undefined for nothing. */
export function leakIn(
  answer: Answer,
  said: readonly string[],
  others: readonly Private[],
): string | undefined {
  const { next_cursor: next } = (answer.body ?? {}) as { next_cursor?: string | null }
  const inside = next == null ? '' : Buffer.from(next, 'base64url').toString()
  const text = unsaid(`${JSON.stringify(answer.headers)}\n${answer.text}\n${inside}`, said)
  for (const { words, ids } of others) {
    const word = words.find((each) => text.includes(each))
    if (word !== undefined) return `holds the word ${word}`
    const seen = text.match(uuid)?.find((id) => ids.has(id.toLowerCase()))
    if (seen !== undefined) return `holds the id ${seen}`
  }
  return undefined
}
