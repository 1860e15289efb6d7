import { expect, it } from 'vitest'
import { comparedChannels } from './compare.js'
import { type StoredCheckpoint } from './contract.js'

const checkpoint = (text: string) => ({
  values: { deep: { type: 'json', bytes: Buffer.from(text) } },
}) as unknown as StoredCheckpoint

const nested = (levels: number, inmost: string) => '['.repeat(levels) + inmost + ']'.repeat(levels)

it('values that are nested deep are told apart without a look inside', () => {
  const [before, after] = ['1', '2'].map((each) => checkpoint(nested(100_000, each)))
  const [change] = comparedChannels(before!, after!)
  expect(change).toMatchObject({ channel: 'deep', change: 'changed' })
  expect(change!.paths).toBeUndefined()
  const [begun] = comparedChannels(checkpoint('{}'), after!)
  expect(begun!.paths).toBeUndefined()
  const [shallow] = comparedChannels(checkpoint(nested(150, '1')), checkpoint(nested(150, '2')))
  expect(shallow!.paths).toEqual([
    { path: '/0'.repeat(150), change: 'changed', before: 1, after: 2 },
  ])
})
