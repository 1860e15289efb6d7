import { openFloorSettings, type OpenFloorSettings } from './adapters/open-floor/index.js'
import { AgentWorks } from './agents/index.js'
import { AgentStateChanges, AgentStateLog } from './agent-states/index.js'
import { AttachmentWorks } from './attachments/index.js'
import { type AuditParts, auditParts, recordAudit } from './audit/index.js'
import { CheckpointLog } from './checkpoints/index.js'
import { type Clock } from './clock.js'
import { MessageLog } from './conversations/index.js'
import { type Coordinator } from './coordination/coordination.js'
import { type Database } from './database/database.js'
import { FloorWorks } from './floor/index.js'
import { type IdGenerator } from './ids.js'
import { ItemWorks } from './items/index.js'
import { WaitingRoom } from './locks/index.js'
import { type HoldfastOptions } from './options.js'
import { JobLog } from './queues/index.js'
import { type SealedColumn, SecretWorks } from './secrets/index.js'
import { SettingsRules } from './settings/index.js'
import { StreamLog } from './streams/index.js'
import { type Tables } from './tables.js'
import { UsageLog } from './usage/index.js'
import { workOfCall } from './webhook-work.js'
import { WebhookReceiver } from './webhooks/index.js'
import { RunLog, RunSweep } from './workflows/index.js'

/** Where other domains keep what `SecretWorks.fields` sealed; rotations look there too. */
export const sealedColumns: readonly SealedColumn[] = [
  { table: 'settings', key: 'owner_id', column: 'sealed' },
  { table: 'webhooks', key: 'id', column: 'sealed' },
  { table: 'checkpoint_keys', key: 'id', column: 'sealed' },
]

/** Where time, ids and coordination come from. */
export interface Sources {
  readonly clock: Clock
  readonly ids: IdGenerator
  readonly coordination: Coordinator
}

/** What the stores of all organizations share: one of each in a process. */
export interface SharedParts extends Sources {
  readonly messageLog: MessageLog
  readonly agentStateLog: AgentStateLog
  readonly jobs: JobLog
  readonly secretWorks: SecretWorks
  readonly streamLog: StreamLog
  readonly attachmentWorks: AttachmentWorks
  readonly checkpointLog: CheckpointLog
  readonly itemWorks: ItemWorks
  readonly waitingRoom: WaitingRoom
  readonly floorWorks: FloorWorks
  readonly agentWorks: AgentWorks
  readonly auditParts: AuditParts
  readonly settingsRules: SettingsRules
  readonly webhookReceiver: WebhookReceiver
  readonly usageLog: UsageLog
  readonly runLog: RunLog
  readonly runSweep: RunSweep
  readonly openFloor: OpenFloorSettings
}

/** With which an agent leaves its conversations. */
const reasonsOfGoing = { stale: '@timedOut', deregistered: 'deregistered' } as const

/** Composes what stores share over a database that reaches all organizations. */
export function sharedParts(
  database: Database<Tables>, { clock, ids, coordination }: Sources, options: HoldfastOptions,
): SharedParts {
  const sources = { clock, ids, coordination }
  const { signals, wakeUps, limiter } = coordination
  const waitingTimeoutMs = options.acquireTimeoutMs
  const agentStateLog = new AgentStateLog(database.as(), {
    clock, ids, signals, options: options.agentStates,
  })
  const floorWorks = new FloorWorks(database.as(), { signals, waitingTimeoutMs })
  const jobs = new JobLog(database.as(), { ids, wakeUps, waitingTimeoutMs })
  const secretWorks = new SecretWorks(database.as(), {
    clock, ids, limiter, columns: sealedColumns,
  }, { ...options.secrets, rootKey: options.rootKey })
  const runLog = new RunLog(database.as(), { ...sources, signals, jobs, waitingTimeoutMs })
  return {
    ...sources,
    jobs,
    secretWorks,
    agentStateLog,
    messageLog: new MessageLog(database.as(), {
      clock, ids, signals, waitingTimeoutMs,
      states: new AgentStateChanges(agentStateLog),
      backgroundIndexing: options.backgroundIndexing,
    }),
    streamLog: new StreamLog(database.as(), {
      ids, signals, bytesMax: options.streamBytesMax, waitingTimeoutMs,
      onDeleted: (deleting, { path, ...scope }) => recordAudit(deleting.as(), sources, {
        ...scope, record: { action: 'stream.deleted', resourceKind: 'stream', resourceId: path },
      }),
    }),
    attachmentWorks: new AttachmentWorks(database.as(), sources, options.attachments),
    checkpointLog: new CheckpointLog(database.as(), {
      clock, options: options.checkpoints, waitingTimeoutMs,
      sealer: (transaction) => secretWorks.fields(undefined, transaction?.as()),
    }),
    itemWorks: new ItemWorks(database.as(), sources),
    waitingRoom: new WaitingRoom(database.as(), { signals, ids }),
    floorWorks,
    agentWorks: new AgentWorks(database.as(), {
      options: options.agents, waitingTimeoutMs,
      onGone: async (transaction, { why, ...agent }) => {
        await floorWorks.onAgentGone({ ...agent, reason: reasonsOfGoing[why] }, transaction.as())
      },
    }),
    auditParts: auditParts(database.as(), sources, options.auditKey),
    settingsRules: new SettingsRules(options.settings),
    webhookReceiver: new WebhookReceiver(database.as(), {
      clock, ids, limiter, sealer: secretWorks.fields(),
      enqueue: (transaction, job) => workOfCall({ jobs, runLog }, transaction, job),
    }),
    usageLog: new UsageLog(database.as(), {
      clock, ids, waitingTimeoutMs, background: options.backgroundIndexing,
    }),
    runLog,
    runSweep: new RunSweep(runLog),
    openFloor: openFloorSettings(options.openFloor),
  }
}

/**
 * Finishes what was handed in already. Coordination goes after the last that tells others, and
 * before the connections, which are the caller's to close.
 */
export async function closeParts(parts: SharedParts, before: () => Promise<void>): Promise<void> {
  await parts.waitingRoom.close()
  parts.streamLog.live.close()
  parts.floorWorks.live.close()
  parts.messageLog.live.close()
  await parts.messageLog.idle()
  await parts.messageLog.indexing.close()
  await parts.streamLog.idle()
  await parts.agentWorks.idle()
  await parts.floorWorks.idle()
  await parts.agentStateLog.idle()
  await parts.attachmentWorks.idle()
  await parts.runLog.idle()
  await parts.checkpointLog.idle()
  await parts.jobs.idle()
  await parts.usageLog.close()
  await before()
  parts.messageLog.events.close()
  await parts.coordination.close()
}
