import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type JsonValue } from '../database/json.js'
import { anyJson, objectOf } from '../testing/arbitraries.test.harness.js'
import { contract, type ContractWorld } from '../testing/index.js'
import { ConversationExists, ConversationNotFound, InvalidConversationFile } from './index.js'

const unknownId = '00000000-0000-7000-8000-00000000dead'
const said = (content: JsonValue) => ({ role: 'user', content })

type Stores = Pick<ContractWorld['organization'], 'conversations' | 'messages'>

async function exported({ conversations }: Stores, id: string): Promise<string> {
  let text = ''
  for await (const line of conversations.export(id)) text += line
  return text
}

/** A tree with branches, an erased message, changed metadata and values that are hard to keep. */
async function grown({ conversations, messages }: Stores) {
  const { id } = await conversations.create({ title: 'T\u0000\ud800', metadata: hard })
  const [a, b, c] = await messages.appendMany(id, [
    { ...said(hard), metadata: hard, author: 'user:\ufdd0', model: 'm', tokensUsed: 3 },
    { ...said(-0), costUsd: '0.00125', kind: 'tool_call' }, said('c'),
  ])
  await messages.append(id, { ...said('b2'), siblingOf: b!.id })
  await messages.append(id, { ...said('root'), parentMessageId: null })
  await messages.delete(id, c!.id)
  await messages.update({ conversationId: id, id: b!.id }, { metadata: { seen: true } })
  await conversations.update(id, { archived: true })
  await conversations.setActiveLeaf(id, a!.id)
  return { id, a: a!, b: b! }
}

const hard = objectOf<JsonValue>([
  ['2', 1], ['1', [-0, 1e308, 5e-324, 0.1]], ['b', '\ud800\u0000\ufdd0\u2028é😀"\\'],
  ['__proto__', { constructor: null }], ['', {}],
])

/** The same file with another line, and its counts and sum set right. */
function edited(file: string, number: number, line: string | undefined): string {
  const lines = file.split('\n').slice(0, -2)
  lines.splice(number - 1, 1, ...line === undefined ? [] : [line])
  return sealed(lines)
}

function sealed(lines: readonly string[]): string {
  const before = lines.map((each) => `${each}\n`).join('')
  const found = lines.filter((each) => each.startsWith('{"id"'))
  const erased = found.filter((each) => !each.endsWith('"deleted_at":null}')).length
  const sha256 = createHash('sha256').update(before).digest('hex')
  return `${before}${JSON.stringify({ messages: found.length, erased, sha256 })}\n`
}

