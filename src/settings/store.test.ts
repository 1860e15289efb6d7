import { expect, it } from 'vitest'
import { type JsonValue } from '../database/json.js'
import { InvalidInput, InvalidValue, RevisionConflict } from '../errors.js'
import { toldSinceMade } from '../testing/audit-world.test.harness.js'
import { contract, type ContractWorld } from '../testing/index.js'
import { testSealer } from '../testing/sealer.test.harness.js'
import {
  PersonRequired, type SettingsOptions, SettingsRules, SettingsStore,
} from './index.js'

const hard = '\u0000 \ud800 \ufdd0 é'
const masked = { $secret: true, set: true }

/** Stores of the two organizations, with two people in the first. */
async function stores(
  { holdfast, organizationId, neighbourId }: ContractWorld,
  options: SettingsOptions = {},
) {
  const sealer = testSealer()
  const rules = new SettingsRules(options)
  const person = async () =>
    (await holdfast.identity.createUser({ email: `${holdfast.ids.next()}@test` })).id
  const [annaId, benId] = [await person(), await person()]
  const { clock, ids } = holdfast
  const store = (organization: string, userId: string | null) => new SettingsStore(
    holdfast.database.as(),
    { organizationId: organization, actor: { id: `user:${userId}`, userId, requestId: 'r-1' } },
    { clock, ids, rules, sealer })
  return {
    sealer, annaId, store,
    anna: store(organizationId, annaId),
    ben: store(organizationId, benId),
    nobody: store(organizationId, null),
    elsewhere: store(neighbourId, annaId),
  }
}

