import { type BaseCheckpointSaver } from '@langchain/langgraph-checkpoint'
import { InvalidInput } from '../../errors.js'

/** What LangGraph hands to a saver: of which thread, namespace and checkpoint it speaks. */
export type Configuration = Parameters<BaseCheckpointSaver['getTuple']>[0]

/** A key of `configurable` that says: this checkpoint had been left behind when it was loaded. */
const pastPrefix = '__holdfast_past:'

/** Where the subgraphs of a run that travels in time find what they replay. */
const replayKey = '__pregel_replay_state'

/** The thread a configuration names. Throws InvalidInput when it names none. */
export function threadOf(config: Configuration): string {
  const id = config.configurable?.thread_id as unknown
  if (typeof id === 'string' && id !== '') return id
  if (typeof id === 'number') return String(id)
  throw new InvalidInput(
    'configurable.thread_id must name the thread: graph.invoke(input, { configurable: '
    + '{ thread_id: "…" } })', { field: 'configurable.thread_id' })
}

/** The namespace a configuration names; '' is that of the whole graph. */
export function namespaceOf(config: Configuration): string {
  return text(config, 'checkpoint_ns') ?? ''
}

/** The checkpoint a configuration names; undefined for the newest. */
export function checkpointIdOf(config: Configuration): string | undefined {
  const id = text(config, 'checkpoint_id') ?? text(config, 'thread_ts')
  return id === '' ? undefined : id
}

/** The fencing token of a run: `configurable.fence`. */
export function fenceOf(config: Configuration): number | undefined {
  const fence = config.configurable?.fence as unknown
  if (fence === undefined || fence === null) return undefined
  if (typeof fence === 'number' && Number.isSafeInteger(fence)) return fence
  throw new InvalidInput('configurable.fence must be a whole number', {
    field: 'configurable.fence',
  })
}

/** The run a checkpoint belongs to, for `deleteForRuns`. */
export function runIdOf(config: Configuration, metadata: object): string | undefined {
  const ids: unknown[] = [
    (metadata as { run_id?: unknown }).run_id, config.configurable?.run_id,
    config.metadata?.run_id, config.runId,
  ]
  return ids.find((id): id is string => typeof id === 'string' && id !== '')
}

/** The configuration of a checkpoint, as LangGraph hands it back. */
export function configurationOf(
  name: { threadId: string; namespace: string; checkpointId: string },
): Configuration {
  return {
    configurable: {
      thread_id: name.threadId, checkpoint_ns: name.namespace, checkpoint_id: name.checkpointId,
    },
  }
}

/**
 * The same, telling the run that loads it that the thread had gone on from this checkpoint. Values
 * of `configurable` reach `put` by way of LangGraph. This one is a key without a value, so that it
 * is in nobody's way: it equals its absence, and JSON leaves it out.
 */
export function pastConfigurationOf(name: Parameters<typeof configurationOf>[0]): Configuration {
  const { configurable } = configurationOf(name)
  return { configurable: { ...configurable, [pastPrefix + name.checkpointId]: undefined } }
}

/** Whether the run was told by `pastConfigurationOf` of this checkpoint. */
export function startedInPast(config: Configuration, checkpointId: string | null): boolean {
  return checkpointId !== null && pastPrefix + checkpointId in (config.configurable ?? {})
}

/** Whether the run was told so of any checkpoint. */
export function isTravelling(config: Configuration): boolean {
  return Object.keys(config.configurable ?? {}).some((key) => key.startsWith(pastPrefix))
}

/** Whether a run is that of a subgraph whose graph travels. */
export function isReplaying(config: Configuration): boolean {
  return config.configurable?.[replayKey] !== undefined
}

function text(config: Configuration, key: string): string | undefined {
  const value = config.configurable?.[key] as unknown
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return value
  const field = `configurable.${key}`
  throw new InvalidInput(`${field} must be text`, { field })
}
