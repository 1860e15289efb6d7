/** Ratio of neighbouring bucket borders: quantiles are right within 2 %. */
const growth = Math.log(1.02)

/** Latencies in buckets whose width grows with the value; cheap to fill, to send and to merge. */
export class Histogram {
  #counts = new Map()
  #total = 0

  /** Adds one latency. */
  add(milliseconds, times = 1) {
    const microseconds = Math.max(1, milliseconds * 1000)
    this.#put(Math.floor(Math.log(microseconds) / growth), times)
  }

  merge(other) {
    for (const [bucket, times] of other.#counts) this.#put(bucket, times)
    return this
  }

  /** The latency in milliseconds that this share of calls stayed within; null when empty. */
  quantile(share) {
    let rest = share * this.#total
    for (const bucket of [...this.#counts.keys()].sort((a, b) => a - b)) {
      rest -= this.#counts.get(bucket)
      if (rest <= 0) return Math.exp((bucket + 0.5) * growth) / 1000
    }
    return null
  }

  toJSON() {
    return [...this.#counts]
  }

  static from(pairs) {
    const histogram = new Histogram()
    for (const [bucket, times] of pairs) histogram.#put(bucket, times)
    return histogram
  }

  #put(bucket, times) {
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + times)
    this.#total += times
  }
}
