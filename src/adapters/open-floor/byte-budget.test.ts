import { setTimeout as passed } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { ByteBudget } from './byte-budget.js'

const never = new AbortController().signal

it('holds no more bytes at once than it has, and serves in order', async () => {
  const budget = new ByteBudget(10)
  const [began, sums]: [number[], number[]] = [[], []]
  let held = 0
  const take = (bytes: number, signal = never) => budget.during(bytes, signal, async () => {
    began.push(bytes)
    sums.push(held += bytes)
    await passed(5)
    held -= bytes
  })
  await Promise.all([4, 5, 3, 1, 25, 2].map((bytes) => take(bytes)))
  expect(began).toStrictEqual([4, 5, 3, 1, 25, 2])
  // What is larger than all there is comes alone.
  expect(sums.filter((sum) => sum > 10)).toStrictEqual([25])
  await expect(budget.during(10, never, () => Promise.reject(new Error('ours')))).rejects
    .toThrow('ours')
  await take(10)
})

it('lets those behind go on when one that waits is called off', async () => {
  const budget = new ByteBudget(10)
  const ending = new AbortController()
  let end: (() => void) | undefined
  const first = budget.during(8, never, () => new Promise<void>((done) => { end = done }))
  const second = budget.during(9, ending.signal, () => Promise.resolve('second'))
  const third = budget.during(2, never, () => Promise.resolve('third'))
  ending.abort(new Error('called off'))
  await expect(second).rejects.toThrow('called off')
  expect(await third).toBe('third')
  await expect(budget.during(1, ending.signal, () => Promise.resolve())).rejects
    .toThrow('called off')
  end!()
  await first
  expect(await budget.during(10, never, () => Promise.resolve('all'))).toBe('all')
})
