import { type CoordinationHealth, type Coordinator } from './coordination.js'
import { LocalHintLocks } from './hint-locks.js'
import { LayeredCache } from './layered-cache.js'
import { LocalRateLimiter } from './local-limiter.js'
import { LocalSignals } from './local-signals.js'
import { LocalWakeUps } from './local-wake-ups.js'
import { LocalPresence } from './presence.js'

/** Coordination within one process: no service, nothing to lose. */
export class LocalCoordinator implements Coordinator {
  readonly name = 'local'
  readonly signals = new LocalSignals()
  readonly wakeUps = new LocalWakeUps()
  readonly hintLocks = new LocalHintLocks()
  readonly presence = new LocalPresence()
  readonly cache = new LayeredCache()
  readonly limiter = new LocalRateLimiter()

  health(): CoordinationHealth {
    return { state: 'ok' }
  }

  async ping(): Promise<void> {}

  async close(): Promise<void> {
    this.wakeUps.close()
  }
}
