// Copies one database into another and compares them; says what that took of this process.
const [library, from, to] = process.argv.slice(2)
const { transferOf } = await import(library)
const transfer = transferOf({ from, to })
const { rows, verdict } = await transfer.copy({ verify: true })
if (!verdict.equal) throw new Error('The two differ.')
const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage()
process.stdout.write(JSON.stringify({
  rows: Object.values(rows).reduce((sum, count) => sum + count, 0),
  peakMB: maxRSS * 1024 / 1e6,
  cpuMs: (userCPUTime + systemCPUTime) / 1000,
}))
