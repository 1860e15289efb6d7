import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InvalidInput } from '../errors.js'
import { CoalescingWriter, type CoalescingWriterOptions, type Outcome } from './coalesce.js'
import {
  Busy, DatabaseFailure, StatementTimeout, Unavailable, UniqueViolation,
} from './failures.js'

interface Input {
  readonly key: string
  readonly text: string
  readonly weight?: number
}

type Answer = (inputs: readonly Input[]) => Promise<readonly Outcome<string>[]>

const turn = () => new Promise<void>((resolve) => { setImmediate(resolve) })
const turns = async (count: number) => { for (let each = 0; each < count; each++) await turn() }
const call = (text: string, key = 'k'): Input => ({ key, text })
const done = (inputs: readonly Input[]) => inputs.map(({ text }) => ({ value: `wrote ${text}` }))

function refusing<V>(refused: boolean, value: V): V {
  if (refused) throw new InvalidInput('refused')
  return value
}

/** A writer whose batches are recorded and wait for `finish`. */
function writerOf(options: Partial<CoalescingWriterOptions<Input, string>> = {}) {
  const batches: string[][] = []
  const open: (() => void)[] = []
  let answer: Answer = async (inputs) => done(inputs)
  const write: Answer = async (inputs) => {
    batches.push(inputs.map(({ text }) => text))
    await new Promise<void>((resolve) => { open.push(resolve) })
    return answer(inputs)
  }
  const writer = new CoalescingWriter<Input, string>({
    write, orderKey: ({ key }) => key, weigh: ({ weight }) => weight ?? 1, lanes: 1, ...options,
  })
  /** Lets every batch finish, those that are sent meanwhile included. */
  const finish = async () => {
    for (let idle = 0; idle < 3; idle++) {
      await turn()
      for (const release of open.splice(0)) {
        release()
        idle = 0
      }
    }
  }
  return { writer, batches, finish, answerWith: (given: Answer) => { answer = given } }
}

describe('a call', () => {
  it('that comes alone goes at once, alone', async () => {
    const { writer, batches, finish } = writerOf()
    const written = writer.append(call('a'))
    await turn()
    expect(batches).toEqual([['a']])
    await finish()
    expect(await written).toBe('wrote a')
  })

  it('that follows a finished one goes at once too', async () => {
    const { writer, batches, finish } = writerOf()
    for (const text of ['a', 'b', 'c']) {
      const written = writer.append(call(text))
      await turn()
      expect(batches.at(-1)).toEqual([text])
      await finish()
      await written
    }
  })

  it('of the same moment shares the first batch', async () => {
    const { writer, batches, finish } = writerOf()
    const written = Promise.all(['a', 'b', 'c'].map((text) => writer.append(call(text))))
    await finish()
    expect(await written).toEqual(['wrote a', 'wrote b', 'wrote c'])
    expect(batches).toEqual([['a', 'b', 'c']])
  })

  it('that arrives while a batch is in flight joins the next', async () => {
    const { writer, batches, finish } = writerOf()
    const first = writer.append(call('a'))
    await turn()
    const rest = ['b', 'c', 'd'].map((text) => writer.append(call(text)))
    await turns(5)
    expect(batches).toEqual([['a']])
    await finish()
    expect(await Promise.all([first, ...rest])).toHaveLength(4)
    expect(batches).toEqual([['a'], ['b', 'c', 'd']])
  })

  it('waits for the end of its turn where company is likely, and only there', async () => {
    const { writer, batches, finish } = writerOf({ hasCompany: ({ text }) => text === 'a' })
    const all: string[][] = []
    for (const texts of [['x'], ['a', 'b'], ['x'], ['x'], ['a', 'b'], ['a'], ['x'], ['b', 'a']]) {
      const written = texts.map((text) => writer.append(call(text)))
      await finish()
      await Promise.all(written)
      all.push(texts)
    }
    const last = [['b'], ['a']]
    expect(batches).toEqual([...all.slice(0, -1), ...last])
  })

  it('gets its own answer, value or error', async () => {
    const { writer, finish, answerWith } = writerOf()
    const refused = new InvalidInput('not b')
    answerWith(async (inputs) =>
      inputs.map(({ text }) => (text === 'b' ? { error: refused } : { value: text })))
    const outcomes = Promise.allSettled(['a', 'b', 'c'].map((text) => writer.append(call(text))))
    await finish()
    expect(await outcomes).toEqual([
      { status: 'fulfilled', value: 'a' },
      { status: 'rejected', reason: refused },
      { status: 'fulfilled', value: 'c' },
    ])
  })
})

