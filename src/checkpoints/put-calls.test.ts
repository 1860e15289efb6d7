import { expect, it } from 'vitest'
import { type Call, roundOf, weightOf } from './put-calls.js'
import { checkedPut } from './rules.js'
import { plainWrapping } from './wrapping.js'

const scope = { organizationId: 'o', threadId: 't', wrapping: plainWrapping, createdBy: 'test' }
const value = { type: 'json', bytes: Buffer.from('1') }
const task = { taskId: 'task', writes: [{ index: 0, channel: 'a', value }] }

const put = (more: { fence?: number; writes?: (typeof task)[] } = {}): Call => ({
  ...scope, kind: 'put',
  put: checkedPut({
    threadId: 't', checkpointId: '1', state: value, channelVersions: {}, values: {}, ...more,
  }, 1_000),
})
const writes = (fence?: number): Call => ({
  ...scope, kind: 'writes', put: { threadId: 't', checkpointId: '1', ...task, fence },
})

/** How many calls go at once, and how many wait. */
function split(...calls: Call[]): [number, number] {
  const { round, left } = roundOf(calls)
  expect([...round, ...left]).toEqual(calls)
  return [round.length, left.length]
}

it('a checkpoint and the writes around it share one transaction', () => {
  expect(split(writes(), put(), writes(), writes())).toEqual([4, 0])
})

it('a second checkpoint of a thread waits, and what came behind it as well', () => {
  expect(split(put(), writes(), put(), writes())).toEqual([2, 2])
})

it('another fencing token waits', () => {
  expect(split(put({ fence: 1 }), writes(1), writes(2), writes(1))).toEqual([2, 2])
})

it('a checkpoint with writes of its own goes alone', () => {
  expect(split(put({ writes: [task] }), writes())).toEqual([1, 1])
  expect(split(writes(), put({ writes: [task] }))).toEqual([1, 1])
})

it('few large values go in one batch, although most of a value is there already', () => {
  const mebibyte = 1024 * 1024
  const bytes = new Uint8Array(8 * mebibyte)
  const large: Call = {
    ...scope, kind: 'put',
    put: checkedPut({
      threadId: 't', checkpointId: '1', state: value, channelVersions: { a: 1, b: 1 },
      values: { a: { type: 'x', bytes }, b: { type: 'x', bytes } },
    }, 8 * mebibyte),
  }
  // The writer's batches weigh 4 MiB.
  expect(weightOf(large) * 4).toBeGreaterThan(4 * mebibyte)
  expect(weightOf(put()) * 128).toBeLessThan(mebibyte)
})
