/** A process of lock-contention.mjs: connects when told to what, then contends when told so. */
import { setTimeout as pause } from 'node:timers/promises'

let locks

process.on('message', async ({ system, settings, ...run }) => {
  try {
    if (system === undefined) {
      process.send({ value: await contend(run) })
    } else {
      const { connect } = await import(`./locks/${system}.mjs`)
      locks = await connect(settings)
      process.send({})
    }
  } catch (error) {
    process.send({ error: error.stack ?? String(error) })
  }
})

process.on('disconnect', async () => {
  await locks?.close()
  process.exit()
})

const clockMs = () => Number(process.hrtime.bigint()) / 1e6

/** Holds count from the answer that grants to the call that releases, by the machine's clock. */
async function contend({ callers, forMs, holdMs, startsAt }) {
  const holds = []
  const waits = []
  await pause(Math.max(0, startsAt - Date.now()))
  const cpu = process.cpuUsage()
  const deadline = clockMs() + forMs
  const contender = async () => {
    while (clockMs() < deadline) {
      const asked = clockMs()
      const release = await locks.acquire('contended')
      const from = clockMs()
      if (from < deadline) waits.push(from - asked)
      await pause(holdMs)
      const to = clockMs()
      if (from < deadline) holds.push({ from, to })
      await release()
    }
  }
  await Promise.all(Array.from({ length: callers }, contender))
  const { user, system } = process.cpuUsage(cpu)
  return { holds, waits, cpuMs: (user + system) / 1000 }
}
