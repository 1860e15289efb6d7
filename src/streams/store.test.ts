import { expect, it } from 'vitest'
import { contract } from '../testing/contract.js'
import { type StreamPart } from './reader.js'

const textOf = ({ chunks }: StreamPart) => Buffer.concat(chunks.map(({ data }) => data)).toString()

contract('streams', (open) => {
  it('give back what was appended, from any offset', async () => {
    const { organization: { streams } } = await open()
    const { stream, created } = await streams.create('a/b', {
      contentType: 'text/plain', data: 'one ',
    })
    expect(created).toBe(true)
    const { offset } = await streams.append('a/b', 'two ')
    await streams.append('a/b', 'three')
    const all = await streams.read('a/b')
    expect(textOf(all)).toBe('one two three')
    expect([all.upToDate, all.closed]).toEqual([true, false])
    expect(textOf(await streams.read('a/b', { from: stream.offset }))).toBe('two three')
    expect(textOf(await streams.read('a/b', { from: offset }))).toBe('three')
    const now = await streams.read('a/b', { from: 'now' })
    expect([now.chunks, now.offset]).toEqual([[], all.offset])
  })
})
