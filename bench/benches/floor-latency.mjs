import { FloorStage } from '../harness/floor-stage.mjs'
import { onServers } from '../harness/servers.mjs'

const setUp = (options) => onServers(async (servers) => {
  const stage = new FloorStage(servers, 'floor-latency.mjs')
  return {
    variants: [
      await stage.bare({
        name: 'publish', system: 'redis-publish', about: 'PUBLISH, to a subscriber elsewhere',
      }),
      ...await stage.holdfast(options, {
        name: 'holdfast', system: 'holdfast', from: 'commit',
        about: 'an event of a floor, from the end of its call to a client of another server',
      }),
      ...await stage.holdfast(options, {
        name: 'whole', system: 'holdfast', from: 'call',
        about: 'the same from the beginning of the call, with the commit',
      }),
    ],
  }
})

/** How long an event of a floor takes to a client of server-sent events of another process. */
export default {
  name: 'floor-latency',
  base: 'publish',
  callers: [1],
  targets: [{ variant: 'holdfast', base: 'publish', at: 1, most: 3, quantile: 'p50' }],
  setUp,
}
