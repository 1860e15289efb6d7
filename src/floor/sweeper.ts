import { DueSweeper, type SweeperOptions } from '../background.js'
import { type FloorPlace, type FloorWorks } from './works.js'

/** Floors of one look at most. */
const sweptMax = 100

/**
 * Ends holds on time, in all organizations, though nobody looks; at latest a second after a hold
 * that began meanwhile ended.
 */
export class FloorSweeper extends DueSweeper<FloorPlace> {
  constructor(works: FloorWorks, options?: SweeperOptions) {
    super(works, sweptMax, options)
  }
}
