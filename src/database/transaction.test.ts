import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { AssertionError } from '../assert.js'
import { type BackendWorld, enginesNamed, onEveryEngine } from '../testing/backends.js'
import { barrier, run } from '../testing/failures.test.harness.js'
import { attemptsMax, Database } from './database.js'
import { type Backend, type Session, type Statement } from './engine.js'
import {
  Busy, ForeignKeyViolation, TransactionConflict, Unavailable, UniqueViolation,
} from './failures.js'
import { SchemaEditor } from './migrate.js'

const statement = (sql: string, name?: string): Statement => ({ sql, name, parameters: [] })
const insert = (number: number) => `insert into numbers (number) values (${number})`

async function numbersIn(session: Session, readOnly = true): Promise<number[]> {
  const list = { ...statement('select number from numbers order by number'), readOnly }
  return (await session.run(list)).rows.map((row) => Number(row.number))
}

/** An empty table of unique numbers for each test. */
function useNumbers(world: () => BackendWorld): () => Backend {
  beforeAll(async () => {
    const { backend } = world()
    const schema = new SchemaEditor(backend, backend.engine)
    await schema.createTable('numbers', 'number {integer} not null primary key')
    await schema.createTable('counters', 'name {text} not null primary key, n {integer} not null')
  })
  beforeEach(async () => {
    await run(world().backend, 'delete from numbers')
    await run(world().backend, 'delete from counters')
  })
  return () => world().backend
}

onEveryEngine('a transaction', (world) => {
  const backend = useNumbers(world)

  it('is kept when its work is done, and gives what the work gave', async () => {
    const seen = await backend().transaction(async (session) => {
      await run(session, insert(1))
      await run(session, insert(2))
      return numbersIn(session)
    })
    expect(seen).toEqual([1, 2])
    expect(await numbersIn(backend())).toEqual([1, 2])
  })

  it('is taken back when its work fails, and fails with the same error', async () => {
    const changedMind = new Error('changed my mind')
    const work = backend().transaction(async (session) => {
      await run(session, insert(1))
      throw changedMind
    })
    await expect(work).rejects.toBe(changedMind)
    expect(await numbersIn(backend())).toEqual([])
  })

  it('refuses everything after a failed statement, with that statement’s error', async () => {
    const errors: unknown[] = []
    const caught = (promise: Promise<unknown>) => promise.catch((error) => errors.push(error))
    const work = backend().transaction(async (session) => {
      await run(session, insert(1))
      await caught(run(session, insert(1)))
      await caught(run(session, insert(2)))
      await caught(numbersIn(session))
      await caught(session.transaction(async (nested) => run(nested, insert(3))))
      await caught(session.atomic([statement(insert(4))]))
      return 'as if nothing had happened'
    })
    await expect(work).rejects.toThrow(UniqueViolation)
    expect(errors).toHaveLength(5)
    expect(new Set(errors).size).toBe(1)
    expect(await numbersIn(backend())).toEqual([])
    await run(backend(), insert(5))
  })
})

onEveryEngine('a transaction at its end', (world) => {
  const backend = useNumbers(world)

  it('cannot be used once it is over', async () => {
    let kept: Session
    let keptNested: Session
    await backend().transaction(async (session) => {
      kept = session
      await session.transaction(async (nested) => { keptNested = nested })
      await expect(run(keptNested, insert(1))).rejects.toThrow(AssertionError)
    })
    await expect(run(kept!, insert(1))).rejects.toThrow(AssertionError)
    await expect(kept!.atomic([statement(insert(1))])).rejects.toThrow(AssertionError)
    await expect(kept!.transaction(async () => 1)).rejects.toThrow(/this transaction is over/)
    expect(await numbersIn(backend())).toEqual([])
  })

  it('whose rows break a rule at the very end is taken back, and the next one works', async () => {
    const schema = new SchemaEditor(backend(), backend().engine)
    await schema.createTable('followers', `number {integer} not null primary key
      references numbers (number) deferrable initially deferred`)
    const follow = statement('insert into followers values (7)')
    const work = backend().transaction(async (session) => {
      await run(session, insert(1))
      await session.run(follow)
    })
    await expect(work).rejects.toThrow(ForeignKeyViolation)
    await expect(backend().atomic([statement(insert(2)), follow])).rejects.toThrow(
      ForeignKeyViolation)
    expect(await numbersIn(backend())).toEqual([])
    await backend().transaction(async (session) => run(session, insert(3)))
    expect(await numbersIn(backend())).toEqual([3])
    await run(backend(), 'drop table followers')
  })
})

