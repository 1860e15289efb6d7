import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { contract } from '../testing/contract.js'
import { StreamNotFound } from './errors.js'
import { LiveStreams } from './live.js'
import { type StreamKey, type StreamPart } from './reader.js'
import { type StreamStore } from './store.js'

setFlagsFromString('--expose-gc')
const clearMemory = runInNewContext('gc') as () => void

const textOf = ({ chunks }: StreamPart) => Buffer.concat(chunks.map(({ data }) => data)).toString()

async function followed(streams: StreamStore, path: string, from = '-1'): Promise<string> {
  let text = ''
  for await (const part of streams.follow(path, { from })) text += textOf(part)
  return text
}

contract('readers of a stream', (open) => {
  it('get what comes while they wait, and the end', async () => {
    const { organization: { streams } } = await open()
    await streams.create('live', { data: 'begin ' })
    const { offset } = await streams.get('live')
    const readers = [
      ...Array.from({ length: 20 }, () => followed(streams, 'live')),
      followed(streams, 'live', offset), followed(streams, 'live', 'now'),
    ]
    await sleep(30)
    for (const word of ['a ', 'b ', 'c ']) {
      await streams.append('live', word)
      await sleep(10)
    }
    await streams.append('live', 'end', { close: true })
    const texts = await Promise.all(readers)
    expect(texts.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 'begin a b c end'))
    expect(texts.slice(20)).toEqual(['a b c end', 'a b c end'])
  })

  it('wait as long as they say, and no longer than they are there', async () => {
    const { organization: { streams } } = await open()
    await streams.create('quiet')
    const late = await streams.wait('quiet', { timeoutMs: 50 })
    expect([late.chunks, late.upToDate, late.closed]).toEqual([[], true, false])
    const leaving = new AbortController()
    const waiting = streams.wait('quiet', { signal: leaving.signal })
    leaving.abort()
    expect((await waiting).chunks).toEqual([])
    const next = streams.wait('quiet', { from: 'now' })
    await sleep(20)
    await streams.append('quiet', 'x')
    expect(textOf(await next)).toBe('x')
    await streams.close('quiet')
    expect((await streams.wait('quiet', { from: 'now' })).closed).toBe(true)
  })

  it('wait no longer than they say though memory is cleared meanwhile', async () => {
    const { organization: { streams } } = await open()
    await streams.create('cleared')
    const clearing = setInterval(clearMemory, 20)
    const stop = new AbortController()
    try {
      const late = await streams.wait('cleared', { timeoutMs: 300, signal: stop.signal })
      expect(late.chunks).toEqual([])
    } finally {
      clearInterval(clearing)
    }
  }, 10_000)

  it('hear of what another process appends, without a signal from it', async () => {
    const { another, isLasting, organizationId, organization: { streams } } = await open()
    if (!isLasting) return
    const other = await another()
    await streams.create('afar')
    const waiting = streams.wait('afar', { from: 'now', timeoutMs: 20_000 })
    await sleep(50)
    await other.organization(organizationId).streams.append('afar', 'hello')
    expect(textOf(await waiting)).toBe('hello')
  })

  it('are told when the stream goes away, and never given another one for it', async () => {
    const { organization: { streams } } = await open()
    await streams.create('mortal')
    const waiting = followed(streams, 'mortal')
    const failing = expect(waiting).rejects.toThrow(StreamNotFound)
    await sleep(20)
    await streams.delete('mortal')
    await streams.create('mortal', { data: 'another', closed: true })
    await failing
  })

  it('hear nothing of a transaction before it is committed', async () => {
    const { holdfast, organizationId, organization: { streams } } = await open()
    await streams.create('atomic')
    const waiting = streams.wait('atomic', { from: 'now', timeoutMs: 10_000 })
    await holdfast.transaction(async (transaction) => {
      const { streams: inside } = transaction.organization(organizationId)
      await inside.append('atomic', 'one ')
      await inside.append('atomic', 'two', { close: true })
    })
    const part = await waiting
    expect([textOf(part), part.closed]).toEqual(['one two', true])
  })

  it('keep a stream alive that has a time to live', async () => {
    const { organization: { streams } } = await open()
    await streams.create('watched', { ttlSeconds: 2 })
    const waiting = streams.wait('watched', { from: 'now', timeoutMs: 20_000 })
    await sleep(4_500)
    await streams.append('watched', 'still here')
    expect(textOf(await waiting)).toBe('still here')
  })
})

