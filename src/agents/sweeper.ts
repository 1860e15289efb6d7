import { DueSweeper, type SweeperOptions } from '../background.js'
import { type AgentPlace, type AgentWorks } from './works.js'

/** Agents of one look at most. */
const sweptMax = 32

/** Tells on time of agents that are stale, in all organizations, though nobody looks. */
export class AgentSweeper extends DueSweeper<AgentPlace> {
  constructor(works: AgentWorks, options?: SweeperOptions) {
    super(works, sweptMax, options)
  }
}
