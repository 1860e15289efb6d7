// Records numbered events and rolls them up at the same time, until it is killed.
const [library, database, from] = process.argv.slice(2)
const { openHoldfast } = await import(library)
const holdfast = await openHoldfast({ database })
const { usage } = holdfast.organization()
let number = Number(from)

async function write() {
  for (;;) {
    const events = [number++, number++].map((tokensIn) => ({
      type: `t${tokensIn % 3}`, tokensIn, costUsd: '0.000000000001', durationMs: tokensIn % 100,
      // A third of them are late.
      occurredAt: `2026-03-0${1 + tokensIn % 3}T12:00:00.000000Z`,
    }))
    await usage.recordMany(events)
    process.stdout.write(`${events.map(({ tokensIn }) => tokensIn).join('\n')}\n`)
  }
}

async function rollUp() {
  for (;;) {
    await holdfast.usageKeeper().pass()
    await new Promise((done) => setTimeout(done, 1))
  }
}

await Promise.all([write(), write(), write(), rollUp(), rollUp()])
