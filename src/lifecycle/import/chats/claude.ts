import { InvalidInput } from '../../../errors.js'
import { uuidOf } from '../../../named-ids.js'
import { type SourceMessage } from '../conversation-writer.js'
import { exactJson, membersOf, objectOf } from '../exact-json.js'
import { isObject } from '../json-object.js'
import { momentIn } from '../moments.js'
import { ParentsFirst } from '../parents-first.js'
import { type ChatFormat, idIn, isLongTitle, objectIn } from './chat.js'

/** Ids of conversations that are no UUIDs become UUIDs in it; it never changes. */
const space = 'c2b7f5d0-1e64-4a39-8d5b-90a7e3c4f621'

/** What a first message names as its parent. */
const rootParent = '00000000-0000-4000-8000-000000000000'

/** The export of Claude: messages in their order, of which newer exports name the parents. */
export const claude: ChatFormat = {
  source: 'claude',
  read(json, place, now) {
    const said = objectIn(json)
    const { uuid, name, chat_messages: listed } = said
    if (typeof uuid !== 'string') throw new InvalidInput('a conversation must have a uuid')
    if (!Array.isArray(listed)) throw new InvalidInput('a conversation must have chat_messages')
    const id = uuidOf(space, uuid, 'uuid')
    const createdAt = momentIn(said.created_at)?.instant ?? now
    const rest = [...membersOf(json.stored)].filter(([key]) =>
      !['chat_messages', 'created_at', 'updated_at'].includes(key) &&
      (key !== 'name' || isLongTitle(name)))
    const messages: SourceMessage[] = []
    const broken: string[] = []
    for (const [index, each] of (listed as unknown[]).entries()) {
      if (!isObject(each)) {
        broken.push(`${place}.chat_messages[${index}]`)
        continue
      }
      const { uuid: own, sender, content, text, created_at: at, ...more } = each
      const key = typeof own === 'string' && own !== '' ? own : `number ${index}`
      const parent = more.parent_message_uuid
      const before = messages.at(-1)?.id ?? null
      messages.push({
        id: idIn(id, key),
        parentId: parent === rootParent || parent === null ? null
          : typeof parent === 'string' ? idIn(id, parent) : before,
        kind: 'message', role: sender === 'human' ? 'user' : 'assistant',
        content: exactJson(JSON.stringify(
          Array.isArray(content) && content.length > 0 ? content : text ?? null)),
        metadata: { claude: { ...more, text: text ?? null } as never },
        createdAt: momentIn(at)?.instant ?? createdAt, place: `${place}.${key}`,
      })
    }
    const current = said.current_leaf_message_uuid
    return {
      id, createdAt, title: typeof name === 'string' && name !== '' ? name : null,
      updatedAt: momentIn(said.updated_at)?.instant ?? null,
      metadata: { ...exactJson('{}'), stored: objectOf([['claude', objectOf(rest)]]) as never },
      messages: parentsFirst(messages), broken,
      leaf: typeof current === 'string' ? idIn(id, current) : undefined,
    }
  },
}

function parentsFirst(listed: readonly SourceMessage[]): SourceMessage[] {
  const order = new ParentsFirst(listed.map(({ id }) => id))
  return [...listed.flatMap((message) => order.take(message)), ...order.rest()]
}