contract('forks of a stream', (open) => {
  it('begin as their source, up to the place asked for, and go their own way', async () => {
    const { organization: { streams } } = await open()
    await streams.create('source', { contentType: 'text/plain', data: 'one ' })
    const { offset } = await streams.append('source', 'two ')
    await streams.append('source', 'three')
    await streams.create('end', { fork: { from: 'source' } })
    await streams.create('middle', { fork: { from: 'source', offset } })
    await streams.create('inside', { fork: { from: 'source', offset, subOffset: 2 }, data: '!' })
    await streams.append('source', ' four')
    await streams.append('middle', 'drei')
    const texts = await Promise.all(['source', 'end', 'middle', 'inside'].map(
      async (path) => textOf(await streams.read(path))))
    expect(texts).toEqual(
      ['one two three four', 'one two three', 'one two drei', 'one two th!'])
    expect(textOf(await streams.read('middle', { from: offset }))).toBe('drei')
    expect((await streams.get('end')).contentType).toBe('text/plain')
  })

  it('outlive their source, whose path is free only once they are gone', async () => {
    const { organization: { streams } } = await open()
    await streams.create('parent', { data: 'kept' })
    await streams.create('child', { fork: { from: 'parent' } })
    await streams.create('grandchild', { fork: { from: 'child' } })
    await streams.delete('parent')
    await streams.delete('child')
    await expect(streams.read('parent')).rejects.toThrow(/deleted/)
    await expect(streams.create('parent')).rejects.toThrow(/path is not free/)
    await expect(streams.create('x', { fork: { from: 'parent' } })).rejects.toThrow(/deleted/)
    expect(textOf(await streams.read('grandchild'))).toBe('kept')
    await streams.delete('grandchild')
    await expect(streams.read('parent')).rejects.toThrow(StreamNotFound)
    expect((await streams.create('parent')).created).toBe(true)
  })

  it('have all they begin with, or are not made, where their source goes meanwhile', async () => {
    const { holdfast, organizationId, organization: { streams } } = await open()
    await streams.create('source', { data: 'kept' })
    const calls: Promise<unknown>[] = []
    await expect(holdfast.transaction(async (transaction) => {
      await transaction.organization(organizationId).streams.create('fork')
      // Waits for the path, which is free once the other stream is taken back.
      calls.push(streams.create('fork', { fork: { from: 'source' } }))
      await sleep(200)
      calls.push(streams.delete('source'))
      await sleep(200)
      throw new Error('taken back')
    })).rejects.toThrow('taken back')
    const [fork] = await Promise.allSettled(calls)
    if (fork?.status === 'rejected') expect(fork.reason).toBeInstanceOf(StreamNotFound)
    else expect(textOf(await streams.read('fork'))).toBe('kept')
  })
})

const part: StreamPart = {
  streamId: 's', contentType: 'text/plain', from: '', chunks: [], offset: '', upToDate: true,
  closed: false, failure: null,
}

it('twenty readers at one place cost one read a signal, and a look a second', async () => {
  let reads = 0
  let tell = () => {}
  const live = new LiveStreams({
    signals: {
      publish: async () => undefined,
      subscribe: async (topic, listener) => {
        tell = () => listener({ topic, missed: false })
        return { close: async () => undefined }
      },
    },
    read: async () => {
      reads += 1
      await sleep(5)
      return part
    },
    look: async () => new Map(),
  })
  const leaving = new AbortController()
  setMaxListeners(0, leaving.signal)
  const key = { organizationId: 'o', path: 'p' } as unknown as StreamKey
  const waiting = Array.from({ length: 20 }, async () => {
    const attachment = await live.attach(key)
    await attachment.next(0, leaving.signal)
    attachment.leave()
  })
  await sleep(50)
  expect(reads).toBe(1)
  tell()
  await sleep(50)
  expect(reads).toBe(2)
  leaving.abort()
  await Promise.all(waiting)
  live.close()
})
