import { type OpenFloorOptions } from './adapters/open-floor/index.js'
import { type AgentOptions } from './agents/index.js'
import { type AgentStateOptions } from './agent-states/index.js'
import { type AttachmentOptions } from './attachments/index.js'
import { type CheckpointOptions } from './checkpoints/index.js'
import { type Clock } from './clock.js'
import { type CoordinationOptions } from './coordination/connect.js'
import { type ConnectOptions, databaseUrlForms } from './database/connect.js'
import { InvalidConfiguration } from './errors.js'
import { type LoginLimits, type SessionTimes } from './identity/index.js'
import { type IdGenerator } from './ids.js'
import { type RootKeyOption, type SecretOptions } from './secrets/index.js'
import { type SettingsOptions } from './settings/index.js'

/** How to open Holdfast. The library reads no environment: everything is said here. */
export interface HoldfastOptions extends ConnectOptions, CoordinationOptions {
  /**
   * `memory:`, `sqlite:path.db` or `postgres://…`. Named but undefined it is refused: that is a
   * variable that is not set, and what is kept in memory ends with the process. @default 'memory:'
   */
  readonly database?: string
  /** Apply pending migrations first; otherwise they make opening fail. @default true */
  readonly migrate?: boolean
  /** Bytes of a stream at most. @default 67108864 (64 MiB) */
  readonly streamBytesMax?: number
  /** @default systemClock */
  readonly clock?: Clock
  /** @default a UUIDv7 generator on `clock` */
  readonly ids?: IdGenerator
  /**
   * The secret key that signs heads of the audit log: 32 bytes in base64; older ones may follow
   * after commas. @default none: nothing is signed, and nothing can be pruned
   */
  readonly auditKey?: string | undefined
  /**
   * What the secrets of the database are under; without it they are refused, and all else works.
   * @default none; for `memory:` one that ends with the process
   */
  readonly rootKey?: RootKeyOption
  /** How secrets are kept. */
  readonly secrets?: SecretOptions
  /** How long login sessions last. @default a day without use, seven days in all */
  readonly sessionTimes?: Partial<SessionTimes>
  /** How many logins may fail. @default see LoginLimits */
  readonly loginLimits?: Partial<LoginLimits>
  /** Known settings and their secret fields. @default any settings */
  readonly settings?: SettingsOptions
  /**
   * Take the words of what this process appends for search, while it is quiet, and roll up the
   * usage that it records. Without it searches and questions read more themselves, until
   * `indexer()`, `usageKeeper()` or another process did. @default true
   */
  readonly backgroundIndexing?: boolean
  /** How the registry of agents works. @default 1000 agents in an organization at most */
  readonly agents?: AgentOptions
  /** How the floor manager speaks with agents. @default see OpenFloorOptions */
  readonly openFloor?: OpenFloorOptions
  /** How states of agents are kept. @default 20 revisions, documents of 1 MiB at most */
  readonly agentStates?: AgentStateOptions
  /** How attachments are kept, and how large they may be. @default in the database, 25 MiB */
  readonly attachments?: AttachmentOptions
  /** How checkpoints are kept. @default values of 64 MiB at most, 64 MiB of them in memory */
  readonly checkpoints?: CheckpointOptions
}

/** Every option by its name; the compiler sees to it that none is missing. */
const names: Readonly<Record<keyof HoldfastOptions, true>> = {
  database: true, migrate: true, redis: true, redisOptions: true, rootKey: true, auditKey: true,
  poolMax: true, acquireTimeoutMs: true, statementTimeoutMs: true, role: true, references: true,
  streamBytesMax: true, clock: true, ids: true, secrets: true, sessionTimes: true,
  loginLimits: true, settings: true, backgroundIndexing: true, agents: true, openFloor: true,
  agentStates: true, attachments: true, checkpoints: true,
}

/**
 * Throws InvalidConfiguration for what would open another database than was meant, as a URL that is
 * not in an object, or would leave out what was asked for, as an option with a mistyped name.
 */
export function checkOptions(options: HoldfastOptions): void {
  if (typeof options !== 'object' || options === null) {
    throw new InvalidConfiguration("openHoldfast takes its options in an object, such as " +
      "{ database: 'sqlite:agent.db' }.")
  }
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(names, name))
  if (unknown !== undefined) {
    const known = Object.keys(names).join(', ')
    throw new InvalidConfiguration(`openHoldfast has no option ${unknown}; it has ${known}.`)
  }
  if ('database' in options && typeof options.database !== 'string') {
    const rule = `as when a variable of the environment is not set; it must be ${databaseUrlForms}`
    throw new InvalidConfiguration(`The option database is ${String(options.database)}, ${rule}.`)
  }
}
