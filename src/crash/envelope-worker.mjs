// A process that routes envelopes and brings them to agents, until it is killed. Told the library
// and the database; says so once it works.
const [library, database] = process.argv.slice(2)
const { openHoldfast } = await import(library)
const holdfast = await openHoldfast({ database, openFloor: { outboundAllow: ['127.0.0.1'] } })
holdfast.openFloorWorker({ pollMs: 50, leaseSeconds: 1 }).start()
process.stdout.write(`${JSON.stringify({ url: '', database })}\n`)
