import { Histogram } from './histogram.mjs'
import { untilQuiet } from './machine.mjs'
import { median, shuffled } from './statistics.mjs'

/**
 * Runs a bench: at each number of callers every variant in every round, in random order and short
 * slices, so that whatever else the machine does falls on all of them. Rounds are compared with
 * themselves only; the first warms up and is dropped.
 */
export async function runBench(bench, options) {
  const stage = await bench.setUp(options)
  try {
    const variants = await opened(chosen(stage.variants, options), options)
    await warmedUp(variants, { bench, stage, options })
    const points = []
    for (const callers of options.callers ?? stage.callers ?? bench.callers) {
      points.push({ callers, rows: await measure(variants, { bench, stage, callers, options }) })
    }
    for (const variant of variants) await closed(variant)
    const missing = variants.filter(({ missing }) => missing !== undefined)
    return {
      bench: bench.name,
      base: bench.base,
      facts: { ...stage.facts, ...factsOf(variants) },
      about: variants.map(({ name, about }) => ({ name, about })),
      missing: missing.map(({ name, missing: reason }) => ({ name, reason })),
      notes: stage.notes ?? [],
      points,
    }
  } finally {
    for (const variant of stage.variants) await closed(variant)
    await stage.tearDown()
  }
}

/** Programs that run for long have their code compiled, also those of a lone caller. */
async function warmedUp(variants, { bench, stage, options }) {
  if (bench.warmUp === undefined) return
  const warming = { ...options, rounds: 3 }
  await measure(variants, { bench, stage, callers: bench.warmUp, options: warming })
}

function chosen(variants, { only }) {
  return only === undefined ? variants : variants.filter(({ name }) => only.includes(name))
}

async function opened(variants, { report }) {
  for (const variant of variants) {
    report(`Opening ${variant.name} ...`)
    await guarded(variant, () => variant.open())
  }
  return variants
}

/** Closing is where a variant proves that what it answered is stored. */
async function closed(variant) {
  if (variant.closed) return
  variant.closed = true
  await guarded(variant, () => variant.close())
}

/** A variant that cannot run is told of and left out; the others go on. */
async function guarded(variant, work) {
  try {
    return await work()
  } catch (error) {
    variant.missing ??= error.message
    return undefined
  }
}

async function measure(variants, { bench, stage, callers, options }) {
  const { rounds, sliceMs, patienceMs, report } = options
  const present = variants.filter((variant) => variant.callers?.includes(callers) ?? true)
  const slices = new Map(present.map((variant) => [variant, []]))
  const running = () => present.filter(({ missing }) => missing === undefined)
  for (const variant of running()) await guarded(variant, () => variant.enter(callers))
  for (let round = 0; round < rounds; round++) {
    report(`${bench.name}, ${callers} callers, round ${round + 1} of ${rounds}`)
    for (const variant of shuffled(running())) {
      const busyBefore = await untilQuiet(patienceMs)
      const slice = await guarded(variant, () => metered(stage, () =>
        variant.slice(callers, sliceMs)))
      if (slice !== undefined) slices.get(variant).push({ ...slice, busyBefore })
    }
  }
  for (const variant of present) await guarded(variant, () => variant.leave())
  const kept = running().map((variant) => ({
    name: variant.name,
    slices: slices.get(variant).slice(rounds > 1 ? 1 : 0),
  }))
  return summed(kept, bench.base)
}

/**
 * The servers work for one variant at a time, so what they use meanwhile is its own; one that
 * measures a part of its slice says itself what they used in it.
 */
async function metered({ cpuMs = () => undefined }, slice) {
  const before = cpuMs()
  const result = await slice()
  const after = cpuMs()
  return before === undefined || after === undefined
    ? result
    : { serverCpuMs: after - before, ...result }
}

function summed(kept, baseName) {
  const base = kept.find(({ name }) => name === baseName)
  return kept.map(({ name, slices }) => {
    const rates = slices.map(({ operations, elapsedMs }) => (operations * 1000) / elapsedMs)
    const all = slices.reduce((sum, { histogram }) => sum.merge(histogram), new Histogram())
    const costs = slices.map(({ cpuMs, operations }) => (cpuMs * 1000) / operations)
    const serverCosts = slices.map(
      ({ serverCpuMs, operations }) => (serverCpuMs * 1000) / operations)
    const ratios = base === undefined ? [] : ratiosOf(slices, base.slices)
    return {
      name,
      rates,
      rate: median(rates),
      ratios,
      ratio: median(ratios),
      p50: all.quantile(0.5),
      p95: all.quantile(0.95),
      p99: all.quantile(0.99),
      busyBefore: Math.max(...slices.map((slice) => slice.busyBefore)),
      p50s: slices.map(({ histogram }) => histogram.quantile(0.5)),
      p95s: slices.map(({ histogram }) => histogram.quantile(0.95)),
      figures: figuresOf(slices),
      cpuMicroseconds: costs.every(Number.isFinite) ? median(costs) : null,
      serverMicroseconds: serverCosts.every(Number.isFinite) ? median(serverCosts) : null,
    }
  })
}

function ratiosOf(slices, baseSlices) {
  const rate = ({ operations, elapsedMs }) => operations / elapsedMs
  return slices.map((slice, round) => rate(slice) / rate(baseSlices[round]))
}

/** What a variant counts besides calls and their times: the median of its slices, by name. */
function figuresOf(slices) {
  const names = Object.keys(slices[0]?.figures ?? {})
  return Object.fromEntries(
    names.map((name) => [name, median(slices.map(({ figures }) => figures[name]))]))
}

function factsOf(variants) {
  return { variants: Object.fromEntries(variants.map(({ name, facts }) => [name, facts])) }
}

/**
 * Each target with what was measured. `variant` beside `base` in the same round: `least` for the
 * ratio of calls a second, `most` for the ratio of 95th percentiles, or of `quantile` 'p50'. With
 * `figure` it is that figure of the variant alone. Undefined when not measured.
 */
export function judge(targets, { points }) {
  return targets.map((target) => {
    const rows = points.find(({ callers }) => callers === target.at)?.rows ?? []
    const ratio = measured(target, rows)
    if (ratio === undefined) return { ...target }
    const reached = target.most === undefined ? ratio >= target.least : ratio <= target.most
    return { ...target, ratio, reached }
  })
}

function measured({ variant, base, figure, most, quantile = 'p95' }, rows) {
  const [ours, theirs] = [variant, base].map((name) => rows.find((row) => row.name === name))
  if (figure !== undefined) return ours?.figures[figure]
  if (ours === undefined || theirs === undefined) return undefined
  const measure = most === undefined ? 'rates' : `${quantile}s`
  return median(ours[measure].map((value, round) => value / theirs[measure][round]))
}