onEveryEngine('a nested transaction', (world) => {
  const backend = useNumbers(world)

  it('is kept with the outer one, at any depth', async () => {
    await backend().transaction(async (one) => {
      await run(one, insert(1))
      await one.transaction(async (two) => {
        await run(two, insert(2))
        await two.transaction(async (three) => run(three, insert(3)))
        await two.transaction(async (three) => run(three, insert(4)))
      })
      await run(one, insert(5))
    })
    expect(await numbersIn(backend())).toEqual([1, 2, 3, 4, 5])
  })

  it('is taken back alone when it fails, by a statement or by an error of its own', async () => {
    await backend().transaction(async (one) => {
      await run(one, insert(1))
      const refused = one.transaction(async (two) => {
        await run(two, insert(2))
        await run(two, insert(1))
      })
      await expect(refused).rejects.toThrow(UniqueViolation)
      expect(await numbersIn(one)).toEqual([1])
      const swallowed = one.transaction(async (two) => {
        await run(two, insert(3))
        await run(two, insert(1)).catch(() => undefined)
      })
      await expect(swallowed).rejects.toThrow(UniqueViolation)
      const changed = one.transaction(async (two) => {
        await two.transaction(async (three) => run(three, insert(4)))
        throw new Error('changed my mind')
      })
      await expect(changed).rejects.toThrow('changed my mind')
      await run(one, insert(5))
    })
    expect(await numbersIn(backend())).toEqual([1, 5])
  })

  it('is lost with the outer one', async () => {
    const work = backend().transaction(async (one) => {
      await one.transaction(async (two) => run(two, insert(1)))
      throw new Error('all of it')
    })
    await expect(work).rejects.toThrow('all of it')
    expect(await numbersIn(backend())).toEqual([])
  })

  it('has no other beside it', async () => {
    await backend().transaction(async (one) => {
      const first = one.transaction(async (two) => run(two, insert(1)))
      await expect(one.transaction(async () => 1)).rejects.toThrow(/one nested transaction at a/)
      await first
    })
    expect(await numbersIn(backend())).toEqual([1])
  })

  it('of several statements at once leaves the outer one usable when one fails', async () => {
    const named = statement('select count(*) as n from numbers', 'numbers_count')
    await backend().transaction(async (one) => {
      const broken = [statement(insert(1)), statement(insert(1)), named, named]
      await expect(one.atomic(broken)).rejects.toThrow(UniqueViolation)
      const [, counted] = await one.atomic([statement(insert(2)), named])
      expect(Number(counted!.rows[0]!.n)).toBe(1)
      expect(Number((await one.run(named)).rows[0]!.n)).toBe(1)
    })
    expect(await numbersIn(backend())).toEqual([2])
  })
})

onEveryEngine('several statements at once', (world) => {
  const backend = useNumbers(world)

  it('are all kept, each seeing the ones before it', async () => {
    const results = await backend().atomic([
      statement(insert(1)),
      statement('insert into numbers select number + 1 from numbers'),
      statement('select number from numbers order by number'),
      statement('delete from numbers where number = 1'),
    ])
    expect(results.map(({ changed }) => changed)).toEqual([1, 1, 2, 1])
    expect(results[2]!.rows.map((row) => Number(row.number))).toEqual([1, 2])
    expect(await numbersIn(backend())).toEqual([2])
  })

  it('are all taken back when one fails, with its error', async () => {
    const named = statement('select count(*) as n from numbers', 'numbers_counted')
    for (const last of [named, statement(insert(2))]) {
      const broken = backend().atomic([statement(insert(1)), statement(insert(1)), last])
      await expect(broken).rejects.toThrow(UniqueViolation)
    }
    expect(await numbersIn(backend())).toEqual([])
    expect((await backend().atomic([named, named])).map(({ rows }) => Number(rows[0]!.n)))
      .toEqual([0, 0])
  })

  it('are refused when there are none', async () => {
    await expect(Database.over(backend()).atomic([])).rejects.toThrow(AssertionError)
  })
})

onEveryEngine('what a transaction has not committed', (world) => {
  const backend = useNumbers(world)

  it('is seen inside it and by nobody else', async () => {
    const begun = barrier(2)
    const mayEnd = barrier(2)
    const work = backend().transaction(async (session) => {
      await run(session, insert(1))
      expect(await numbersIn(session)).toEqual([1])
      await begun()
      await mayEnd()
      throw new Error('taken back')
    })
    await begun()
    // Where there is one connection only, these wait until the transaction is over.
    const outside = [numbersIn(backend()), numbersIn(backend()), numbersIn(backend(), false)]
    await new Promise((resolve) => { setTimeout(resolve, 20) })
    await mayEnd()
    await expect(work).rejects.toThrow('taken back')
    expect(await Promise.all(outside)).toEqual([[], [], []])
  })

  it('is not mixed with what others write meanwhile', async () => {
    const writing = Array.from({ length: 20 }, (_, index) => index).map((index) =>
      index % 2 === 0
        ? run(backend(), insert(index))
        : backend().transaction(async (session) => {
            await run(session, insert(index))
            await new Promise((resolve) => { setImmediate(resolve) })
            if (index % 3 === 0) throw new Error('taken back')
          }))
    const outcomes = await Promise.allSettled(writing)
    const kept = outcomes.flatMap(({ status }, index) => (status === 'fulfilled' ? [index] : []))
    expect(kept).toHaveLength(17)
    expect(await numbersIn(backend())).toEqual(kept)
  })

  it('loses no count when twenty transactions add to one row', async () => {
    await run(backend(), `insert into counters values ('n', 0)`)
    const add = statement(`update counters set n = n + 1 where name = 'n'`)
    const seen = await Promise.all(Array.from({ length: 20 }, () =>
      backend().transaction(async (session) => {
        await session.run(add)
        const { rows } = await run(session, `select n from counters where name = 'n'`)
        return Number(rows[0]!.n)
      })))
    expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
  })
})

