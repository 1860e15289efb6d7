import { type Rate } from '../identity/index.js'
import { UsageFailure } from './failure.js'

/** `600/60` is 600 calls in any 60 seconds, `none` no limit; undefined stays undefined. */
export function rateFrom(text: string | undefined): Rate | null | undefined {
  if (text === undefined) return undefined
  if (text === 'none') return null
  const match = /^(\d{1,7})\/(\d{1,5})$/.exec(text)
  if (match !== null) return { limit: Number(match[1]), windowSeconds: Number(match[2]) }
  throw new UsageFailure(`--rate-limit must be calls/seconds such as 600/60, or none, not ${text}`)
}
