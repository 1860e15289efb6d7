/** One call to a limiter, at a moment of a virtual clock. */
export interface Arrival {
  readonly atUs: number
  readonly cost: number
}

export interface Traffic {
  readonly name: string
  /** The part of what an exact log admits that is admitted at least when parts are counted. */
  readonly leastUsed: number
  arrivals(limit: number, lengthUs: number): Arrival[]
}

/** Numbers from 0 to 1, the same for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const startUs = 1_700_000_000_000_000

const one = (atUs: number, cost = 1): Arrival => ({ atUs: Math.floor(startUs + atUs), cost })

/** Random arrivals at `rate` times what the limit admits, with costs up to `costMax`. */
function poisson(rate: number, costMax: number) {
  return (limit: number, lengthUs: number): Arrival[] => {
    const random = seeded(limit * 31 + costMax)
    const found: Arrival[] = []
    const meanCost = (1 + costMax) / 2
    for (let atUs = 0; atUs < 12 * lengthUs;) {
      atUs += (-Math.log(1 - random()) * lengthUs * meanCost) / (limit * rate)
      found.push(one(atUs, 1 + Math.floor(random() * costMax)))
    }
    return found
  }
}

/** Attacks and loads known to make limiters admit too much, or too little. */
export const traffics: readonly Traffic[] = [
  {
    name: 'a burst on both sides of a boundary',
    leastUsed: 0.6,
    arrivals: (limit, lengthUs) =>
      [0.999, 1.001, 1.5, 1.999, 2.001, 2.9995, 3.0005].flatMap((at) =>
        Array.from({ length: limit }, (_, index) => one(at * lengthUs + index))),
  },
  {
    name: 'a steady hammer',
    leastUsed: 0.99,
    arrivals: (limit, lengthUs) => Array.from({ length: 6 * 6 * limit }, (_, index) =>
      one((index * lengthUs) / (6 * limit))),
  },
  { name: 'random arrivals at twice the limit', leastUsed: 0.99, arrivals: poisson(2, 1) },
  { name: 'random arrivals at nine tenths of it', leastUsed: 0.99, arrivals: poisson(0.9, 1) },
  { name: 'random costs at twice the limit', leastUsed: 0.98, arrivals: poisson(2, 9) },
  {
    name: 'bursts of agents',
    leastUsed: 0.98,
    arrivals(limit, lengthUs) {
      const random = seeded(limit)
      return Array.from({ length: 60 }, () => random() * 15 * lengthUs)
        .flatMap((startsUs) => Array.from({ length: Math.ceil(limit / 2) }, () =>
          one(startsUs + (random() * lengthUs) / 20)))
        .sort((a, b) => a.atUs - b.atUs)
    },
  },
]

/** Most units in any window of this length, which holds its first moment but not its last. */
export function mostInAnyWindow(admitted: readonly Arrival[], lengthUs: number): number {
  let [most, inside, from] = [0, 0, 0]
  for (const { atUs, cost } of admitted) {
    inside += cost
    while (admitted[from]!.atUs + lengthUs <= atUs) inside -= admitted[from++]!.cost
    most = Math.max(most, inside)
  }
  return most
}

/** What a log of every single unit admits of these arrivals. */
export function exactly(arrivals: readonly Arrival[], limit: number, lengthUs: number): Arrival[] {
  const admitted: Arrival[] = []
  let [inside, from] = [0, 0]
  for (const arrival of arrivals) {
    while (from < admitted.length && admitted[from]!.atUs + lengthUs <= arrival.atUs) {
      inside -= admitted[from++]!.cost
    }
    if (inside + arrival.cost > limit) continue
    inside += arrival.cost
    admitted.push(arrival)
  }
  return admitted
}

export const unitsOf = (arrivals: readonly Arrival[]): number =>
  arrivals.reduce((sum, { cost }) => sum + cost, 0)
