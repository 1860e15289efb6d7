import { packWrites } from './body.js'
import { type WritesCall } from './put-calls.js'

/** A call of pending writes that stands in the database, or is written with what refers to it. */
export interface KnownWrites {
  /** Its number in the thread or, where it is not known yet, from the end of the batch. */
  readonly place: { readonly number: number } | { readonly remaining: number }
  /** As `packWrites` made them. */
  readonly bytes: Uint8Array
}

/** Fewer bytes are no gain; more are not within reach of what is compressed against them. */
export const sourceBytes = { min: 256, max: 24 * 1024 }

/** So many bytes of what is stored are looked for, from several places. */
const sampleLength = 24
const samplePlaces = [1 / 4, 1 / 2, 3 / 4]

/** A call as a source; undefined where it is none: sealed bytes open by themselves. */
export function sourceIn(
  { wrapping, put }: WritesCall, place: KnownWrites['place'],
): KnownWrites | undefined {
  if (wrapping.seals) return undefined
  const length = put.writes.reduce((sum, { value }) => sum + value.bytes.length, 0)
  if (length < sourceBytes.min || length > sourceBytes.max) return undefined
  const { taskId, whenWritten, writes } = put
  return { place, bytes: packWrites({ taskId, replaces: whenWritten === 'replace', writes }) }
}

/** The writes that bytes seem to come from. */
export function sourceOf(
  bytes: Uint8Array, candidates: readonly KnownWrites[],
): KnownWrites | undefined {
  if (bytes.length < sourceBytes.min || bytes.length > sourceBytes.max) return undefined
  const samples = samplePlaces.map((place) => {
    const at = Math.floor((bytes.length - sampleLength) * place)
    return bufferOf(bytes.subarray(at, at + sampleLength))
  })
  let [best, most]: [KnownWrites | undefined, number] = [undefined, 0]
  for (const candidate of candidates) {
    const within = bufferOf(candidate.bytes)
    const count = samples.filter((sample) => within.includes(sample)).length
    if (count > most) [best, most] = [candidate, count]
  }
  return best
}

const bufferOf = ({ buffer, byteOffset, length }: Uint8Array) =>
  Buffer.from(buffer, byteOffset, length)
