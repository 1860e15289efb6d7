import { expect, it } from 'vitest'
import {
  type CheckpointTransport, type ListCheckpoints, type StoredCheckpoint,
} from '../checkpoints/index.js'
import { createClient } from '../client/index.js'
import { contract } from '../testing/contract.js'
import { served } from '../testing/serving.js'
import { openApiDocument, routes, startServer } from './index.js'

const serving = { start: startServer, endpoints: routes, document: openApiDocument() }
const hard = '\u0000 \ud800 \ufdd0 a/b%2F?#é'
const threadId = `thread ${hard}`
const typed = (text: string, type = 'text') => ({ type, bytes: new TextEncoder().encode(text) })

/** The checkpoint of a number, made from the one before. */
const draftOf = (number: number, text = `state ${number}`) => ({
  threadId, namespace: hard, checkpointId: `${hard} ${String(number).padStart(3, '0')}`,
  parentId: number === 1 ? null : `${hard} ${String(number - 1).padStart(3, '0')}`,
  state: typed(text), metadata: { step: number, [hard]: hard }, runId: `run ${number % 2}`,
  channelVersions: { messages: number, [hard]: '1', ['__proto__']: number },
  values: {
    messages: typed('m'.repeat(number)), ['__proto__']: typed(`p${number}`, hard),
    ...(number === 1 ? { [hard]: { type: 'bytes', bytes: Uint8Array.of(0, 255, 128) } } : {}),
  },
})

async function all(list: AsyncIterable<unknown>): Promise<StoredCheckpoint[]> {
  const found: unknown[] = []
  for await (const each of list) found.push(each)
  return found as StoredCheckpoint[]
}

