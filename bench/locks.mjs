/**
 * `node bench/locks.mjs [database …]`: contenders for one lock, each holding it for 5 ms; and
 * pairs of taking and releasing locks that nobody else wants. Needs a build; makes an organization.
 */
import { openHoldfast } from '../dist/index.js'

const contenders = 16
const holdMs = 5
const forMs = 4_000
const pairsForMs = 1_500
const databases = process.argv.slice(2)

async function contend(locks) {
  const waits = []
  const turns = Array.from({ length: contenders }, () => 0)
  let heldMs = 0
  let overlaps = 0
  let holders = 0
  const endMs = performance.now() + forMs
  const contender = async (_, index) => {
    while (performance.now() < endMs) {
      const askedMs = performance.now()
      const lock = await locks.acquire('contended', { waitMs: 60_000 })
      const takenMs = performance.now()
      waits.push(takenMs - askedMs)
      if ((holders += 1) > 1) overlaps += 1
      await new Promise((done) => setTimeout(done, holdMs))
      holders -= 1
      heldMs += performance.now() - takenMs
      turns[index] += 1
      await lock.release()
    }
  }
  await Promise.all(turns.map(contender))
  const mean = waits.reduce((sum, each) => sum + each, 0) / waits.length
  return {
    acquisitions: waits.length,
    ofIdeal: (waits.length / (forMs / holdMs)).toFixed(3),
    holdMs: (heldMs / waits.length).toFixed(2),
    handoverMs: ((forMs - heldMs) / waits.length).toFixed(2),
    longestToMean: (Math.max(...waits) / mean).toFixed(2),
    turns: [Math.min(...turns), Math.max(...turns)],
    overlaps,
  }
}

async function pairs(locks, callers) {
  let count = 0
  const endMs = performance.now() + pairsForMs
  await Promise.all(Array.from({ length: callers }, async (_, index) => {
    while (performance.now() < endMs) {
      const lock = await locks.tryAcquire(`own ${index}`)
      await lock.release()
      count += 1
    }
  }))
  return Math.round((count * 1_000) / pairsForMs)
}

for (const database of databases.length === 0 ? ['memory:'] : databases) {
  const holdfast = await openHoldfast({ database })
  const { id } = await holdfast.organizations.create({ name: 'Bench' })
  const { locks } = holdfast.organization(id)
  const pairsPerSecond = { alone: await pairs(locks, 1), by16: await pairs(locks, 16) }
  const figures = { ...await contend(locks), pairsPerSecond }
  console.log(JSON.stringify({ engine: holdfast.backend.engine.name, ...figures }))
  await holdfast.close()
}
