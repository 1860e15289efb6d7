import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { type ContractWorld, contract } from './testing/index.js'

const made: string[] = []
afterEach(() => {
  for (const path of made.splice(0)) rmSync(path, { recursive: true, force: true })
})

function exported(content: unknown): string {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-chats-'))
  made.push(path)
  const text = typeof content === 'string' ? content : JSON.stringify(content)
  writeFileSync(join(path, 'conversations.json'), text)
  return path
}

const importing = ({ holdfast, organizationId }: ContractWorld) => holdfast.imports(organizationId)
const id = '68a1f0c2-0000-4000-8000-000000000001'
const uuid = (last: number) => `00000000-0000-4000-8000-00000000000${last}`

const node = (last: number, parent: string | null, children: number[]) => ({
  id: uuid(last), parent, children: children.map(uuid),
  message: {
    id: uuid(last), author: { role: [1, 4].includes(last) ? 'user' : 'assistant' },
    create_time: 1_700_000_000.25 + last,
    content: { content_type: 'text', parts: [`part ${last}`] }, metadata: { model_slug: 'gpt' },
  },
})

const chat = {
  title: 'A tree', create_time: 1_700_000_000.123456, update_time: 1_700_000_100, id,
  current_node: uuid(3), default_model_slug: 'gpt',
  mapping: {
    'client-root': { id: 'client-root', message: null, parent: null, children: [uuid(1)] },
    [uuid(1)]: node(1, 'client-root', [2, 3]),
    [uuid(2)]: node(2, uuid(1), [4]), [uuid(3)]: node(3, uuid(1), []),
    [uuid(4)]: node(4, uuid(2), []),
  },
}