contract('checkpoints over HTTP', (openWorld) => {
  const open = served(openWorld, serving)

  it('come back over the client as from the library, whatever their names are', async () => {
    const { organization: { checkpoints: library }, url, ourToken } = await open()
    const { checkpoints: client } = createClient({ url, token: ourToken })
    const write = { index: -1, channel: hard, value: typed('w') }
    for (const number of [1, 2, 3]) {
      const deltaChannels = number === 3 ? ['log', `log ${hard}`] : []
      const put = { ...draftOf(number), deltaChannels, writes: [{ taskId: hard, writes: [write] }] }
      expect(await client.put(put)).toEqual({ checkpointId: put.checkpointId })
      await client.putWrites({
        ...put, taskId: 'later', whenWritten: 'replace', writes: [{ ...write, index: number }],
      })
    }
    const name = { threadId, namespace: hard }
    const head = await library.find({ ...name, withParentWrites: true })
    expect(head).toMatchObject({
      checkpointId: draftOf(3).checkpointId, runId: 'run 1', deltaChannels: ['log', `log ${hard}`],
    })
    expect(Object.keys(head!.values).sort()).toEqual([hard, '__proto__', 'messages'].sort())
    expect(await client.find({ ...name, withParentWrites: true })).toStrictEqual(head)
    const { checkpointId } = draftOf(1)
    expect(await client.find({ ...name, checkpointId }))
      .toStrictEqual(await library.find({ ...name, checkpointId }))
    expect(await client.find({ ...name, checkpointId: 'none' })).toBeUndefined()
    const queries: ListCheckpoints[] = [
      {}, { threadId }, { ...name, limit: 2 }, { ...name, before: draftOf(3).checkpointId },
      { metadata: { step: 2 } }, { metadata: { [hard]: hard, step: 3 } }, { metadata: { a: 1 } },
      { ...name, checkpointId, withParentWrites: true }, { limit: 0 },
    ]
    for (const query of queries) {
      expect(await all(client.list(query))).toStrictEqual(await all(library.list(query)))
    }
    const last = { ...name, checkpointId: draftOf(3).checkpointId }
    for (const channels of [undefined, ['messages']]) {
      expect(await all(client.ancestors(last, { channels })))
        .toStrictEqual(await all(library.ancestors(last, { channels })))
    }
    expect(await all(client.ancestors(last))).toHaveLength(2)
    await client.deleteThread(threadId)
    await client.deleteThread(threadId)
    expect(await library.find(name)).toBeUndefined()
  })

  it('refuse a stale writer with both heads, and one behind the fence', async () => {
    const { url, ourToken, ours } = await open()
    const { checkpoints } = createClient({ url, token: ourToken })
    for (const number of [1, 2]) await checkpoints.put({ ...draftOf(number), fence: 7 })
    const late = { ...draftOf(2), checkpointId: `${hard} 0021` }
    const [head, parent] = [draftOf(2).checkpointId, draftOf(1).checkpointId]
    await expect(checkpoints.put(late)).rejects.toMatchObject({
      code: 'checkpoint_conflict', status: 409, problem: { head, parent },
    })
    await checkpoints.put({ ...late, whenStale: 'fork' })
    await expect(checkpoints.put({ ...draftOf(3), fence: 6 }))
      .rejects.toMatchObject({ code: 'stale_fence', status: 409 })
    // The same again is what a lost answer asks for.
    await checkpoints.put({ ...late, whenStale: 'fork' })
    const { body } = await ours.post('/v1/checkpoints/list', { thread_id: threadId })
    expect(body.data).toHaveLength(3)
  })

  it('are listed in pages of a number and a size, by a cursor of this list', async () => {
    const { organization: { checkpoints }, ours } = await open()
    for (let number = 1; number <= 7; number++) await checkpoints.put(draftOf(number))
    const list = (more: object) =>
      ours.post('/v1/checkpoints/list', { thread_id: threadId, ...more })
    const steps: number[] = []
    let cursor: string | undefined
    do {
      const { body } = await list({ limit: 3, cursor })
      steps.push(...body.data.map((each: { metadata: { step: number } }) => each.metadata.step))
      cursor = body.next_cursor ?? undefined
    } while (cursor !== undefined)
    expect(steps).toEqual([7, 6, 5, 4, 3, 2, 1])
    const first = await list({ limit: 3 })
    const foreign = await list({ limit: 3, namespace: '', cursor: first.body.next_cursor })
    expect([foreign.status, foreign.body.code]).toEqual([400, 'invalid_cursor'])
    const other = 'large'
    for (const number of [1, 2, 3]) {
      await checkpoints.put({
        threadId: other, checkpointId: `${number}`, parentId: number === 1 ? null : `${number - 1}`,
        state: { type: 'bytes', bytes: new Uint8Array(3 * 1024 * 1024) },
        channelVersions: {}, values: {},
      })
    }
    const large = await list({ thread_id: other })
    expect(large.body.data).toHaveLength(2)
    const rest = await list({ thread_id: other, cursor: large.body.next_cursor })
    expect([rest.body.data.length, rest.body.next_cursor]).toEqual([1, null])
  })

  it('are pinned, pruned, copied, forked, compared and counted as in the library', async () => {
    const { organization: { checkpoints: library }, url, ourToken } = await open()
    const { checkpoints: client } = createClient({ url, token: ourToken })
    const transport: CheckpointTransport = client
    for (let number = 1; number <= 5; number++) await transport.put(draftOf(number))
    const nameOf = (number: number, id = threadId) =>
      ({ threadId: id, namespace: hard, checkpointId: draftOf(number).checkpointId })
    const steps = async (id: string) =>
      (await all(transport.list({ threadId: id }))).map(({ metadata }) => metadata.step)
    expect(await client.compare(nameOf(1), nameOf(2)))
      .toStrictEqual(await library.compare(nameOf(1), nameOf(2)))
    await transport.copyThread(threadId, 'copy')
    await client.fork(nameOf(2), 'fork')
    await client.pin(nameOf(1))
    expect(await transport.prune({ threadIds: [threadId], keepLast: 2 })).toEqual({ deleted: 2 })
    expect(await steps(threadId)).toEqual([5, 4, 1])
    await client.unpin(nameOf(1))
    expect(await transport.prune({})).toEqual({ deleted: 6 })
    expect([await steps(threadId), await steps('copy'), await steps('fork')])
      .toEqual([[5], [5], [2]])
    await transport.deleteRuns(['run 0'])
    const threads = []
    for await (const thread of client.threads()) threads.push(thread)
    const told = (await library.threads()).data
    expect(threads.map((each) => [each.thread_id, each.checkpoint_count, each.stored_bytes]))
      .toEqual(told.map((each) => [each.threadId, each.checkpointCount, each.storedBytes]))
    for (const [call, code] of [
      [() => client.copyThread(threadId, 'copy'), 'thread_exists'],
      [() => client.fork(nameOf(5), 'copy'), 'thread_exists'],
      [() => client.fork(nameOf(1), 'new'), 'checkpoint_not_found'],
      [() => client.pin(nameOf(1)), 'checkpoint_not_found'],
      [() => client.compare(nameOf(1), nameOf(5)), 'checkpoint_not_found'],
    ] as const) await expect(call()).rejects.toMatchObject({ code })
    expect(await client.setPolicy({ keepDays: 7 })).toEqual(
      { keepLast: null, keepDays: 7, encrypts: false })
    expect(await client.policy()).toEqual(await library.policy())
    await expect(client.setPolicy({ encrypts: true })).rejects.toMatchObject({ status: 400 })
  })

  it('name what is wrong, and where, and are unseen by a neighbour', async () => {
    const { organization: { checkpoints }, ours, theirs } = await open()
    const state = { type: 'text', bytes: 'AA==' }
    const good = { thread_id: 't', checkpoint_id: 'c', state, channels: [] }
    const put = (fault: object) => ours.put('/v1/checkpoints', { ...good, ...fault })
    for (const [answer, field] of [
      [await put({ thread_id: '' }), 'body.thread_id'],
      [await put({ state: { ...state, bytes: 'A' } }), 'body.state.bytes'],
      [await put({ state: { ...state, bytes: 'AA-_' } }), 'body.state.bytes'],
      [await put({ channels: [{ channel: 'a' }] }), 'body.channels[0].version'],
      [await put({ parent_id: 'c' }), 'body.parent_id'], [await put({ fence: -1 }), 'body.fence'],
      [await put({ metadata: [] }), 'body.metadata'],
      [await ours.post('/v1/checkpoints/list', { limit: 201 }), 'body.limit'],
      [await ours.post('/v1/checkpoints/find', {}), 'body.thread_id'],
    ] as const) expect([answer.status, answer.body.errors?.[0].field]).toEqual([400, field])
    expect(await checkpoints.find({ threadId: 't' })).toBeUndefined()
    expect((await put({})).status).toBe(200)
    expect((await theirs.post('/v1/checkpoints/find', { thread_id: 't' })).body)
      .toEqual({ checkpoint: null })
    expect((await theirs.post('/v1/checkpoints/list', {})).body.data).toEqual([])
    expect((await theirs.post('/v1/threads/delete', { thread_id: 't' })).status).toBe(204)
    expect(await checkpoints.find({ threadId: 't' })).toMatchObject({ checkpointId: 'c' })
  })
})
