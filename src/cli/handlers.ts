import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type HoldfastTransaction } from '../holdfast.js'
import { type JobHandler } from '../queues/index.js'
import { CommandFailure, UsageFailure } from './failure.js'

/** A handler for each queue. */
export type Handlers = Readonly<Record<string, JobHandler<HoldfastTransaction>>>

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
    const sentence = `The handlers in ${path} cannot be loaded: ${reason}`
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
