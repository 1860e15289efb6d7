import { type Coordinator } from './coordination.js'
import { LocalCoordinator } from './local.js'

/** Opens what processes coordinate through: this process alone, until a URL names a Redis. */
export async function connectCoordination(): Promise<Coordinator> {
  return new LocalCoordinator()
}

export { CoordinationUnavailable } from './errors.js'
