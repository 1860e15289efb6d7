import fc from 'fast-check'
import { type RawBuilder, sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { instantOf, millisecondsOf } from '../clock.js'
import { InvalidConfiguration, InvalidValue } from '../errors.js'
import { anyDouble } from '../testing/arbitraries.test.harness.js'
import { enginesNamed, onEveryEngine, withParameter } from '../testing/backends.js'
import {
  expectRefused, expectUnchanged, Samples, useSamples,
} from '../testing/samples.test.harness.js'
import { connect } from './connect.js'
import { Database, prepareBatch } from './database.js'
import { bytes, flag, id, instant, integer, json, real, text } from './columns.js'

const anyInstant = fc.tuple(
  fc.integer({ min: Date.parse('0001-01-01T00:00:00Z'), max: Date.parse('9999-12-31T23:59:59Z') }),
  fc.integer({ min: 0, max: 999 }),
).map(([milliseconds, micros]) =>
  `${instantOf(milliseconds).slice(0, 23)}${String(micros).padStart(3, '0')}Z`)

const edgeInstants = [
  '0001-01-01T00:00:00.000000Z', '0001-01-01T00:00:00.000001Z', '0099-12-31T23:59:59.999999Z',
  '1582-10-10T12:00:00.000000Z', '1900-02-28T23:59:59.999999Z', '1969-12-31T23:59:59.999999Z',
  '1970-01-01T00:00:00.000000Z', '1970-01-01T00:00:00.000001Z', '2000-02-29T00:00:00.100000Z',
  '2026-03-29T01:30:00.000001Z', '2026-10-25T01:30:00.999999Z', '2038-01-19T03:14:08.000010Z',
  '9999-12-31T23:59:59.999999Z',
]

onEveryEngine('integers', (world) => {
  const samples = useSamples(world, 'integers', integer())

  it('come back unchanged, the largest included', async () => {
    const edges = [0, 1, -1, 2 ** 31, -(2 ** 31) - 1, 2 ** 32, 2 ** 53 - 1, -(2 ** 53) + 1]
    expect(await samples().roundTrip(edges)).toStrictEqual(edges)
    await expectUnchanged(samples(), fc.maxSafeInteger().map((each) => each + 0))
  }, 60_000)

  it('are refused when no engine or JSON could keep them exactly', async () => {
    const wrong = [-0, 0.5, 2 ** 53, -(2 ** 53), 1e300, Number.NaN, Infinity, '1', 1n, null]
    for (const value of [...wrong, undefined, true]) {
      await expectRefused(samples(), value, 'value must be an integer within ±9007199254740991')
    }
  })
})

onEveryEngine('reals', (world) => {
  const samples = useSamples(world, 'reals', real())

  it('come back to the last bit', async () => {
    const edges = [
      0, 0.1, -0.1, 0.30000000000000004, 1e-7, 1e-17, 5e-324, -5e-324, 2.2250738585072014e-308,
      2.225073858507201e-308, 1.7976931348623157e308, -1e308, 1e21, 2 ** 53, 2 ** 53 + 2, 2 ** 63,
      2 ** 64, 1e23, 9007199254740993.5, 123456789012345680, 4.35, 1 / 3, Number.EPSILON, 7, -7,
    ]
    expect(await samples().roundTrip(edges)).toStrictEqual(edges)
    const anyReal = fc.oneof(anyDouble, fc.double({ noNaN: true, noDefaultInfinity: true }))
    await expectUnchanged(samples(), anyReal.map((each) => each + 0))
  }, 60_000)

  it('are refused when an engine would change them', async () => {
    for (const value of [-0, Number.NaN, Infinity, -Infinity, '1', 1n, null, undefined]) {
      await expectRefused(samples(), value, 'value must be a finite number other than -0')
    }
  })
})

onEveryEngine('flags', (world) => {
  const samples = useSamples(world, 'flags', flag())

  it('come back as booleans', async () => {
    expect(await samples().roundTrip([true, false, true])).toStrictEqual([true, false, true])
  })

  it('are refused when they are something like a boolean', async () => {
    for (const value of [0, 1, 'true', 't', null, undefined]) {
      await expectRefused(samples(), value, 'value must be true or false')
    }
  })
})

onEveryEngine('bytes', (world) => {
  const samples = useSamples(world, 'blobs', bytes())

  it('come back byte by byte, as a plain Uint8Array of their own', async () => {
    const all = Uint8Array.from({ length: 256 }, (_, byte) => byte)
    const empty = [new Uint8Array(0), Buffer.from(new ArrayBuffer(0)), all.subarray(9, 9)]
    const views = [all, all.subarray(3, 7), Buffer.from([0, 92, 120]), ...empty]
    const back = await samples().roundTrip(views)
    expect(back).toStrictEqual(views.map((each) => Uint8Array.from(each)))
    for (const each of back) expect(each.buffer.byteLength).toBe(each.length)
    const arrays = fc.uint8Array({ maxLength: 64 })
    await expectUnchanged(samples(), arrays)
  }, 60_000)

  it('stay what they are where rows are moved as they were read', async () => {
    const { backend } = world()
    await samples().roundTrip([new Uint8Array(0), Uint8Array.of(7)])
    const read = 'select value from blobs order by 1'
    const rows = (await backend.run({ sql: read, parameters: [] })).rows
    await backend.run({ sql: 'delete from blobs', parameters: [] })
    const place = backend.engine.rowLocks ? '$' : '?'
    const values = rows.map((_, index) => `(${index}, ${place}${index + 1})`).join(', ')
    const parameters = rows.map(({ value }) => value)
    await backend.run({ sql: `insert into blobs (position, value) values ${values}`, parameters })
    expect((await backend.run({ sql: read, parameters: [] })).rows).toStrictEqual(rows)
  })

  it('are those of the moment of the call', async () => {
    const mutable = Uint8Array.of(1, 2, 3)
    const writing = samples().write([mutable])
    mutable.fill(9)
    await writing
    expect(await samples().read()).toStrictEqual([Uint8Array.of(1, 2, 3)])
  })

  it('are refused in any other form', async () => {
    for (const value of ['00', [1], new ArrayBuffer(1), new Uint16Array(1), null, undefined]) {
      await expectRefused(samples(), value, 'value must be a Uint8Array')
    }
  })
})

onEveryEngine('instants', (world) => {
  const samples = useSamples(world, 'instants', instant())

  it('come back to the microsecond', async () => {
    expect(await samples().roundTrip(edgeInstants)).toStrictEqual(edgeInstants)
    await expectUnchanged(samples(), anyInstant)
  }, 60_000)

  it('are ordered by time', async () => {
    await samples().write([...edgeInstants].reverse())
    expect(await samples().read('value')).toStrictEqual(edgeInstants)
  })

  it('are refused when they are no moment or not in the one form', async () => {
    const wrong = [
      '2026-02-30T00:00:00.000000Z', '2026-02-29T00:00:00.000000Z', '1900-02-29T00:00:00.000000Z',
      '2026-13-01T00:00:00.000000Z', '2026-00-01T00:00:00.000000Z', '2026-01-00T00:00:00.000000Z',
      '2026-01-01T24:00:00.000000Z', '2026-01-01T23:60:00.000000Z', '2026-01-01T23:59:60.000000Z',
      '0000-01-01T00:00:00.000000Z', '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00Z',
      '2026-01-01T00:00:00.000000+00:00', '2026-01-01 00:00:00.000000Z', '10000-01-01T00:00:00.0Z',
      '2026-01-01T00:00:00.000000Z\n', '', 'now', 'infinity', null, undefined, 0, new Date(0),
    ]
    for (const value of wrong) await expectRefused(samples(), value, /^value must be a moment such/)
  })
})

onEveryEngine('ids', (world) => {
  const samples = useSamples(world, 'ids', id())

  it('come back in lower case', async () => {
    const upper = 'F47AC10B-58CC-4372-A567-0E02B2C3D479'
    expect(await samples().roundTrip([upper])).toStrictEqual([upper.toLowerCase()])
    await expectUnchanged(samples(), fc.uuid())
  }, 60_000)

  it('are ordered alike on every engine', async () => {
    const ids = fc.sample(fc.uuid(), { numRuns: 200, seed: 11 })
    await samples().write(ids)
    expect(await samples().read('value')).toStrictEqual([...ids].sort())
  })

  it('are refused when they are no UUID', async () => {
    const bare = 'f47ac10b58cc4372a5670e02b2c3d479'
    for (const value of ['', 'x', bare, `{${bare}}`, 7, null, undefined]) {
      await expectRefused(samples(), value, 'value must be a UUID')
    }
  })
})

onEveryEngine('rows that are written at once', (world) => {
  const kinds = { at: 'integer', id: 'id', size: 'integer', moment: 'instant' } as const
  const build = (rows: RawBuilder<unknown>) => sql`select b.* from ${rows} as b order by b.at`
  const echoed = async (values: readonly (readonly unknown[])[]) => {
    const { backend } = world()
    const echo = prepareBatch(Database.over<never>(backend), { name: 'echo_rows', kinds, build })
    const { rows } = await backend.run(echo(values.map(([given, size, moment], at) => ({
      at, id: given, size, moment,
    })) as never))
    return rows.map((row) => [id().orNull().decode(row.id), integer().orNull().decode(row.size),
      instant().orNull().decode(row.moment)])
  }

  it('keep each value and each null at its place', async () => {
    const mostly = <T>(values: fc.Arbitrary<T>) => fc.option(values, { freq: 3 })
    const row = fc.tuple(mostly(fc.uuid()), mostly(fc.maxSafeInteger().map((each) => each + 0)),
      mostly(fc.constantFrom(...edgeInstants)))
    for (const rows of fc.sample(fc.array(row, { minLength: 2, maxLength: 30 }), 40)) {
      expect(await echoed(rows)).toStrictEqual(rows)
    }
  }, 60_000)
})

onEveryEngine('rows with what is no value of its kind', (world) => {
  it('are refused by the server, and nothing else is read into it', async () => {
    const { backend } = world()
    const right = { id: 'f47ac10b-58cc-4372-a567-0e02b2c3d479', moment: edgeInstants[0] }
    const echo = prepareBatch(Database.over<never>(backend), {
      name: 'echo_odd', kinds: { id: 'id', moment: 'instant' },
      build: (rows) => sql`select b.* from ${rows} as b`,
    })
    for (const wrong of [
      { id: `g${right.id.slice(1)}` }, { id: `${right.id.slice(0, -1)}é` }, { id: 'x'.repeat(36) },
      { moment: '2026-13-01T00:00:00.000000Z' }, { moment: 'x'.repeat(27) },
    ]) {
      const rows = [right, { ...right, ...wrong }] as never
      await expect(backend.run(echo(rows))).rejects.toThrow()
    }
  })
}, enginesNamed('postgres'))

onEveryEngine('a database with settings of its own', (world) => {
  const settings = [
    `timezone to 'Asia/Kolkata'`, `datestyle to 'German, DMY'`, `bytea_output to 'escape'`,
    'extra_float_digits to 0', 'array_nulls to off', 'synchronous_commit to off',
    'default_transaction_isolation to serializable',
  ]

  it('gives back the same instants, bytes and numbers', async () => {
    const { backend, another, url } = world()
    const name = new URL(url).pathname.slice(1)
    for (const setting of settings) {
      await backend.run({ sql: `alter database ${name} set ${setting}`, parameters: [] })
    }
    const odd = await another()
    const instants = await Samples.create(odd, 'odd_instants', instant())
    expect(await instants.roundTrip(edgeInstants)).toStrictEqual(edgeInstants)
    await expectUnchanged(instants, anyInstant)
    const blobs = await Samples.create(odd, 'odd_blobs', bytes())
    await expectUnchanged(blobs, fc.uint8Array({ maxLength: 64 }))
    const reals = await Samples.create(odd, 'odd_reals', real())
    await expectUnchanged(reals, anyDouble.map((each) => each + 0))
    const echo = prepareBatch(Database.over<never>(odd), {
      name: 'echo',
      kinds: { value: 'text' },
      build: (source) => sql`select b.value from ${source} as b`,
    })
    const texts = [null, 'NULL', 'null', '']
    const given = texts.map((each) => ({ value: text().orNull().encode(each) }))
    const { rows } = await odd.run(echo(given))
    expect(rows.map(({ value }) => value)).toEqual(texts)
  }, 60_000)

  it('is refused behind a pooler, which cannot carry settings, until they are mended', async () => {
    const { backend, url } = world()
    const pooled = await connect(withParameter(url, 'pgbouncer', 'true'))
    const name = new URL(url).pathname.slice(1)
    try {
      await expect(pooled.ping()).rejects.toThrow(InvalidConfiguration)
      await expect(pooled.ping()).rejects.toThrow(/bytea_output = hex, extra_float_digits = 1, a/)
      for (const setting of settings.slice(2)) {
        const reset = `alter database ${name} reset ${setting.split(' ')[0]}`
        await backend.run({ sql: reset, parameters: [] })
      }
      const instants = Samples.on(pooled, 'odd_instants', instant())
      expect(await instants.roundTrip(edgeInstants)).toStrictEqual(edgeInstants)
    } finally {
      await pooled.close()
    }
  })
}, enginesNamed('postgres'))

describe('a nullable column', () => {
  it('holds null and everything its kind holds', () => {
    for (const column of [id(), text(), json(), instant(), integer(), real(), flag(), bytes()]) {
      const nullable = column.orNull()
      expect(nullable).toMatchObject({ nullable: true, kind: column.kind })
      expect(column.nullable).toBe(false)
      expect(nullable.encode(null as never)).toBeNull()
      expect(nullable.decode(null)).toBeNull()
      expect(nullable.orNull()).toBe(nullable)
      expect(() => nullable.encode(undefined as never, 'value')).toThrow(InvalidValue)
    }
    expect(text().orNull().encode('\0')).toBe('\ufdd00000')
    expect(text().orNull().decode('\ufdd00000')).toBe('\0')
  })
})

describe('the field of a refused value', () => {
  it('is the one handed in, or else the kind', () => {
    expect(() => integer().encode(0.5, 'tokens_used')).toThrow(/^tokens_used must be an integer/)
    expect(() => integer().encode(0.5)).toThrow(/^integer must be an integer/)
  })
})

describe('an instant', () => {
  it('and milliseconds since the epoch turn into one another', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 253402300799999 }), (milliseconds) => {
      expect(millisecondsOf(instantOf(milliseconds))).toBe(milliseconds)
    }))
  })
})