describe('a batch', () => {
  it('holds no more calls than its limit', async () => {
    const { writer, batches, finish } = writerOf({ batchMax: 3 })
    const written = Promise.all([...'abcdefgh'].map((text) => writer.append(call(text))))
    await finish()
    await written
    expect(batches).toEqual([[...'abc'], [...'def'], [...'gh']])
  })

  it('weighs no more than its limit, but a heavier call goes alone', async () => {
    const { writer, batches, finish } = writerOf({ batchWeightMax: 10 })
    const weights: [string, number][] = [
      ['a', 4], ['b', 6], ['c', 1], ['d', 99], ['e', 10], ['f', 0], ['g', 5], ['h', 6],
    ]
    const written = Promise.all(
      weights.map(([text, weight]) => writer.append({ ...call(text), weight })))
    await finish()
    await written
    expect(batches).toEqual([['a', 'b'], ['c'], ['d'], ['e', 'f'], ['g'], ['h']])
  })

  it('of a lane is in flight alone, and no more are than there are lanes', async () => {
    let inFlight = 0
    let most = 0
    const keysInFlight = new Set<string>()
    const writer = new CoalescingWriter<Input, string>({
      orderKey: ({ key }) => key,
      weigh: () => 1,
      lanes: 3,
      batchMax: 4,
      async write(inputs) {
        const keys = new Set(inputs.map(({ key }) => key))
        for (const key of keys) {
          expect(keysInFlight.has(key)).toBe(false)
          keysInFlight.add(key)
        }
        inFlight += 1
        most = Math.max(most, inFlight)
        await turns(2)
        inFlight -= 1
        for (const key of keys) keysInFlight.delete(key)
        return done(inputs)
      },
    })
    const calls = Array.from({ length: 300 }, (_, index) => call(`${index}`, `key ${index % 40}`))
    await Promise.all(calls.map((each) => writer.append(each)))
    expect(most).toBe(3)
  })

  it('keeps the order of the calls of one key', async () => {
    const keys = ['one', 'two', 'three', 'four']
    const order = new Map<string, number[]>(keys.map((key) => [key, []]))
    const writer = new CoalescingWriter<Input, string>({
      orderKey: ({ key }) => key,
      weigh: () => 1,
      batchMax: 3,
      async write(inputs) {
        await turns(Math.floor(Math.random() * 3))
        for (const { key, text } of inputs) order.get(key)!.push(Number(text))
        return done(inputs)
      },
    })
    const calls = Array.from({ length: 200 }, (_, index) => call(`${index}`, keys[index % 4]))
    await Promise.all(calls.map((each) => writer.append(each)))
    for (const written of order.values()) {
      expect(written).toHaveLength(50)
      expect(written).toEqual([...written].sort((a, b) => a - b))
    }
  })
})

