import { FloorStage } from '../harness/floor-stage.mjs'
import { onServers } from '../harness/servers.mjs'

const conversations = 16

const setUp = (options) => onServers(async (servers) => {
  const updates = new FloorStage(servers, 'floor-updates.mjs')
  const cycles = new FloorStage(servers, 'floor-cycle.mjs')
  return {
    variants: [
      await updates.bare({
        name: 'updates', about: 'node-postgres: three updates, a pool of 10', connections: 10,
        conversations,
      }),
      ...await cycles.holdfast(options, {
        name: 'holdfast', about: 'floors.request and yield, told through Redis', conversations,
      }),
    ],
  }
})

/** Request, grant and yield in 16 conversations at once. */
export default {
  name: 'floor-cycle',
  base: 'updates',
  callers: [16],
  targets: [{ variant: 'holdfast', base: 'updates', at: 16, least: 0.5 }],
  setUp,
}
