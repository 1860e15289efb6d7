import { QueueStage } from '../harness/queue-stage.mjs'
import { onServers } from '../harness/servers.mjs'

const backlogs = [1_000, 10_000, 100_000, 300_000]
const nameOf = (system, backlog) => `${system}-${backlog / 1_000}k`

const setUp = (options) => onServers(async (servers) => {
  const stage = new QueueStage(servers, 'queue-backlog.mjs')
  const variants = []
  for (const backlog of backlogs) {
    variants.push(
      ...await stage.holdfast(options, {
        name: nameOf('holdfast', backlog), about: `claims one of ${backlog} jobs`, backlog,
      }),
      await stage.onPostgres('pg-boss', {
        name: nameOf('pg-boss', backlog), about: `fetches one of ${backlog} jobs`, backlog,
      }))
  }
  return { variants }
})

const [least, ...more] = backlogs

/** Claiming one job of many that wait; nothing else is in the times. */
export default {
  name: 'queue-backlog',
  base: nameOf('holdfast', least),
  callers: [1],
  targets: more.map((backlog) => ({
    variant: nameOf('holdfast', backlog), base: nameOf('holdfast', least), at: 1, most: 2,
    quantile: 'p50',
  })),
  setUp,
}