onEveryEngine('an open transaction', (world) => {
  const backend = useNumbers(world)

  it('keeps no reader waiting', async () => {
    await run(backend(), insert(1))
    await backend().transaction(async (session) => {
      await run(session, insert(2))
      expect(await numbersIn(backend())).toEqual([1])
      await backend().ping()
      const database = Database.over<{ numbers: { number: number } }>(backend())
      const all = await database.all(database.write.selectFrom('numbers').selectAll())
      expect(all).toHaveLength(1)
    })
    expect(await numbersIn(backend())).toEqual([1, 2])
  })
}, enginesNamed('sqlite', 'postgres'))

onEveryEngine('an open transaction that waits for a call from outside it', (world) => {
  it('is refused in time instead of waiting for ever', async () => {
    const backend = await world().another({ acquireTimeoutMs: 300, poolMax: 1 })
    const schema = new SchemaEditor(backend, backend.engine)
    await schema.createTable('numbers', 'number {integer} not null primary key')
    const knots: ((outside: Backend) => Promise<unknown>)[] = [
      // Where reads have a connection of their own, this one is answered.
      (outside) => numbersIn(outside).then(() => run(outside, insert(2))),
      (outside) => run(outside, insert(2)),
      (outside) => outside.transaction(async () => undefined),
      (outside) => outside.atomic([statement(insert(3)), statement(insert(4))]),
    ]
    for (const knot of knots) {
      const work = backend.transaction(async (session) => {
        await run(session, insert(1))
        await knot(backend)
      })
      const error: unknown = await work.catch((reason: unknown) => reason)
      expect([Busy, Unavailable].some((kind) => error instanceof kind)).toBe(true)
      expect(await numbersIn(backend)).toEqual([])
    }
    await run(backend, insert(5))
    expect(await numbersIn(backend)).toEqual([5])
  })
})

describe('repeatable work', () => {
  const noBackend = (attempt: () => Promise<unknown>) => {
    const session = { transaction: attempt } as unknown as Session
    return new Database<object>({ session, engine: undefined as never, write: undefined as never })
  }
  const failing = (times: number, error: Error) => {
    let count = 0
    const attempt = async () => {
      count += 1
      if (count <= times) throw error
      return count
    }
    return { attempt, counted: () => count }
  }
  const conflict = new TransactionConflict('x')

  it('is tried again when another transaction stood in the way, up to a limit', async () => {
    const twice = failing(2, conflict)
    const work = noBackend(twice.attempt).transaction(async () => 1, { repeatable: true })
    expect(await work).toBe(3)
    const always = failing(Infinity, conflict)
    const never = noBackend(always.attempt).transaction(async () => 1, { repeatable: true })
    await expect(never).rejects.toBe(conflict)
    expect(always.counted()).toBe(attemptsMax)
  })

  it('is not tried again after any other failure', async () => {
    const others = [Busy, Unavailable, UniqueViolation].map((kind) => new kind('x'))
    for (const error of [...others, new Error('x')]) {
      const once = failing(1, error)
      const work = noBackend(once.attempt).transaction(async () => 1, { repeatable: true })
      await expect(work).rejects.toBe(error)
      expect(once.counted()).toBe(1)
    }
  })

  it('is not tried again unless it says that it may be', async () => {
    const once = failing(1, conflict)
    await expect(noBackend(once.attempt).transaction(async () => 1)).rejects.toBe(conflict)
    expect(once.counted()).toBe(1)
  })
})

onEveryEngine('repeatable work in a deadlock', (world) => {
  const backend = useNumbers(world)

  it('is done by both in the end', async () => {
    const database = Database.over<object>(backend())
    await run(backend(), `insert into counters values ('a', 0), ('b', 0)`)
    const met = barrier(2)
    let attempts = 0
    const add = (name: string) => statement(`update counters set n = n + 1 where name = '${name}'`)
    const crossing = (first: string, second: string) =>
      database.transaction(async (inside) => {
        attempts += 1
        await inside.execute(add(first))
        await met()
        await inside.execute(add(second))
      }, { repeatable: true })
    await Promise.all([crossing('a', 'b'), crossing('b', 'a')])
    expect(attempts).toBe(3)
    const { rows } = await run(backend(), 'select n from counters')
    expect(rows.map((row) => Number(row.n))).toEqual([2, 2])
  })
}, enginesNamed('postgres'))
