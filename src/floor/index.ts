export {
  FloorAgentLimitReached, FloorNotConvener, FloorNotGrantable, FloorNotHeld, FloorQueueFull,
  FloorRequestNotFound,
} from './errors.js'
export { type FloorEventPage } from './event-reader.js'
export { type FloorReading, FloorReplay, type Holding, type Waiting } from './events.js'
export {
  type Floor, type FloorHolder, type FloorRequest, type FloorStanding,
} from './floor.js'
export { presentEvent, presentFloor } from './presented.js'
export { type FloorSettings } from './rules.js'
export {
  type ByConvener, type FloorAgent, type FloorEnding, type FloorHold, FloorStore, type FloorWish,
} from './store.js'
export { FloorSweeper } from './sweeper.js'
export {
  floorAgents, type FloorEvent, floorEvents, type FloorEventType, type FloorPolicy, floors,
  type FloorTables,
} from './tables.js'
export { FloorWorks, type GoneAgent } from './works.js'
