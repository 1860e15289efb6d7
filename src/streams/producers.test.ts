import { expect, it } from 'vitest'
import { InvalidInput } from '../errors.js'
import { contract } from '../testing/contract.js'
import { FencedBy, GapBefore, StreamClosed } from './errors.js'
import { type StreamStore } from './store.js'

const read = async (streams: StreamStore, path: string) =>
  Buffer.concat((await streams.read(path)).chunks.map(({ data }) => data)).toString()

contract('producers of a stream', (open) => {
  it('append once, however often they repeat', async () => {
    const { organization: { streams } } = await open()
    await streams.create('once')
    const step = (seq: number) => ({ producer: { id: 'p', epoch: 0, seq } })
    for (const [seq, word] of ['a', 'b', 'c'].entries()) {
      const { duplicate } = await streams.append('once', word, step(seq))
      expect(duplicate).toBe(false)
      const again = await streams.append('once', word, step(seq))
      expect([again.duplicate, again.producerSeq]).toEqual([true, seq])
    }
    const old = await streams.append('once', 'zzz', step(0))
    expect([old.duplicate, old.producerSeq]).toEqual([true, 2])
    expect(await read(streams, 'once')).toBe('abc')
  })

  it('append once in order what they send twenty at a time, some of it repeated', async () => {
    const { organization: { streams } } = await open()
    await streams.create('pipelined')
    const words = Array.from({ length: 60 }, (_, index) => `${index},`)
    const send = (from: number, to: number) => Promise.all(words.slice(from, to).map(
      (word, index) => streams.append('pipelined', word, {
        producer: { id: 'p', epoch: 0, seq: from + index },
      })))
    await send(0, 20)
    const again = await send(10, 40)
    expect(again.map(({ duplicate }) => duplicate)).toEqual(
      Array.from({ length: 30 }, (_, index) => index < 10))
    await Promise.all([send(40, 60), send(40, 60)])
    expect(await read(streams, 'pipelined')).toBe(words.join(''))
  })

  it('append once when two processes send the same', async () => {
    const { another, isLasting, organizationId, organization: { streams } } = await open()
    if (!isLasting) return
    const other = await another()
    const { streams: twin } = other.organization(organizationId)
    await streams.create('twins')
    for (let seq = 0; seq < 30; seq += 1) {
      const producer = { id: 'p', epoch: 0, seq }
      const sent = await Promise.all([streams, twin].map((each) =>
        each.append('twins', `${seq},`, { producer })))
      expect(sent.map(({ duplicate }) => duplicate).toSorted()).toEqual([false, true])
    }
    expect(await read(streams, 'twins')).toBe(
      Array.from({ length: 30 }, (_, seq) => `${seq},`).join(''))
  })

  it('are told what is missing, and fenced off by a later incarnation', async () => {
    const { organization: { streams } } = await open()
    await streams.create('fenced')
    const append = (epoch: number, seq: number) =>
      streams.append('fenced', `${epoch}.${seq} `, { producer: { id: 'p', epoch, seq } })
    const first = await append(0, 1).catch((error: unknown) => error)
    expect(first).toBeInstanceOf(GapBefore)
    expect(first).toMatchObject({ expectedSeq: 0, receivedSeq: 1 })
    await append(0, 0)
    const gap = await append(0, 5).catch((error: unknown) => error)
    expect(gap).toMatchObject({ expectedSeq: 1, receivedSeq: 5 })
    await expect(append(2, 1)).rejects.toThrow(InvalidInput)
    await append(2, 0)
    const stale = await append(1, 0).catch((error: unknown) => error)
    expect(stale).toBeInstanceOf(FencedBy)
    expect(stale).toMatchObject({ epoch: 2 })
    await append(2, 1)
    // Each producer has a state of its own.
    await streams.append('fenced', 'q', { producer: { id: 'q', epoch: 0, seq: 0 } })
    expect(await read(streams, 'fenced')).toBe('0.0 2.0 2.1 q')
  })

  it('close once, and know their own close again', async () => {
    const { organization: { streams } } = await open()
    await streams.create('closing')
    const producer = { id: 'p', epoch: 0, seq: 1 }
    await streams.append('closing', 'a', { producer: { ...producer, seq: 0 } })
    await streams.append('closing', 'b', { producer, close: true })
    const again = await streams.append('closing', 'B', { producer, close: true })
    expect([again.duplicate, again.closed]).toEqual([true, true])
    const others = [
      { ...producer, seq: 0 }, { ...producer, seq: 2 }, { ...producer, id: 'q', seq: 0 },
    ]
    for (const other of others) {
      await expect(streams.append('closing', 'x', { producer: other }))
        .rejects.toThrow(StreamClosed)
    }
    expect(await read(streams, 'closing')).toBe('ab')
  })

  it('share one batch with other writers, each judged for itself', async () => {
    const { organization: { streams } } = await open()
    await streams.create('mixed')
    await streams.append('mixed', 'P0', { producer: { id: 'p', epoch: 0, seq: 0 } })
    const results = await Promise.allSettled([
      streams.append('mixed', 'a'),
      streams.append('mixed', 'P0', { producer: { id: 'p', epoch: 0, seq: 0 } }),
      streams.append('mixed', 'P1', { producer: { id: 'p', epoch: 0, seq: 1 } }),
      streams.append('mixed', '{}', { contentType: 'application/json' }),
      streams.append('mixed', 'b'),
      streams.append('mixed', 'P9', { producer: { id: 'p', epoch: 0, seq: 9 } }),
      streams.append('nowhere', 'x'),
      streams.append('mixed', 'c', { sequence: '1' }),
      streams.append('mixed', 'd', { sequence: '1' }),
    ])
    expect(results.map(({ status }) => status === 'fulfilled')).toEqual(
      [true, true, true, false, true, false, false, true, false])
    expect((await read(streams, 'mixed')).match(/P\d|[a-d]/g)?.toSorted())
      .toEqual(['P0', 'P1', 'a', 'b', 'c'])
  })
})
