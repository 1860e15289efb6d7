import { type Instant } from '../../../clock.js'
import { InvalidInput } from '../../../errors.js'
import { uuidOf } from '../../../named-ids.js'
import { type SourceMessage } from '../conversation-writer.js'
import { exactJson, membersOf, objectOf } from '../exact-json.js'
import { isObject } from '../json-object.js'
import { momentOfSeconds } from '../moments.js'
import { type ChatFormat, idIn, isLongTitle, objectIn, roleIn } from './chat.js'

/** Ids of conversations that are no UUIDs become UUIDs in it; it never changes. */
const space = '5e0d1c7a-93f4-4b68-a1f0-6d2c8b7e4f10'

/** A node of the tree of a conversation. */
type Node = Record<string, unknown>

/** The export of ChatGPT: a mapping of nodes, some of which only hold the tree together. */
export const chatGpt: ChatFormat = {
  source: 'chatgpt',
  read(json, place, now) {
    const said = objectIn(json)
    const sourceId = said.conversation_id ?? said.id
    if (typeof sourceId !== 'string') throw new InvalidInput('a conversation must have an id')
    if (!isObject(said.mapping)) throw new InvalidInput('a conversation must have a mapping')
    const id = uuidOf(space, sourceId, 'conversation_id')
    const createdAt = momentOfSeconds(said.create_time) ?? now
    const rest = [...membersOf(json.stored)].filter(([name]) =>
      !['mapping', 'create_time', 'update_time'].includes(name) &&
      (name !== 'title' || isLongTitle(said.title)))
    const listed = Object.entries(said.mapping)
    const nodes = Object.fromEntries(listed.filter((entry): entry is [string, Node] =>
      isObject(entry[1])))
    const messages = messagesIn(nodes, { id, place, createdAt })
    const current = typeof said.current_node === 'string' ? said.current_node : undefined
    return {
      id, createdAt, title: typeof said.title === 'string' ? said.title : null,
      updatedAt: momentOfSeconds(said.update_time) ?? null,
      metadata: { ...exactJson('{}'), stored: objectOf([['chatgpt', objectOf(rest)]]) as never },
      messages,
      broken: listed.filter(([, node]) => !isObject(node)).map(([key]) => `${place}.${key}`),
      leaf: current === undefined ? undefined : messageAbove(nodes, id, current),
    }
  },
}

interface Place {
  readonly id: string
  readonly place: string
  readonly createdAt: Instant
}

/** Nodes with a message, parents before children, in the order of the children. */
function messagesIn(nodes: Readonly<Record<string, Node>>, at: Place): SourceMessage[] {
  const messages: SourceMessage[] = []
  const seen = new Set<string>()
  const roots = Object.keys(nodes).filter((key) => !isKnown(nodes, nodes[key]!.parent))
  const waiting = [...roots].reverse()
  const take = () => {
    for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
      if (seen.has(key)) continue
      seen.add(key)
      const message = messageIn(nodes, key, at)
      if (message !== undefined) messages.push(message)
      const { children } = nodes[key]!
      const own = Array.isArray(children) ? children.map(String) : []
      waiting.push(...own.filter((child) => isKnown(nodes, child)).reverse())
    }
  }
  take()
  // Nodes that no parent names as its child, or that stand in a ring.
  for (const key of Object.keys(nodes)) {
    if (seen.has(key)) continue
    waiting.push(key)
    take()
  }
  return messages
}

const isKnown = (nodes: Readonly<Record<string, Node>>, key: unknown): key is string =>
  typeof key === 'string' && Object.hasOwn(nodes, key) && isObject(nodes[key])

function messageIn(
  nodes: Readonly<Record<string, Node>>, key: string, { id, place, createdAt }: Place,
): SourceMessage | undefined {
  const { message, parent } = nodes[key]!
  if (!isObject(message)) return undefined
  const { content, create_time: time, author, ...rest } = message
  const model = isObject(rest.metadata) ? rest.metadata.model_slug : undefined
  const above = isKnown(nodes, parent) ? messageAbove(nodes, id, parent) : undefined
  return {
    id: idIn(id, key), parentId: above ?? null, kind: 'message',
    role: roleIn(isObject(author) ? author.role : undefined),
    content: exactJson(JSON.stringify(content ?? null)),
    metadata: { chatgpt: { ...rest, author: author ?? null } as never },
    model: typeof model === 'string' && model !== '' ? model : null,
    createdAt: momentOfSeconds(time) ?? createdAt, place: `${place}.${key}`,
  }
}

/** The node itself or the nearest above it that has a message. */
function messageAbove(
  nodes: Readonly<Record<string, Node>>, id: string, from: string,
): string | undefined {
  const seen = new Set<string>()
  for (let key: unknown = from; isKnown(nodes, key) && !seen.has(key); key = nodes[key]!.parent) {
    seen.add(key)
    if (isObject(nodes[key]!.message)) return idIn(id, key)
  }
  return undefined
}
