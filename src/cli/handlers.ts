import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Holdfast, type HoldfastTransaction } from '../holdfast.js'
import { type JobHandler } from '../queues/index.js'
import { runnerSettings } from '../runner.js'
import { type RunHandlers } from '../workflows/index.js'
import { CommandFailure, UsageFailure } from './failure.js'

/** A handler for each queue. */
export type Handlers = Readonly<Record<string, JobHandler<HoldfastTransaction>>>

/** The modules of a command that works, as it was given them. */
export interface WorkOptions {
  readonly handlers?: string
  /** Only these queues of the handlers, separated by commas. */
  readonly queues?: string
  readonly workflows?: string
  /** Where runs wait, separated by commas. */
  readonly runQueues?: string
}

/** What those modules hold. */
export interface Work {
  readonly jobs: Handlers
  readonly workflows: Handlers | undefined
}

/** Loads the modules. Throws CommandFailure or UsageFailure. */
export async function loadWork({ handlers, queues, workflows }: WorkOptions): Promise<Work> {
  return {
    jobs: handlers === undefined ? {} : await loadHandlers(handlers, queues),
    workflows: workflows === undefined ? undefined : await loadHandlers(workflows),
  }
}

/** The handler of each queue, those in which runs wait as well. */
export function queuesOf(
  holdfast: Holdfast,
  { jobs, workflows }: Work,
  { runQueues }: WorkOptions,
): Handlers {
  if (workflows === undefined) return jobs
  const queues = runQueues?.split(',').map((name) => name.trim()).filter((name) => name !== '')
  // A module tells of its functions only that they are some.
  const handlers = workflows as unknown as RunHandlers<HoldfastTransaction>
  const runs = runnerSettings(holdfast, {
    workflows: handlers, ...(queues === undefined ? {} : { queues }),
  })
  return { ...jobs, ...runs.queues }
}

const example = "export default { 'queue-name': async ({ job }) => { … } }"

/**
 * The handlers of a module: of its default export when it has one, else its exported functions.
 * With `names`, only those. Throws CommandFailure or UsageFailure.
 */
export async function loadHandlers(path: string, names?: string): Promise<Handlers> {
  const module = await load(path)
  const handlers = handlersOf(module)
  if (Object.keys(handlers).length === 0) {
    const sentence = `${path} exports no handler; write: ${example}`
    throw new CommandFailure(sentence, { code: 'handlers_unusable' })
  }
  return names === undefined ? handlers : chosen(handlers, names)
}

async function load(path: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(pathToFileURL(resolve(path)).href)) as Record<string, unknown>
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    // The engine tells the place of a syntax error to nobody who catches it.
    const where = cause instanceof SyntaxError ? ` (node --check ${path} shows where)` : ''
    const sentence = `The handlers in ${path} cannot be loaded: ${reason}${where}`
    throw new CommandFailure(sentence, { code: 'handlers_unusable', cause })
  }
}

function handlersOf({ default: whole, ...parts }: Readonly<Record<string, unknown>>): Handlers {
  const isWhole = typeof whole === 'object' && whole !== null
  const entries = Object.entries(isWhole ? whole : parts)
  return Object.fromEntries(
    entries.filter(([, value]) => typeof value === 'function')) as Handlers
}

function chosen(handlers: Handlers, names: string): Handlers {
  const wanted = names.split(',').map((name) => name.trim()).filter((name) => name !== '')
  const unknown = wanted.find((name) => !Object.hasOwn(handlers, name))
  if (wanted.length > 0 && unknown === undefined) {
    return Object.fromEntries(wanted.map((name) => [name, handlers[name]!]))
  }
  const known = Object.keys(handlers).join(', ')
  throw new UsageFailure(`--queues must name queues that have a handler: ${known}`)
}