contract('conversations written out and in', (open) => {
  it('are the same bytes again, elsewhere and under a new id', async () => {
    const { organization, neighbour } = await open()
    const { id, a } = await grown(organization)
    const file = await exported(organization, id)
    expect(file.split('\n')).toHaveLength(5 + 4)
    const there = await neighbour.conversations.import([file])
    expect(there).toEqual({ id, sourceId: id, messages: 5, erased: 1 })
    expect(await exported(neighbour, id)).toBe(file)
    const copy = await organization.conversations.import([file], { newId: true })
    expect(copy).toMatchObject({ sourceId: id, messages: 5 })
    expect(copy.id).not.toBe(id)
    expect(await exported(organization, copy.id))
      .toBe(edited(file, 1, file.split('\n')[0]!.replace(id, copy.id)))
    const [ours, theirs] = await Promise.all([organization, neighbour].map((each) =>
      each.conversations.get(id)))
    expect(theirs).toEqual({ ...ours, organizationId: theirs!.organizationId })
    const path = async (stores: Stores) => (await stores.messages.path(id)).data.map((each) =>
      ({ ...each, organizationId: '' }))
    expect(await path(neighbour)).toStrictEqual(await path(organization))
    const next = await neighbour.messages.append(id, said('on'))
    expect(next).toMatchObject({ position: 6, parentMessageId: a.id, depth: 2 })
    const children = (await neighbour.messages.children(id, a.id)).data
    expect(children.map(({ content }) => content)).toEqual([-0, 'b2', 'on'])
  })

  it('hold the history that a fork shares, and stand alone', async () => {
    const { organization, neighbour } = await open()
    const { conversations, messages } = organization
    const { id, a, b } = await grown(organization)
    const c = await messages.append(id, { ...said('deep'), parentMessageId: b.id })
    const fork = await conversations.fork(id, c.id)
    await messages.append(fork.id, { ...said('f'), parentMessageId: a.id })
    const again = await conversations.fork(fork.id, b.id, { title: 'again' })
    const own = await messages.append(again.id, said('own'))
    for (const each of [fork.id, again.id]) {
      const file = await exported(organization, each)
      await neighbour.conversations.import([file])
      expect(await exported(neighbour, each)).toBe(file)
      const contents = async ({ messages: store }: Stores) =>
        (await store.path(each)).data.map(({ content }) => content)
      expect(await contents(neighbour)).toStrictEqual(await contents(organization))
    }
    const { data } = await neighbour.messages.list(again.id)
    expect(data.map((each) => [each.position, each.id]))
      .toEqual([[1, a.id], [2, b.id], [3, own.id]])
    const { forkedFromConversationId } = await neighbour.conversations.get(again.id)
    expect(forkedFromConversationId).toBeNull()
    await neighbour.conversations.delete(fork.id)
  })

  it('may be empty, or wait for a new root', async () => {
    const { organization, neighbour } = await open()
    const { conversations, messages } = organization
    const empty = await conversations.create()
    const waiting = await conversations.create()
    const a = await messages.append(waiting.id, said('a'))
    await conversations.setActiveLeaf(waiting.id, null)
    for (const { id } of [empty, waiting]) {
      const file = await exported(organization, id)
      await neighbour.conversations.import(file.match(/./gsu)!)
      expect(await exported(neighbour, id)).toBe(file)
      expect(await neighbour.messages.append(id, said('b'))).toMatchObject({ depth: 1 })
    }
    expect((await neighbour.messages.children(waiting.id, null)).data[0]!.id).toBe(a.id)
  })

  it('are one of 20 imports of one file at once, and of any with one key', async () => {
    const { organization, neighbour } = await open()
    const { id } = await grown(organization)
    const file = await exported(organization, id)
    const all = await Promise.allSettled(Array.from({ length: 20 }, () =>
      neighbour.conversations.import([file])))
    const refused = all.filter((each) => each.status === 'rejected')
    expect(refused).toHaveLength(19)
    for (const { reason } of refused) expect(reason).toBeInstanceOf(ConversationExists)
    expect(await exported(neighbour, id)).toBe(file)
    const options = { newId: true, idempotencyKey: 'once' }
    const keyed = await Promise.all(Array.from({ length: 5 }, () =>
      neighbour.conversations.import([file], options)))
    expect(new Set(keyed.map((each) => each.id)).size).toBe(1)
    await expect(neighbour.conversations.import([file], { idempotencyKey: 'once' })).rejects
      .toMatchObject({ code: 'idempotency_key_reused' })
    expect((await neighbour.conversations.list({ archived: true })).data).toHaveLength(2)
  })

  it('are refused, and nothing stays, when the file was cut off or changed', async () => {
    const { organization, neighbour } = await open()
    const { id, a } = await grown(organization)
    const file = await exported(organization, id)
    const lines = file.split('\n')
    const refused = async (text: string | Uint8Array) => {
      const error = await neighbour.conversations.import([text]).catch((reason) => reason as Error)
      expect(error).toBeInstanceOf(InvalidConversationFile)
      return (error as Error).message
    }
    for (let cut = 0; cut < lines.length - 1; cut += 1) {
      const text = lines.slice(0, cut).map((each) => `${each}\n`).join('')
      expect(await refused(text)).toContain(`line ${cut + 1}: `)
      if (cut > 0) expect(await refused(text.slice(0, -1))).toContain(`line ${cut}: `)
    }
    const line = (number: number, change: (text: string) => string) =>
      edited(file, number, change(lines[number - 1]!))
    for (const [text, told] of [
      [file.replace('"c"', '"d"').replace('"b2"', '"b3"'), 'line 8: sha256'],
      [line(1, (text) => text.replace('"version":1', '"version":2')), 'line 1: must have format'],
      [line(1, (text) => `\ufeff${text}`), 'line 1: is not valid JSON'],
      [line(2, (text) => text.replace('1e+308', '1E308')), 'line 2: is not written as'],
      [line(2, (text) => text.replace('{"id"', '{ "id"')), 'line 2: is not written as'],
      [line(2, (text) => text.replace('"user"', '"User"')), 'line 2: role must be'],
      [line(2, (text) => text.replace(a.id, a.id.toUpperCase())), 'line 2: is not written as'],
      [line(2, (text) => text.replace(a.createdAt, '2026-02-30')), 'line 2: created_at'],
      [line(3, (text) => text.replace(a.id, unknownId)), 'line 3: parent_message_id'],
      [line(3, (text) => text.replace(/"id":"[^"]*"/, `"id":"${a.id}"`)), 'line 3: id is that'],
      [line(4, (text) => text.replace('null,"metadata"', '1,"metadata"')), 'line 4: deleted_at'],
      [edited(file, 4, undefined), 'line 4: position must be 3'],
      [line(7, () => `{"active_leaf_id":"${unknownId}"}`), 'line 7: active_leaf_id must be'],
      [`${file}{}\n`, 'line 9: is no line'],
      [`${file}${lines[7]}\n`, 'line 9: stands behind'],
      ['x'.repeat(3_000_000), 'line 1: has no line feed'],
    ] as const) {
      expect(await refused(text)).toContain(told)
    }
    expect(await refused(Uint8Array.of(0xff, 0x0a))).toBe('line 1: is not valid UTF-8')
    await expect(neighbour.conversations.import(broken(file))).rejects.toThrow('gone')
    expect((await neighbour.conversations.list({ archived: true })).data).toEqual([])
    await expect(neighbour.conversations.get(id)).rejects.toThrow(ConversationNotFound)
    await neighbour.conversations.import([file])
  })

  it('may be long, of which a process reads four at a time', async () => {
    const { organization, neighbour } = await open()
    const { conversations, messages } = organization
    const { id } = await conversations.create()
    await messages.appendMany(id, ['a', 'é', '😀'].map((unit) => said(unit.repeat(300_000))))
    const file = await exported(organization, id)
    let go = () => {}
    const whole = new Promise<void>((resolve) => (go = resolve))
    const slow = async function* () {
      yield file.slice(0, -100)
      await whole
      yield file.slice(-100)
    }
    const all = Array.from({ length: 6 }, () =>
      neighbour.conversations.import(slow(), { newId: true }))
    const outcomes = Promise.allSettled(all)
    await expect(Promise.all(all)).rejects.toMatchObject({ code: 'busy' })
    go()
    const made = (await outcomes).flatMap((each) =>
      each.status === 'fulfilled' ? [each.value.id] : [])
    expect(made).toHaveLength(4)
    const first = file.indexOf('\n')
    const copy = await exported(neighbour, made[0]!)
    expect(copy.slice(copy.indexOf('\n'), -80)).toBe(file.slice(first, -80))
    await neighbour.conversations.import([file])
    const lines = neighbour.conversations.import([file], { lineBytesMax: 300_000 })
    await expect(lines).rejects.toThrow('line 2: is longer than 300000 bytes')
    const small = neighbour.conversations.import([file], { bytesMax: 300_000 })
    await expect(small).rejects.toThrow('the file is longer than 300000 bytes')
  })

  it('are not seen by a neighbour', async () => {
    const { organization, neighbour } = await open()
    const { id } = await grown(organization)
    await expect(exported(neighbour, id)).rejects.toThrow(ConversationNotFound)
    await expect(exported(organization, unknownId)).rejects.toThrow(ConversationNotFound)
  })

  it('hold what is appended while a slow reader reads', async () => {
    const { organization, neighbour } = await open()
    const { conversations, messages } = organization
    const { id } = await conversations.create()
    const many = Array.from({ length: 300 }, (_, index) => said(index))
    await messages.appendMany(id, many)
    let file = ''
    let last = ''
    for await (const line of conversations.export(id)) {
      if (file === '') last = (await messages.append(id, said('late'))).id
      file += line
    }
    expect(await neighbour.conversations.import([file])).toMatchObject({ messages: 301 })
    expect((await neighbour.conversations.get(id)).activeLeafId).toBe(last)
  })

  it('roll back with the transaction they are in', async () => {
    const { holdfast, organization, neighbour, neighbourId } = await open()
    const { id } = await grown(organization)
    const file = await exported(organization, id)
    const failing = holdfast.transaction(async (transaction) => {
      await transaction.organization(neighbourId).conversations.import([file])
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    await expect(neighbour.conversations.get(id)).rejects.toThrow(ConversationNotFound)
  })

  it('are the same bytes for any tree and any values, on another engine too', async () => {
    const { organization, another } = await open()
    const elsewhere = await another({ database: 'memory:' })
    const { conversations, messages } = organization
    const step = fc.record({
      content: anyJson, at: fc.nat(), what: fc.constantFrom('on', 'branch', 'root', 'erase'),
    })
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const { id } = await conversations.create()
      const ids: string[] = []
      for (const { content, at, what } of steps) {
        const named = ids[at % Math.max(1, ids.length)]
        const place = what === 'root' ? { parentMessageId: null }
          : what === 'branch' && named !== undefined ? { parentMessageId: named } : {}
        if (what === 'erase' && named !== undefined) {
          await messages.delete(id, named)
          ids.splice(ids.indexOf(named), 1)
        } else {
          ids.push((await messages.append(id, { ...said(content), ...place })).id)
        }
      }
      const file = await exported(organization, id)
      const there = elsewhere.organization()
      await there.conversations.import([file])
      expect(await exported(there, id)).toBe(file)
      const shape = async (stores: Stores) => (await stores.messages.list(id)).data
        .map((each) => ({ ...each, organizationId: '' }))
      // The matcher of the test runner takes a member called constructor for a type.
      expect(isDeepStrictEqual(await shape(there), await shape(organization))).toBe(true)
    }), { numRuns: 40 })
  })
})

async function* broken(file: string) {
  yield file.slice(0, file.length / 2)
  throw new Error('gone')
}
