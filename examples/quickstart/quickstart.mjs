import { openHoldfast } from 'holdfast'

const holdfast = await openHoldfast({ database: 'sqlite:agent.db' })
const { conversations, messages } = holdfast.organization()

const { id } = await conversations.create({ title: 'First talk' })
await messages.append(id, { role: 'user', content: 'Remember me?' })

const { data } = await messages.list(id)
console.log(data.map(({ role, content }) => `${role}: ${content}`))
await holdfast.close()
