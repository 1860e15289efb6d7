import { type UIMessage } from 'ai'
import { MessageNotFound } from '../../conversations/index.js'
import { InvalidInput } from '../../errors.js'
import { type ChatMessages, type Path } from './chat-path.js'

/** The body that a chat's transport sends: all messages, or the last one. */
export interface Submission {
  readonly message?: unknown
  readonly messages?: readonly unknown[] | undefined
  /** @default 'submit-message' */
  readonly trigger?: 'submit-message' | 'regenerate-message' | undefined
  /** Which message is answered again. @default the last one */
  readonly messageId?: string | undefined
}

/** What is to be answered. */
export interface Received<M extends UIMessage> {
  readonly messages: M[]
  /** The message that the answer follows, or goes on with. */
  readonly after: string | null
}

type Check<M extends UIMessage> = (messages: readonly UIMessage[]) => Promise<M[]>

/** Stores what a client has submitted; hands out the path that is to be answered. */
export async function receive<M extends UIMessage>(
  store: ChatMessages,
  submission: Submission,
  check: Check<M>,
): Promise<Received<M>> {
  const message = lastOf(submission)
  if (message === undefined) return again(store, submission, check)
  if (message.role === 'assistant') return completed(store, message, check)
  const before = await pathBefore(store, message, submission)
  const list = before.steps.map((step) => step.message)
  const messages = await check([...list, message])
  return { messages, after: await store.place(message, { after: before.leafId }) }
}

/** The one message that the client may have made or changed. Throws InvalidInput. */
export function lastOf({ message, messages, trigger }: Submission): UIMessage | undefined {
  const last = message ?? messages?.at(-1)
  if (last === undefined && trigger === 'regenerate-message') return undefined
  const { id, role } = (last ?? {}) as Partial<UIMessage>
  if (typeof id !== 'string' || (role !== 'user' && role !== 'assistant')) {
    const rule = 'must be a message of a user, or an answer that was completed'
    throw new InvalidInput(`message ${rule}`, { field: 'message' })
  }
  return last as UIMessage
}

/** Answers a message again: the first answer stays where it is. */
async function again<M extends UIMessage>(
  store: ChatMessages,
  { messageId }: Submission,
  check: Check<M>,
): Promise<Received<M>> {
  const { steps } = messageId === undefined ? await store.path() : await store.pathTo(messageId)
  const last = steps.at(-1)
  if (last === undefined) throw new MessageNotFound('There is no message to be answered.')
  const isAnswer = last.message.role === 'assistant'
  const path = isAnswer ? steps.slice(0, -1) : steps
  const after = isAnswer ? last.node.parentMessageId : last.node.id
  return { messages: await check(path.map(({ message }) => message)), after }
}

/** The client has added what it knows to an answer, such as the output of a tool. */
async function completed<M extends UIMessage>(
  store: ChatMessages,
  message: UIMessage,
  check: Check<M>,
): Promise<Received<M>> {
  const { steps } = await store.pathTo(message.id)
  const { node } = steps.at(-1)!
  const list = steps.slice(0, -1).map((step) => step.message)
  const messages = await check([...list, message])
  await store.complete(node, message)
  return { messages, after: node.id }
}

/** The path that a user's message follows. */
async function pathBefore(
  store: ChatMessages,
  message: UIMessage,
  { message: alone, messages }: Submission,
): Promise<Path> {
  const path = await store.path()
  const index = path.steps.findIndex((step) => step.message.id === message.id)
  if (alone !== undefined || messages === undefined) {
    return index < 0 ? path : upTo(path, index)
  }
  const known = new Map(path.steps.map((step, place) => [step.message.id, place]))
  const earlier = messages.slice(0, -1).map((each) => (each as UIMessage | null)?.id ?? '')
  const last = earlier.at(-1)
  if (last === undefined) return upTo(path, 0)
  try {
    return known.has(last) ? upTo(path, known.get(last)! + 1) : await store.pathTo(last)
  } catch (error) {
    // An answer of which nothing came is unknown: what counts is what the client saw before it.
    const place = earlier.map((id) => known.get(id)).findLast((found) => found !== undefined)
    if (!(error instanceof MessageNotFound) || place === undefined) throw error
    return upTo(path, place + 1)
  }
}

/** The first steps of a path; what comes next follows what the step behind them follows. */
function upTo({ steps, leafId }: Path, count: number): Path {
  const next = steps[count]
  return {
    steps: steps.slice(0, count), leafId: next === undefined ? leafId : next.node.parentMessageId,
  }
}