describe('a second batch', () => {
  const many = (count: number, from = 0) =>
    Array.from({ length: count }, (_, index) => call(`${from + index}`, `key ${from + index}`))

  it('goes beside one in flight when enough calls wait, an even share each', async () => {
    const { writer, batches, finish } = writerOf({ lanes: 2, laneMin: 4, patienceMs: 60_000 })
    const written = Promise.all(many(10).map((each) => writer.append(each)))
    await turns(3)
    expect(batches.map(({ length }) => length)).toEqual([5, 5])
    await finish()
    await written
  })

  it('waits for the one in flight while few calls wait', async () => {
    const { writer, batches, finish } = writerOf({ lanes: 2, laneMin: 4, patienceMs: 60_000 })
    const written = [...many(2), ...many(3, 2)].map((each, index) =>
      turns(index < 2 ? 0 : 3).then(() => writer.append(each)))
    await turns(10)
    expect(batches).toEqual([['0', '1']])
    await finish()
    await Promise.all(written)
    expect(batches).toEqual([['0', '1'], ['2', '3', '4']])
  })

  it('waits no longer than a caller’s patience', async () => {
    const { writer, batches, finish } = writerOf({ lanes: 2, laneMin: 4, patienceMs: 5 })
    const first = writer.append(call('a', 'slow'))
    await turn()
    const second = writer.append(call('b', 'other'))
    await expect.poll(() => batches.length).toBe(2)
    expect(batches).toEqual([['a'], ['b']])
    await finish()
    await Promise.all([first, second])
  })

  it('never holds a key that is in flight, however long its call waits', async () => {
    const { writer, batches, finish } = writerOf({ lanes: 2, laneMin: 2, patienceMs: 1 })
    const first = writer.append(call('a', 'hot'))
    await turn()
    const rest = [call('b', 'hot'), call('c', 'cold'), call('d', 'hot')]
      .map((each) => writer.append(each))
    await expect.poll(() => batches.length).toBe(2)
    await new Promise((done) => setTimeout(done, 20))
    expect(batches).toEqual([['a'], ['c']])
    await finish()
    await Promise.all([first, ...rest])
    expect(batches).toEqual([['a'], ['c'], ['b', 'd']])
  })
})

describe('a batch that was rolled back', () => {
  it('is repeated call by call, in order, so that one bad call fails alone', async () => {
    const { writer, batches, finish, answerWith } = writerOf()
    answerWith(async (inputs) => {
      if (inputs.some(({ text }) => text === 'bad')) throw new UniqueViolation('twice')
      return done(inputs)
    })
    const calls = ['a', 'bad', 'c'].map((text) => writer.append(call(text)))
    const outcomes = Promise.allSettled(calls)
    await finish()
    const [first, second, third] = await outcomes
    expect(first).toEqual({ status: 'fulfilled', value: 'wrote a' })
    expect(second).toMatchObject({ status: 'rejected', reason: { name: 'UniqueViolation' } })
    expect(third).toEqual({ status: 'fulfilled', value: 'wrote c' })
    expect(batches).toEqual([['a', 'bad', 'c'], ['a'], ['bad'], ['c']])
  })

  it('of a single call is not repeated', async () => {
    const { writer, batches, finish, answerWith } = writerOf()
    answerWith(async () => { throw new UniqueViolation('twice') })
    const written = expect(writer.append(call('a'))).rejects.toThrow(UniqueViolation)
    await finish()
    await written
    expect(batches).toEqual([['a']])
  })
})

describe('a batch that may have been committed', () => {
  const failures: [string, Error][] = [
    ['the connection was lost', new Unavailable('lost')],
    ['the answer came too late', new StatementTimeout('late')],
    ['the database failed in an unknown way', new DatabaseFailure('odd')],
    ['the program failed after writing', new TypeError('x is not a function')],
  ]
  for (const [name, failure] of failures) {
    it(`fails for every call and is not repeated: ${name}`, async () => {
      const { writer, batches, finish, answerWith } = writerOf()
      answerWith(async () => { throw failure })
      const calls = ['a', 'b', 'c'].map((text) => writer.append(call(text)))
      const outcomes = Promise.allSettled(calls)
      await finish()
      expect(await outcomes).toEqual(
        Array.from({ length: 3 }, () => ({ status: 'rejected', reason: failure })))
      expect(batches).toEqual([['a', 'b', 'c']])
      answerWith(async (inputs) => done(inputs))
      const later = writer.append(call('later'))
      await finish()
      expect(await later).toBe('wrote later')
    })
  }

  it('is not repeated either when it answered for some calls only', async () => {
    const { writer, batches, finish, answerWith } = writerOf()
    answerWith(async () => [{ value: 'just one' }])
    const outcomes = Promise.allSettled(['a', 'b'].map((text) => writer.append(call(text))))
    await finish()
    const reasons = (await outcomes).map((each) => 'reason' in each && String(each.reason))
    expect(reasons).toEqual(new Array(2).fill('AssertionError: a batch must answer every call'))
    expect(batches).toEqual([['a', 'b']])
  })
})

