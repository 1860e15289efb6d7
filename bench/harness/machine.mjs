import { cpus, totalmem } from 'node:os'

/** What the figures depend on, for the record. */
export function machineFacts() {
  return {
    cores: cpus().length,
    processor: cpus()[0]?.model,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
  }
}

const lookMs = 100
const busyShareMax = 0.15

/**
 * Waits until the rest of the machine leaves the processors alone, at most `patienceMs`; the share
 * of them that was busy at the end. To be called while no variant runs.
 */
export async function untilQuiet(patienceMs) {
  for (const deadline = Date.now() + patienceMs; ; ) {
    const before = processorTimes()
    await new Promise((done) => setTimeout(done, lookMs))
    const after = processorTimes()
    const busy = 1 - (after.idle - before.idle) / (after.all - before.all)
    if (busy <= busyShareMax || Date.now() >= deadline) return busy
  }
}

function processorTimes() {
  const times = cpus().map((each) => each.times)
  const idle = times.reduce((sum, each) => sum + each.idle, 0)
  const all = times.reduce(
    (sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0)
  return { idle, all }
}