contract('settings', (open) => {
  it('are empty at revision 0 before anything is set', async () => {
    const { anna, annaId } = await stores(await open())
    const empty = { settings: {}, secretFields: [], revision: 0, updatedAt: null }
    expect(await anna.get('user')).toEqual({ owner: 'user', userId: annaId, ...empty })
    expect(await anna.get('organization'))
      .toEqual({ owner: 'organization', userId: null, ...empty })
    expect(await anna.effective())
      .toEqual({ settings: {}, userRevision: 0, organizationRevision: 0 })
  })

  it('come back as they were set, in their order', async () => {
    const { anna } = await stores(await open())
    const document = { [hard]: [1, -0, null, { ['__proto__']: hard }], b: { x: null }, a: 2 }
    const set = await anna.replace('user', document)
    expect(set).toMatchObject({ settings: document, revision: 1 })
    const read = await anna.get('user')
    expect(read).toStrictEqual(set)
    expect(Object.keys(read.settings)).toEqual([hard, 'b', 'a'])
  })

  it('merge patches as RFC 7396 has it', async () => {
    const { anna } = await stores(await open())
    // The examples of the RFC's appendix in which both are objects.
    const cases: [Record<string, JsonValue>, Record<string, JsonValue>, JsonValue][] = [
      [{ a: 'b' }, { a: 'c' }, { a: 'c' }], [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
      [{ a: 'b' }, { a: null }, {}], [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
      [{ a: ['b'] }, { a: 'c' }, { a: 'c' }], [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
      [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
      [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }], [{ e: null }, { a: 1 }, { e: null, a: 1 }],
      [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
    ]
    for (const [before, patch, after] of cases) {
      await anna.replace('user', before)
      expect((await anna.update('user', patch)).settings).toStrictEqual(after)
    }
  })

  it('keep the model when a token is saved, and the token when the model is', async () => {
    const { anna } = await stores(await open(), { secretFields: ['llm.api_key'] })
    await anna.update('user', { llm: { model: 'large', base_url: 'https://a' } })
    await anna.update('user', { llm: { api_key: 'sk-1' } })
    const { settings } = await anna.update('user', { llm: { model: 'small' } })
    expect(settings).toEqual({ llm: { model: 'small', base_url: 'https://a', api_key: masked } })
    expect(await anna.open('user'))
      .toEqual({ llm: { model: 'small', base_url: 'https://a', api_key: 'sk-1' } })
  })

  it('keep all of 20 changes made at once, secret ones too', async () => {
    const world = await open()
    const { anna, store } = await stores(world, { secretFields: ['tokens.*'] })
    const numbers = Array.from({ length: 20 }, (_, index) => index)
    await Promise.all(numbers.map((index) => anna.update('organization', {
      [`key${index}`]: index, tokens: { [`t${index}`]: `secret ${index}` },
    })))
    const { settings, revision } = await store(world.organizationId, null).get('organization')
    expect(revision).toBe(20)
    expect(Object.keys(settings)).toHaveLength(21)
    const { tokens } = await anna.open('organization')
    expect(tokens)
      .toEqual(Object.fromEntries(numbers.map((index) => [`t${index}`, `secret ${index}`])))
    const revisions = (await toldSinceMade(world))
      .filter(({ action }) => action === 'settings.updated')
      .map(({ details }) => (details as { revision: number }).revision)
    expect(revisions.sort((a, b) => a - b)).toEqual(numbers.map((index) => index + 1))
  })

  it('let one of 20 changes of the same revision through', async () => {
    const { anna } = await stores(await open())
    for (const ifRevision of [0, 1]) {
      const results = await Promise.allSettled(Array.from({ length: 20 }, (_, index) =>
        anna.update('user', { index, ifRevision }, { ifRevision })))
      const refused = results.filter(({ status }) => status === 'rejected')
      expect(refused).toHaveLength(19)
      for (const each of refused) {
        expect((each as PromiseRejectedResult).reason).toBeInstanceOf(RevisionConflict)
      }
    }
    expect((await anna.get('user')).revision).toBe(2)
  })

  it('stay at their revision when a change changes nothing', async () => {
    const world = await open()
    const { anna } = await stores(world, { secretFields: ['key'] })
    await anna.update('user', {})
    await anna.reset('user')
    expect((await anna.get('user')).revision).toBe(0)
    const set = await anna.update('user', { a: { b: 1 }, key: 'k' })
    expect(await anna.update('user', { a: { b: 1 }, z: null })).toEqual(set)
    expect(await anna.replace('user', set.settings)).toEqual(set)
    expect(await toldSinceMade(world)).toHaveLength(1)
  })

  it('never go back to a revision they had, though they are reset', async () => {
    const { anna } = await stores(await open(), { secretFields: ['key'] })
    await anna.update('user', { a: 1, key: 'k' }, { secretFields: ['b'] })
    expect(await anna.reset('user', { ifRevision: 1 }))
      .toMatchObject({ settings: {}, secretFields: [], revision: 2 })
    await expect(anna.update('user', { a: 2 }, { ifRevision: 1 })).rejects.toThrow(RevisionConflict)
    await expect(anna.update('user', { key: masked })).rejects.toThrow(InvalidInput)
  })

  it('of others stay unseen: of a colleague, of the organization, of a neighbour', async () => {
    const { anna, ben, nobody, elsewhere } = await stores(await open())
    await anna.update('user', { a: 'Anna’s' })
    await ben.update('organization', { a: 'all’s' })
    expect((await ben.get('user')).settings).toEqual({})
    expect((await elsewhere.get('user')).settings).toEqual({})
    expect((await elsewhere.get('organization')).settings).toEqual({})
    await elsewhere.reset('organization')
    await elsewhere.replace('user', { a: 'other' })
    expect((await anna.get('user')).settings).toEqual({ a: 'Anna’s' })
    expect((await nobody.effective()).settings).toEqual({ a: 'all’s' })
    for (const call of [
      () => nobody.get('user'), () => nobody.update('user', {}), () => nobody.open('user'),
    ]) await expect(call()).rejects.toThrow(PersonRequired)
  })

  it('of a person lie over those of the organization', async () => {
    const { anna, ben } = await stores(await open(), { secretFields: ['llm.api_key', 'creds'] })
    await ben.update('organization', {
      llm: { model: 'large', api_key: 'of all' }, tools: ['a'], creds: { org: 1 }, theme: 'dark',
    })
    const own = { llm: { model: 'small' }, tools: [], creds: { me: 1 }, theme: null }
    await anna.replace('user', own)
    expect((await anna.effective()).settings).toEqual({
      llm: { model: 'small', api_key: masked }, tools: [], creds: masked, theme: null,
    })
    expect(await anna.open('effective')).toEqual({
      llm: { model: 'small', api_key: 'of all' }, tools: [], creds: { me: 1 }, theme: null,
    })
    await anna.update('user', { llm: { api_key: 'mine' } })
    expect(await anna.open('effective')).toMatchObject({ llm: { api_key: 'mine' } })
    expect(await ben.open('effective')).toMatchObject({ llm: { api_key: 'of all' } })
  })

  it('are refused when they break a rule, and nothing is written', async () => {
    const { anna, sealer } = await stores(await open(), { secretFields: ['llm.api_key'] })
    const refused: [unknown, typeof InvalidInput, string, string[]?][] = [
      [[], InvalidInput, 'settings'], [null, InvalidInput, 'settings'],
      [masked, InvalidInput, 'settings'], ['x', InvalidInput, 'settings'],
      [{ a: [Number.NaN] }, InvalidValue, 'settings.a[0]'],
      [{ a: undefined }, InvalidValue, 'settings.a'],
      [{ a: 'x'.repeat(65_536) }, InvalidInput, 'settings'],
      [{ llm: { api_key: 'x'.repeat(16_385) } }, InvalidInput, 'settings.llm.api_key'],
      [{ llm: [{ api_key: 'sk' }] }, InvalidInput, 'settings.llm'],
      [{ llm: { api_key: masked } }, InvalidInput, 'settings.llm.api_key'],
      [{ llm: { api_key: { $secret: 'sk' } } }, InvalidInput, 'settings.llm.api_key'],
      [{ other: masked }, InvalidInput, 'settings.other'],
      [{ other: [{ $secret: true }] }, InvalidInput, 'settings.other.0'],
      [{}, InvalidInput, 'secret_fields', ['a..b']], [{}, InvalidInput, 'secret_fields', ['']],
      [{}, InvalidInput, 'secret_fields', ['x'.repeat(201)]],
      [{}, InvalidInput, 'secret_fields', Array.from({ length: 101 }, (_, index) => `f${index}`)],
      [{ t: Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`k${index}`, 1])) },
        InvalidInput, 'settings', ['t.*']],
    ]
    for (const [given, kind, field, secretFields] of refused) {
      const [update, replace] = [
        anna.update('user', given as never, { secretFields }),
        anna.replace('user', given as never, { secretFields }),
      ].map((call) => call.catch((error: unknown) => error))
      expect(await update).toBeInstanceOf(kind)
      expect([await update, await replace]).toMatchObject([{ field }, { field }])
    }
    await expect(anna.get('me' as never)).rejects.toMatchObject({ field: 'owner' })
    expect((await anna.get('user')).revision).toBe(0)
    expect(sealer.calls).toEqual([])
  })

  it('are refused when patches together make them too large', async () => {
    const { anna } = await stores(await open())
    await anna.update('user', { a: 'x'.repeat(40_000) })
    await expect(anna.update('user', { b: 'x'.repeat(40_000) })).rejects.toThrow(InvalidInput)
    expect(Object.keys((await anna.get('user')).settings)).toEqual(['a'])
  })

  it('belong to an organization and a person that exist', async () => {
    const { store } = await stores(await open())
    const unknownId = '00000000-0000-7000-8000-00000000dead'
    await expect(store(unknownId, null).update('organization', { a: 1 }))
      .rejects.toThrow(InvalidInput)
    await expect(store(unknownId, unknownId).update('user', { a: 1 })).rejects.toThrow(InvalidInput)
  })

  it('change with a transaction, or not at all', async () => {
    const { holdfast, organizationId, organization } = await open()
    await expect(holdfast.transaction(async (transaction) => {
      await transaction.organization(organizationId).settings.update('organization', { a: 1 })
      throw new Error('no')
    })).rejects.toThrow('no')
    expect((await organization.settings.get('organization')).revision).toBe(0)
  })
})
