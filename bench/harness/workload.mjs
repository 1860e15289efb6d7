/** Ids that the scripts of pgbench can write too: a number, 32 hexadecimal digits wide. */
export function numberedId(number) {
  const digits = number.toString(16).padStart(32, '0')
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

/** Hands out numbered ids from 1 on. */
export class NumberedIds {
  #last = 0

  next() {
    this.#last += 1
    return numberedId(this.#last)
  }
}

/** How many conversations the messages are spread over. */
export const conversationCount = 256

const words = 'the agent asked a tool and wrote down what it said before it went on '

/** A message with about so many bytes of content and 200 of metadata; `number` makes it unlike. */
export function messageOf(number, contentBytes = 500) {
  const head = `Message ${number}:\n`
  const text = head + words.repeat(Math.ceil(contentBytes / words.length))
  return {
    role: number % 2 === 0 ? 'user' : 'assistant',
    content: text.slice(0, contentBytes),
    metadata: {
      model: 'some-model-large',
      request: numberedId(number),
      tags: ['support', 'billing'],
      usage: { input: 1200 + (number % 100), output: 240, cached: true },
      finish: 'stop',
      region: 'europe-west',
    },
  }
}

/** Messages for load: enough of them that nobody lives off one string. */
export const messages = (contentBytes) =>
  Array.from({ length: 64 }, (_, number) => messageOf(number, contentBytes))

/** Hands out the values in turn, forever. */
export function inTurn(values) {
  let next = 0
  return () => values[next++ % values.length]
}

/** Hands out one of the values at random. */
export const anyOf = (values) => () => values[Math.floor(Math.random() * values.length)]

/**
 * Fills an empty database through the library: 256 conversations with so many messages each. Its
 * ids are numbered, those of the conversations from 1 on.
 */
export async function seed(dist, database, { perConversation, contentBytes }) {
  const { openHoldfast } = await import(`${dist}/index.js`)
  const holdfast = await openHoldfast({ database, ids: new NumberedIds() })
  const { conversations, messages: store } = holdfast.organization()
  const made = []
  for (let count = 0; count < conversationCount; count++) {
    const id = numberedId(count + 1)
    made.push((await conversations.create({ id, title: `Conversation ${count}` })).id)
  }
  const each = Array.from({ length: perConversation }, (_, n) => messageOf(n, contentBytes))
  await Promise.all(made.map((id) => store.appendMany(id, each)))
  const { organizationId } = await conversations.get(made[0])
  await holdfast.close()
  return { organizationId, conversations: made }
}

/** Fills an empty database with so many messages, a thousand a conversation. */
export async function seedMessages(dist, database, { count, contentBytes }) {
  const { openHoldfast } = await import(`${dist}/index.js`)
  const holdfast = await openHoldfast({ database })
  const { conversations, messages: store } = holdfast.organization()
  const [together, perConversation] = [250, 1_000]
  let id
  for (let made = 0; made < count; made += together) {
    if (made % perConversation === 0) {
      id = (await conversations.create({ title: `Conversation ${made}` })).id
    }
    const size = Math.min(together, count - made)
    await store.appendMany(
      id, Array.from({ length: size }, (_, index) => messageOf(made + index, contentBytes)))
  }
  await holdfast.close()
}
