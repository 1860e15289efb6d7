/** Buckets up to a power of two: each is at most a sixteenth as wide as what it holds. */
const parts = 16
const partBits = 4

/** The longest duration: 24.8 days, in milliseconds. */
export const durationMsMax = 2 ** 31 - 1

/**
 * The bucket of a duration in whole milliseconds. Below 32 each has its own; above, sixteen share
 * each power of two. Buckets rise with durations, are the same for ever, and their counts add up.
 */
export function bucketOf(durationMs: number): number {
  if (durationMs < parts) return durationMs
  const exponent = 31 - Math.clz32(durationMs)
  const width = exponent - partBits
  return parts * (width + 1) + ((durationMs >> width) & (parts - 1))
}

/** The duration that stands for a bucket: its middle, off by a 32nd of the true one at most. */
export function durationOf(bucket: number): number {
  if (bucket < parts) return bucket
  const width = Math.floor(bucket / parts) - 1
  const lowest = (parts + bucket % parts) * 2 ** width
  return lowest + Math.floor((2 ** width - 1) / 2)
}

/** How often each bucket occurred. */
export type Buckets = ReadonlyMap<number, number>

/**
 * The duration that a share of all does not exceed, by nearest rank: of 100, the 95th for 0.95.
 * Undefined of none.
 */
export function percentileOf(buckets: Buckets, share: number): number | undefined {
  const total = [...buckets.values()].reduce((sum, count) => sum + count, 0)
  const rank = Math.max(1, Math.ceil(share * total))
  let seen = 0
  for (const [bucket, count] of [...buckets].sort(([a], [b]) => a - b)) {
    seen += count
    if (seen >= rank) return durationOf(bucket)
  }
  return undefined
}