describe('the queue', () => {
  it('refuses what exceeds its limit as Busy, and takes more once it is shorter', async () => {
    const { writer, batches, finish } = writerOf({ waitingMax: 3 })
    const first = writer.append(call('in flight'))
    await turn()
    const waiting = ['a', 'b', 'c'].map((text) => writer.append(call(text)))
    const refused = writer.append(call('d'))
    await expect(refused).rejects.toThrow(Busy)
    await expect(refused).rejects.toMatchObject({ retryable: true, retryAfterSeconds: 1 })
    await finish()
    await Promise.all([first, ...waiting])
    const later = writer.append(call('e'))
    await finish()
    expect(await later).toBe('wrote e')
    expect(batches).toEqual([['in flight'], ['a', 'b', 'c'], ['e']])
  })

  it('goes on when a call cannot be weighed or sorted', async () => {
    const { writer, finish } = writerOf({
      weigh: ({ text }) => refusing(text === 'weightless', 1),
      orderKey: ({ text, key }) => refusing(text === 'keyless', key),
    })
    await expect(writer.append(call('weightless'))).rejects.toThrow(InvalidInput)
    await expect(writer.append(call('keyless'))).rejects.toThrow(InvalidInput)
    const written = writer.append(call('fine'))
    await finish()
    expect(await written).toBe('wrote fine')
  })
})

describe('under random failures', () => {
  type Fate = 'fine' | 'refused' | 'lost before' | 'lost after' | 'rolled back' | 'slow'
  const fates = fc.constantFrom<Fate>(
    'fine', 'fine', 'fine', 'refused', 'lost before', 'lost after', 'rolled back', 'slow')
  const plans = fc.record({
    batches: fc.array(fates, { minLength: 1, maxLength: 30 }),
    bad: fc.uniqueArray(fc.nat({ max: 60 }), { maxLength: 6 }),
    keys: fc.integer({ min: 1, max: 8 }),
    lanes: fc.integer({ min: 1, max: 3 }),
    batchMax: fc.integer({ min: 1, max: 7 }),
    pauses: fc.array(fc.nat({ max: 4 }), { maxLength: 20 }),
  })

  it('no call is lost, written twice, acknowledged unwritten or out of order', async () => {
    await fc.assert(fc.asyncProperty(plans, async (plan) => {
      const stored: Input[] = []
      let batch = 0
      const writer = new CoalescingWriter<Input, string>({
        orderKey: ({ key }) => key,
        weigh: () => 1,
        lanes: plan.lanes,
        batchMax: plan.batchMax,
        async write(inputs) {
          const fate = plan.batches[batch++ % plan.batches.length]!
          if (fate === 'lost before') throw new Unavailable('lost')
          if (fate === 'slow') await turns(2)
          const isBad = ({ text }: Input) => plan.bad.includes(Number(text))
          if (fate === 'refused') return inputs.map(() => ({ error: new InvalidInput('no') }))
          if (fate === 'rolled back' || inputs.some(isBad)) throw new UniqueViolation('twice')
          stored.push(...inputs)
          if (fate === 'lost after') throw new Unavailable('lost')
          return done(inputs)
        },
      })
      const answers: Promise<PromiseSettledResult<string>>[] = []
      for (let index = 0; index < 60; index++) {
        const written = writer.append(call(`${index}`, `key ${index % plan.keys}`))
        answers.push(Promise.allSettled([written]).then(([outcome]) => outcome!))
        await turns(plan.pauses[index % (plan.pauses.length || 1)] ?? 0)
      }
      const outcomes = await Promise.all(answers)
      const times = (text: string) => stored.filter((each) => each.text === text).length
      outcomes.forEach((outcome, index) => {
        const surelyNot = outcome.status === 'rejected' && !(outcome.reason instanceof Unavailable)
        if (outcome.status === 'fulfilled') expect(times(`${index}`)).toBe(1)
        else if (surelyNot) expect(times(`${index}`)).toBe(0)
        else expect(times(`${index}`)).toBeLessThanOrEqual(1)
      })
      for (let key = 0; key < plan.keys; key++) {
        const own = stored.filter((each) => each.key === `key ${key}`).map(({ text }) => +text)
        expect(own).toEqual([...own].sort((a, b) => a - b))
      }
    }), { numRuns: 200 })
  })
})