contract('imports of chats', (open) => {
  it('bring the tree of ChatGPT, and follow where it was left', async () => {
    const world = await open()
    const path = exported([chat, { title: 'broken' }, { ...chat, id: uuid(9) }])
    const report = await importing(world).chatGpt(path)
    expect(report.counts).toMatchObject({
      conversations: { found: 3, imported: 2, damaged: 1 }, messages: { found: 8, imported: 8 },
    })
    const { conversations, messages } = world.organization
    expect(await conversations.get(id)).toMatchObject({
      title: 'A tree', createdAt: '2023-11-14T22:13:20.123456Z', activeLeafId: uuid(3),
      metadata: { chatgpt: { default_model_slug: 'gpt' } },
    })
    const { data } = await messages.list(id)
    expect(data.map((each) => [each.id, each.parentMessageId, each.role])).toEqual([
      [uuid(1), null, 'user'], [uuid(2), uuid(1), 'assistant'], [uuid(4), uuid(2), 'user'],
      [uuid(3), uuid(1), 'assistant'],
    ])
    expect(data[0]).toMatchObject({
      content: { parts: ['part 1'] }, model: 'gpt', createdAt: '2023-11-14T22:13:21.250000Z',
    })
    const again = await importing(world).chatGpt(join(path, 'conversations.json'))
    expect(again.counts.messages).toMatchObject({ imported: 0, present: 8 })
    expect((await world.neighbour.conversations.list()).data).toEqual([])
  })

  it('bring what Claude said, in its order or by its parents', async () => {
    const world = await open()
    const said = (last: number, more: object = {}) => ({
      uuid: uuid(last), sender: last % 2 === 1 ? 'human' : 'assistant', text: `text ${last}`,
      created_at: `2025-01-0${last}T00:00:00.5Z`, content: [], ...more,
    })
    const root = '00000000-0000-4000-8000-000000000000'
    const report = await importing(world).claude(exported([
      { uuid: id, name: '', created_at: '2025-01-01T00:00:00Z', chat_messages: [said(1), said(2)] },
      { uuid: uuid(8), name: 'tree', chat_messages: [
        said(1, { parent_message_uuid: root }), said(2, { parent_message_uuid: uuid(1) }),
        said(4, { parent_message_uuid: uuid(1), content: [{ type: 'text', text: 'x' }] }),
      ] },
    ]))
    expect(report.damaged).toEqual([])
    const { messages } = world.organization
    expect((await messages.list(id)).data).toMatchObject([
      { role: 'user', content: 'text 1', parentMessageId: null },
      { role: 'assistant', content: 'text 2', parentMessageId: uuid(1) },
    ])
    const { data } = await messages.list(uuid(8))
    expect(data.map((each) => each.parentMessageId)).toEqual([null, uuid(1), uuid(1)])
  })

  it('bring a tree whose messages are listed in any order', async () => {
    const world = await open()
    const said = (last: number, parent: number) => ({
      uuid: uuid(last), sender: 'human', text: `text ${last}`, created_at: '2025-01-01T00:00:00Z',
      parent_message_uuid: parent === 0 ? '00000000-0000-4000-8000-000000000000' : uuid(parent),
    })
    const listed = [said(4, 2), said(2, 1), said(3, 1), said(1, 0), said(5, 9)]
    const report = await importing(world).claude(exported([
      { uuid: id, name: 'tree', chat_messages: listed },
    ]))
    const { data } = await world.organization.messages.list(id)
    expect(Object.fromEntries(data.map((each) => [each.id, each.parentMessageId]))).toMatchObject({
      [uuid(1)]: null, [uuid(2)]: uuid(1), [uuid(3)]: uuid(1), [uuid(4)]: uuid(2),
    })
    expect(report.counts.messages).toMatchObject({ found: 5, imported: 5 })
    expect(report.damaged.map(({ place }) => place)).toEqual([`conversations.json[0].${uuid(5)}`])
  })

  it('take what came behind what was said here with all that it says', async () => {
    const world = await open()
    const { [uuid(4)]: later, ...before } = chat.mapping
    await importing(world).chatGpt(exported([{ ...chat, mapping: before }]))
    const { messages } = world.organization
    await messages.append(id, { role: 'user', content: 'ours' })
    const report = await importing(world).chatGpt(exported([chat]))
    expect(report.counts.messages).toMatchObject({ found: 4, imported: 1, present: 3 })
    expect(later).toMatchObject({ parent: uuid(2) })
    expect((await messages.list(id)).data.find((each) => each.id === uuid(4)))
      .toMatchObject({ parentMessageId: uuid(2), model: 'gpt', content: { parts: ['part 4'] } })
  })

  it('read an export of several files, and keep a title that is too long', async () => {
    const world = await open()
    const path = exported([])
    rmSync(join(path, 'conversations.json'))
    const title = 't'.repeat(1_001)
    writeFileSync(join(path, 'conversations-000.json'), JSON.stringify([chat]))
    writeFileSync(join(path, 'conversations-001.json'),
      JSON.stringify([{ ...chat, id: uuid(9), title }]))
    const report = await importing(world).chatGpt(path)
    expect(report.counts).toMatchObject({ conversations: { found: 2, imported: 2 } })
    expect(await world.organization.conversations.get(uuid(9))).toMatchObject({
      title: title.slice(1), metadata: { chatgpt: { title } },
    })
    expect(report.damaged).toMatchObject([{ place: 'conversations-001.json[0]' }])
    expect(report.damaged[0]?.reason).toContain('the title has 1001 characters')
    writeFileSync(join(path, 'conversations-001.json'), 'PK\x03\x04 and so on')
    await expect(importing(world).chatGpt(path)).rejects.toThrow(/packed archive: unpack it/)
  })

  it('bring what stands behind a conversation that cannot be read, and tell of that', async () => {
    const world = await open()
    const [first, last] = [chat, { ...chat, id: uuid(9) }].map((each) => JSON.stringify(each))
    const bad = ['{"id": NaN, "text": "a \\" ] } \\\\"}', `${'['.repeat(900)}${']'.repeat(900)}`]
    const report = await importing(world)
      .chatGpt(exported(`\uFEFF \n[${[first, ...bad, 'null', last].join(' ,\n')} ] \n`))
    expect(report.counts.conversations).toMatchObject({ found: 5, imported: 2, damaged: 3 })
    expect(report.damaged.map(({ place }) => place))
      .toEqual([1, 2, 3].map((number) => `conversations.json[${number}]`))
    expect((await world.organization.conversations.get(uuid(9))).messageCount).toBe(4)
  })

  it('tell of messages that are none, and bring the others', async () => {
    const world = await open()
    const said = { message: { content: { parts: ['said'] } }, parent: 'gone', children: null }
    const gpt = await importing(world).chatGpt(exported([
      { ...chat, mapping: { ...chat.mapping, [uuid(5)]: null, [uuid(6)]: said } },
      { ...chat, id: uuid(9) },
    ]))
    expect(gpt.counts).toMatchObject({
      conversations: { imported: 2 }, messages: { found: 10, imported: 9, damaged: 1 },
    })
    expect(gpt.damaged).toMatchObject([{ place: `conversations.json[0].${uuid(5)}` }])
    const claude = await importing(world).claude(exported([
      { uuid: uuid(8), chat_messages: [null, 'text', { uuid: uuid(7), text: 'said' }] },
    ]))
    expect(claude.counts.messages).toMatchObject({ found: 3, imported: 1, damaged: 2 })
  })

  it('take what is whole of a file that is cut off, and refuse what is none', async () => {
    const world = await open()
    const text = JSON.stringify([chat, { ...chat, id: uuid(9) }])
    const report = await importing(world).chatGpt(exported(text.slice(0, -30)), { dryRun: true })
    expect(report.counts.conversations).toMatchObject({ found: 1, imported: 1 })
    expect(report.damaged[0]?.reason).toContain('cut off')
    expect((await world.organization.conversations.list()).data).toEqual([])
    await expect(importing(world).claude(exported({}))).rejects.toThrow(/no array/)
    await expect(importing(world).claude('/nowhere')).rejects.toThrow(/no conversations\.json/)
  })
})
