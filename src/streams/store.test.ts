import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { InvalidCursor } from '../database/page.js'
import { InvalidInput } from '../errors.js'
import { contract } from '../testing/contract.js'
import {
  ClosedAt, StreamClosed, StreamExists, StreamFull, StreamNotFound, StreamSequenceConflict,
  StreamTypeMismatch,
} from './errors.js'
import { type StreamPart } from './reader.js'
import { type StreamStore } from './store.js'

const textOf = ({ chunks }: StreamPart) => Buffer.concat(chunks.map(({ data }) => data)).toString()
const text = { contentType: 'text/plain' }
const json = { contentType: 'application/json' }

/** Everything of a stream, read by following its offsets. */
async function whole(streams: StreamStore, path: string): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for (let from = '-1'; ;) {
    const part = await streams.read(path, { from })
    pieces.push(...part.chunks.map(({ data }) => data))
    if (part.upToDate) return Buffer.concat(pieces)
    from = part.offset
  }
}

contract('streams', (open) => {
  it('give back what was appended, from any offset', async () => {
    const { organization: { streams } } = await open()
    const { stream, created } = await streams.create('a/b', { ...text, data: 'one ' })
    expect(created).toBe(true)
    const { offset } = await streams.append('a/b', 'two ')
    await streams.append('a/b', 'three')
    const all = await streams.read('a/b')
    expect(textOf(all)).toBe('one two three')
    expect([all.upToDate, all.closed]).toEqual([true, false])
    expect(textOf(await streams.read('a/b', { from: stream.offset }))).toBe('two three')
    expect(textOf(await streams.read('a/b', { from: offset }))).toBe('three')
    const now = await streams.read('a/b', { from: 'now' })
    expect([now.chunks, now.offset, now.upToDate]).toEqual([[], all.offset, true])
  })

  it('keep every byte, however many and of whatever kind', async () => {
    const { organization: { streams } } = await open()
    await streams.create('bytes')
    const chunks = Array.from({ length: 40 }, (_, index) =>
      Buffer.from(Array.from({ length: 1 + index * 997 }, (__, at) => (at * 31 + index) % 256)))
    const large = Buffer.alloc(1024 * 1024, 'é')
    for (const chunk of chunks) await streams.append('bytes', chunk)
    await streams.append('bytes', large)
    expect((await whole(streams, 'bytes')).equals(Buffer.concat([...chunks, large]))).toBe(true)
  })

  it('hand out offsets that sort and strictly grow', async () => {
    const { organization: { streams } } = await open()
    await streams.create('growing')
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, index) => streams.append('growing', 'x'.repeat(index + 1))))
    const offsets = results.map(({ offset }) => offset)
    expect(new Set(offsets).size).toBe(20)
    expect(offsets.toSorted()).toEqual(offsets)
    const part = await streams.read('growing')
    expect(part.chunks.map(({ offset }) => offset)).toEqual(offsets)
    expect((await streams.get('growing')).offset).toBe(offsets.at(-1))
  })

  it('are found when they are made again alike, and refused otherwise', async () => {
    const { organization: { streams } } = await open()
    const made = await streams.create('same', { ...text, ttlSeconds: 60 })
    const again = await streams.create('same', { contentType: 'TEXT/plain; x=y', ttlSeconds: 60 })
    expect([again.created, again.stream.id]).toEqual([false, made.stream.id])
    const others = [
      { ...text }, { ...json, ttlSeconds: 60 }, { ...text, ttlSeconds: 61 },
      { ...text, ttlSeconds: 60, closed: true }, { ...text, expiresAt: '2099-01-01T00:00:00Z' },
    ]
    for (const other of others) {
      await expect(streams.create('same', other)).rejects.toThrow(StreamExists)
    }
  })

  it('are made once by twenty at once', async () => {
    const { organization: { streams } } = await open()
    const made = await Promise.all(
      Array.from({ length: 20 }, () => streams.create('contended', { ...text, data: 'first' })))
    expect(made.filter(({ created }) => created)).toHaveLength(1)
    expect(new Set(made.map(({ stream }) => stream.id)).size).toBe(1)
    expect((await whole(streams, 'contended')).toString()).toBe('first')
  })

  it('lose nothing of twenty writers at once, and mix no two appends', async () => {
    const { organization: { streams } } = await open()
    await streams.create('crowd')
    const words = Array.from({ length: 200 }, (_, index) => `<${index}>`)
    await Promise.all(words.map((word) => streams.append('crowd', word)))
    const read = (await whole(streams, 'crowd')).toString()
    expect(read.match(/<\d+>/g)?.toSorted()).toEqual(words.toSorted())
    expect(read).toHaveLength(words.join('').length)
  })

  it('append nothing to a stream that is not there, closed, of another type or full', async () => {
    const { another, isLasting, organizationId, organization: { streams } } = await open()
    await expect(streams.append('none', 'x')).rejects.toThrow(StreamNotFound)
    await expect(streams.read('none')).rejects.toThrow(StreamNotFound)
    await expect(streams.get('none')).rejects.toThrow(StreamNotFound)
    await expect(streams.delete('none')).rejects.toThrow(StreamNotFound)
    await streams.create('words', { ...text, data: 'begin' })
    await expect(streams.append('words', '1', json)).rejects.toThrow(StreamTypeMismatch)
    await expect(streams.append('words', '')).rejects.toThrow(InvalidInput)
    await streams.create('messages', json)
    await expect(streams.append('messages', 'words')).rejects.toThrow(StreamTypeMismatch)
    await streams.close('words')
    await expect(streams.append('words', 'x', text)).rejects.toThrow(StreamClosed)
    expect((await whole(streams, 'words')).toString()).toBe('begin')
    if (!isLasting) return
    const small = await another({ streamBytesMax: 8 })
    const { streams: narrow } = small.organization(organizationId)
    await narrow.create('narrow', { data: '123456' })
    await expect(narrow.append('narrow', '789')).rejects.toThrow(StreamFull)
    await narrow.append('narrow', '78')
    expect((await whole(narrow, 'narrow')).toString()).toBe('12345678')
  })

  it('close once and for all, with last bytes and a reason', async () => {
    const { organization: { streams } } = await open()
    await streams.create('done', text)
    const last = await streams.append('done', 'last words', { close: true, failure: 'out of luck' })
    expect(last.closed).toBe(true)
    const part = await streams.read('done')
    expect([textOf(part), part.closed, part.failure]).toEqual(['last words', true, 'out of luck'])
    const again = await streams.close('done')
    expect([again.closed, again.duplicate, again.offset]).toEqual([true, true, last.offset])
    const refused = await streams.append('done', 'more').catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(ClosedAt)
    expect((refused as ClosedAt).offset).toBe(last.offset)
    expect((await streams.get('done')).failure).toBe('out of luck')
  })

  it('append by a sequence only what is greater than the last one', async () => {
    const { organization: { streams } } = await open()
    await streams.create('ordered')
    await streams.append('ordered', 'a', { sequence: '09' })
    for (const sequence of ['09', '08', '0']) {
      await expect(streams.append('ordered', 'x', { sequence }))
        .rejects.toThrow(StreamSequenceConflict)
    }
    await streams.append('ordered', 'b', { sequence: '10' })
    // As bytes go in UTF-8, not as code units do.
    await streams.append('ordered', 'c', { sequence: '\uffff' })
    await streams.append('ordered', 'd', { sequence: '\u{10000}' })
    await streams.append('ordered', 'e')
    expect((await whole(streams, 'ordered')).toString()).toBe('abcde')
    const racing = await Promise.allSettled(Array.from({ length: 20 }, () =>
      streams.append('ordered', '!', { sequence: '\u{10001}' })))
    expect(racing.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect((await whole(streams, 'ordered')).toString()).toBe('abcde!')
  })

  it('keep messages apart in JSON, as they were written', async () => {
    const { organization: { streams } } = await open()
    await streams.create('json', { ...json, data: '[{"a": 1.0}, [2, "]\\",["]]' })
    const { offset } = await streams.append('json', ' 12345678901234567890 ', json)
    await streams.appendMessages('json', ['three', null])
    const read = (await whole(streams, 'json')).toString()
    expect(read).toBe('{"a": 1.0}[2, "]\\",["]12345678901234567890"three",null'
      .replace('}[2', '},[2'))
    expect(textOf(await streams.read('json', { from: offset }))).toBe('"three",null')
    await expect(streams.append('json', '[]', json)).rejects.toThrow(InvalidInput)
    await expect(streams.append('json', '{"a":', json)).rejects.toThrow(/not valid JSON/)
    const inside = `${'0'.repeat(16)}_${'3'.padStart(16, '0')}`
    await expect(streams.read('json', { from: inside })).rejects.toThrow(InvalidInput)
  })

  it('refuse what breaks a rule, naming the field', async () => {
    const { organization: { streams } } = await open()
    await streams.create('ruled', text)
    const refusals: [() => Promise<unknown>, string][] = [
      [() => streams.create('/x'), 'path'], [() => streams.create('a//b'), 'path'],
      [() => streams.create('a/../b'), 'path'], [() => streams.create('x'.repeat(256)), 'path'],
      [() => streams.create('x', { contentType: 'words' }), 'content_type'],
      [() => streams.create('x', { ttlSeconds: -1 }), 'ttl_seconds'],
      [() => streams.create('x', { expiresAt: 'tomorrow' }), 'expires_at'],
      [() => streams.append('ruled', Buffer.alloc(1024 * 1024 + 1)), 'body'],
      [() => streams.append('ruled', 'x', { sequence: '' }), 'sequence'],
      [() => streams.append('ruled', 'x', { producer: { id: '', epoch: 0, seq: 0 } }),
        'producer_id'],
      [() => streams.append('ruled', 'x', { producer: { id: 'p', epoch: -1, seq: 0 } }),
        'producer_epoch'],
      [() => streams.close('ruled', { failure: '' }), 'failure'],
      [() => streams.read('ruled', { from: 'x' }), 'offset'],
      [() => streams.read('ruled', { from: `${'0'.repeat(16)}_${'9'.repeat(16)}` }), 'offset'],
      [() => streams.read('ruled', { from: `${'0'.repeat(16)}_${'1'.padStart(16, '0')}` }),
        'offset'],
    ]
    for (const [work, field] of refusals) {
      const error = await work().catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(InvalidInput)
      expect((error as InstanceType<typeof InvalidInput>).field).toBe(field)
    }
  })

  it('are listed by path to the end, page by page', async () => {
    const { organization: { streams } } = await open()
    const paths = Array.from({ length: 25 }, (_, index) => `list/${String(index).padStart(2, '0')}`)
    await Promise.all([...paths, 'other', 'listing'].map((path) => streams.create(path)))
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await streams.list({ prefix: 'list/', limit: 10, cursor })
      seen.push(...page.data.map(({ path }) => path))
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined)
    expect(seen).toEqual(paths)
    expect((await streams.list({ limit: 200 })).data).toHaveLength(27)
    await expect(streams.list({ prefix: 'x', cursor: 'bm8' })).rejects.toThrow(InvalidCursor)
  })

  it('vanish when deleted, and their path is free for another stream', async () => {
    const { organization: { streams }, holdfast } = await open()
    const { stream } = await streams.create('short', { ...text, data: 'secret' })
    await streams.append('short', 'x', { producer: { id: 'p', epoch: 3, seq: 0 } })
    await streams.delete('short')
    await expect(streams.read('short')).rejects.toThrow(StreamNotFound)
    const { stream: next, created } = await streams.create('short', { ...json })
    expect([created, next.id === stream.id]).toEqual([true, false])
    await streams.append('short', '1', { ...json, producer: { id: 'p', epoch: 0, seq: 0 } })
    expect((await whole(streams, 'short')).toString()).toBe('1')
    const left = holdfast.database.write.selectFrom('stream_chunks').selectAll()
      .where('stream_id', '=', stream.id as never)
    expect(await holdfast.database.all(left)).toEqual([])
  })

  it('do nothing when the transaction around them rolls back', async () => {
    const { holdfast, organizationId, organization: { streams } } = await open()
    await streams.create('kept', { ...text, data: 'before' })
    const failing = holdfast.transaction(async (transaction) => {
      const { streams: inside } = transaction.organization(organizationId)
      await inside.append('kept', ' and after', { close: true })
      await inside.create('made')
      expect(textOf(await inside.read('kept'))).toBe('before and after')
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    const part = await streams.read('kept')
    expect([textOf(part), part.closed]).toEqual(['before', false])
    expect(await streams.find('made')).toBeUndefined()
  })

  it('are not seen by a neighbour, under the same path neither', async () => {
    const { organization: { streams }, neighbour: { streams: theirs } } = await open()
    await streams.create('shared/name', { ...text, data: 'ours' })
    await expect(theirs.read('shared/name')).rejects.toThrow(StreamNotFound)
    await expect(theirs.append('shared/name', 'x')).rejects.toThrow(StreamNotFound)
    await expect(theirs.delete('shared/name')).rejects.toThrow(StreamNotFound)
    await expect(theirs.create('mine', { fork: { from: 'shared/name' } }))
      .rejects.toThrow(StreamNotFound)
    await theirs.create('shared/name', { ...text, data: 'theirs' })
    expect((await theirs.list()).data).toHaveLength(1)
    await theirs.delete('shared/name')
    expect((await whole(streams, 'shared/name')).toString()).toBe('ours')
  })

  it('live on while they are read or written, then expire and are swept', async () => {
    const { holdfast, organization: { streams } } = await open()
    await streams.create('fleeting', { ...text, ttlSeconds: 1, data: 'x' })
    await streams.create('fixed', { expiresAt: new Date(Date.now() + 60_000).toISOString() })
    for (let step = 0; step < 4; step += 1) {
      await sleep(500)
      if (step % 2 === 0) await streams.append('fleeting', '.')
      else await streams.read('fleeting')
    }
    expect((await whole(streams, 'fleeting')).toString()).toBe('x..')
    await sleep(1_500)
    await expect(streams.append('fleeting', '.')).rejects.toThrow(StreamNotFound)
    expect((await streams.list()).data.map(({ path }) => path)).toEqual(['fixed'])
    await holdfast.streamLog.sweep()
    const rows = holdfast.database.write.selectFrom('streams').select('path')
      .where('path', '=', 'fleeting' as never)
    expect(await holdfast.database.all(rows)).toEqual([])
    const { created } = await streams.create('fleeting', json)
    expect(created).toBe(true)
  })
})
