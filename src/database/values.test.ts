import fc from 'fast-check'
import { expect, it } from 'vitest'
import { anyJson, anyText, differenceOf, nested } from '../testing/arbitraries.test.harness.js'
import { onEveryEngine } from '../testing/backends.js'
import { expectRefused, expectUnchanged, useSamples } from '../testing/samples.test.harness.js'
import { json, text } from './columns.js'
import { type JsonValue } from './json.js'
import { textLengthMax } from './values.js'

onEveryEngine('text', (world) => {
  const samples = useSamples(world, 'texts', text())

  it('of any kind comes back unchanged', async () => {
    await expectUnchanged(samples(), anyText)
  }, 120_000)

  it('up to the limit comes back unchanged; longer text is refused', async () => {
    const texts = ['x'.repeat(textLengthMax), '\0\ud800'.repeat(2 ** 18), '\\"'.repeat(2 ** 18)]
    const back = await samples().roundTrip(texts)
    expect(back.map((each, index) => each === texts[index])).toEqual([true, true, true])
    await expectRefused(samples(), 'x'.repeat(textLengthMax + 1), /^value is longer than 16777216/)
  }, 60_000)

  it('is ordered by code point, as on every other engine', async () => {
    const texts = fc.sample(fc.string({ unit: 'binary' }), { numRuns: 500, seed: 7 })
      .filter((each) => !/[\0\ufdd0]/.test(each))
    await samples().write(texts)
    // UTF-8 sorts by code point, UTF-16 does not.
    const sorted = [...texts].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    expect(differenceOf(await samples().read('value'), sorted)).toBeUndefined()
  })

  it('is ordered so by the column itself, whatever the collation of the database', async () => {
    const columns = await world().backend.introspect()
    const { type } = columns.find(({ column, table }) => table === 'texts' && column === 'value')!
    // SQLite compares bytes unless told otherwise; PostgreSQL does what the database was made for.
    expect(['text', 'text collate "C"']).toContain(type)
    expect(type.includes('collate')).toBe(world().backend.engine.shared)
  })

  it('is refused when it is no string', async () => {
    for (const value of [undefined, 7, ['x'], null]) {
      await expectRefused(samples(), value, 'value must be a string')
    }
  })
})

onEveryEngine('JSON', (world) => {
  const samples = useSamples(world, 'documents', json())

  it('of any kind comes back unchanged, key order and -0 included', async () => {
    await expectUnchanged(samples(), anyJson)
  }, 120_000)

  it('comes back unchanged at its deepest and is refused one level deeper', async () => {
    const inmost: JsonValue[] = [0, -0, '\0', '\ud800', null, {}, []]
    const leaves = inmost.filter((each) => each === null || typeof each !== 'object')
    const deepest = [...leaves.map((leaf) => nested(200, leaf)), nested(199, []), nested(199, {})]
    expect(differenceOf(await samples().roundTrip(deepest), deepest)).toBeUndefined()
    for (const leaf of inmost) {
      const rule = /^value\[0\]\.\ufdd0\[0\].*… is nested deeper than 200 levels$/
      await expectRefused(samples(), nested(201, leaf), rule)
    }
  })

  it('comes back unchanged when huge, and is refused beyond the limit', async () => {
    const huge: JsonValue[] = [
      'x'.repeat(2 ** 22),
      Array.from({ length: 100_000 }, (_, index) => index / 3),
      { ['k'.repeat(2 ** 18)]: '\0'.repeat(2 ** 18) },
    ]
    expect(differenceOf(await samples().roundTrip(huge), huge)).toBeUndefined()
    await expectRefused(samples(), 'x'.repeat(textLengthMax - 1), /^value is longer than 16777216/)
  }, 60_000)

  it('of other kinds is refused by the same sentence, and nothing is written', async () => {
    await samples().write([1])
    const refusals: [unknown, string][] = [
      [undefined, 'value is undefined, which JSON cannot hold'],
      [{ a: [1, { b: undefined }] }, 'value.a[1].b is undefined, which JSON cannot hold'],
      [[Number.NaN], 'value[0] is NaN, which JSON cannot hold'],
      [{ n: 10n }, 'value.n is bigint, which JSON cannot hold'],
      [{ at: new Date(0) }, 'value.at has a toJSON method; convert it to plain JSON first'],
      [new Map(), 'value is not a plain object; convert it to plain JSON first'],
      [[, 1], 'value[0] is undefined, which JSON cannot hold'],
    ]
    for (const [value, message] of refusals) await expectRefused(samples(), value, message)
    expect(await samples().read()).toEqual([1])
  })
})
