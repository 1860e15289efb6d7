import { expect, it } from 'vitest'
import { z } from 'zod'
import { type JsonValue } from '../database/json.js'
import { InvalidConfiguration } from '../errors.js'
import { toldSinceMade } from '../testing/audit-world.test.harness.js'
import { contract, type ContractWorld } from '../testing/index.js'
import { withoutRootKey } from '../testing/keyless.test.harness.js'
import { testSealer } from '../testing/sealer.test.harness.js'
import {
  SealingUnavailable, type SettingsOptions, SettingsRules, SettingsStore,
} from './index.js'

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

/** Everything at rest, as text. */
async function atRest({ holdfast }: ContractWorld): Promise<string> {
  const { database } = holdfast
  return JSON.stringify([
    await database.all(database.write.selectFrom('settings').selectAll()),
    await database.all(database.write.selectFrom('audit_events').selectAll()),
  ])
}

contract('secret fields of settings', (open) => {
  it('are nowhere in plain: not at rest, not in the audit, not in what is read', async () => {
    const world = await open()
    const { anna } = await stores(world, { secretFields: ['llm.api_key'] })
    await anna.update('user', { llm: { api_key: 'canary-1' }, own: 'canary-2' })
    expect(await atRest(world)).toContain('canary-2')
    await anna.update('user', {}, { secretFields: ['own'] })
    await anna.replace('organization', { deep: { a: 'canary-3' } }, { secretFields: ['deep'] })
    const read = [
      await anna.get('user'), await anna.get('organization'), await anna.effective(),
    ]
    for (const text of [await atRest(world), JSON.stringify(read)]) {
      expect(text).not.toMatch(/canary-\d/)
    }
    expect(await anna.open('effective'))
      .toEqual({ llm: { api_key: 'canary-1' }, own: 'canary-2', deep: { a: 'canary-3' } })
  })

  it('survive what was read being sent back, whole or in part', async () => {
    const { anna } = await stores(await open(), { secretFields: ['a.key', 'b.*'] })
    await anna.update('user', { a: { key: 'k', x: 1 }, b: { one: '1', two: { deep: [2] } } })
    const { settings } = await anna.get('user')
    await anna.update('user', { ...settings, more: true })
    await anna.replace('user', { ...settings, a: { ...(settings.a as object), x: 2 } })
    expect(await anna.open('user'))
      .toEqual({ a: { key: 'k', x: 2 }, b: { one: '1', two: { deep: [2] } } })
    await anna.update('user', { b: { one: null } })
    await anna.replace('user', { b: { two: 'new' } })
    expect(await anna.open('user')).toEqual({ b: { two: 'new' } })
  })

  it('are masked as soon as they are marked, and their mark stays', async () => {
    const world = await open()
    const { anna, annaId, sealer } = await stores(world)
    await anna.update('user', { 'x/y~': { key: 'plain' }, list: [{ key: 'plain' }] })
    const marking = new SettingsStore(
      world.holdfast.database.as(),
      { organizationId: world.organizationId, actor: { id: 'x', userId: annaId } },
      { ...world.holdfast, sealer,
        rules: new SettingsRules({ secretFields: ['*.key', 'list.*.key'] }) })
    const { settings } = await marking.get('user')
    expect(settings).toEqual({ 'x/y~': { key: masked }, list: masked })
    await marking.update('user', { 'x/y~': settings['x/y~']!, list: null })
    expect(await marking.open('user')).toEqual({ 'x/y~': { key: 'plain' } })
    expect((await anna.get('user')).settings).toEqual({ 'x/y~': { key: masked } })
    await anna.update('user', { a: 1 }, { secretFields: ['a'] })
    await anna.update('user', { a: 2 })
    expect((await anna.get('user')).settings.a).toEqual(masked)
  })

  it('do not open in another row or at another place', async () => {
    const world = await open()
    const { anna, ben, elsewhere } = await stores(world, { secretFields: ['*.key'] })
    for (const store of [anna, ben, elsewhere]) await store.update('user', { a: { key: 'k' } })
    const { database } = world.holdfast
    const rows = await database.all(database.write.selectFrom('settings').selectAll()
      .where('user_id', 'is not', null))
    const [first] = rows.filter(({ user_id }) => user_id !== null)
    await database.run(database.write.updateTable('settings').set({ sealed: first!.sealed })
      .where('owner_id', '!=', first!.owner_id))
    const opening = await Promise.allSettled(
      [anna, ben, elsewhere].map((store) => store.open('user')))
    expect(opening.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(1)
    await anna.update('user', { a: { key: 'k' } })
    const moved = (await database.all(database.write.selectFrom('settings').select('sealed')
      .where('owner_id', '=', (await anna.get('user')).userId as never)))[0]!.sealed
    await database.run(database.write.updateTable('settings')
      .set({ sealed: moved.replace('a/key', 'b/key') as never,
        document: JSON.stringify({ b: { key: masked } }) as never }))
    await expect(anna.open('user')).rejects.toThrow()
  })

  it('are told to the audit by place, before they leave', async () => {
    const world = await open()
    const { anna, annaId } = await stores(world, { secretFields: ['llm.api_key'] })
    await anna.update('user', { llm: { api_key: 'one', model: 'm' }, gone: 1 })
    await anna.update('user', { llm: { api_key: 'two' }, gone: null })
    await anna.open('user')
    await anna.reset('user')
    const told = (paths: string[], revision: number) =>
      ({ owner: 'user', revision, paths })
    expect(await toldSinceMade(world)).toEqual([
      { action: 'settings.updated', resourceId: annaId, details: told(['llm', 'gone',
        'llm.api_key'], 1) },
      { action: 'settings.updated', resourceId: annaId, details: told(['gone', 'llm.api_key'], 2) },
      { action: 'settings.revealed', resourceId: annaId,
        details: { owner: 'user', paths: ['llm/api_key'] } },
      { action: 'settings.reset', resourceId: annaId, details: told(['llm', 'llm.api_key'], 3) },
    ])
  })

  it('stay shut when the audit cannot be written', async () => {
    const world = await open()
    const { anna, annaId, sealer } = await stores(world, { secretFields: ['key'] })
    await anna.update('user', { key: 'k' })
    const lost = world.holdfast.ids.next()
    const repeating = new SettingsStore(
      world.holdfast.database.as(),
      { organizationId: world.organizationId, actor: { id: 'x', userId: annaId } },
      { clock: world.holdfast.clock, ids: { next: () => lost }, sealer,
        rules: new SettingsRules({ secretFields: ['key'] }) })
    expect(await repeating.open('user')).toEqual({ key: 'k' })
    // The same id again: the insert of the event fails.
    await expect(repeating.open('user')).rejects.toMatchObject({ code: 'already_exists' })
    await expect(repeating.update('user', { x: 1 })).rejects.toMatchObject({
      code: 'already_exists' })
    expect((await anna.get('user')).revision).toBe(1)
  })

  it('are refused without a root key, while the rest of the settings works', async () => {
    const { settings } = await withoutRootKey(await open())
    await settings.update('organization', { plain: 1 })
    const refused = settings.update('organization', { key: 'k' }, { secretFields: ['key'] })
    await expect(refused).rejects.toThrow(SealingUnavailable)
    await expect(refused).rejects.toThrow(/HOLDFAST_ROOT_KEY/)
    expect(await settings.get('organization'))
      .toMatchObject({ settings: { plain: 1 }, secretFields: [], revision: 1 })
    expect(await settings.open('organization')).toEqual({ plain: 1 })
  })
})

contract('schemas of settings', (open) => {
  const llm = z.strictObject({
    model: z.string().optional(), temperature: z.number().max(2).optional(),
    api_key: z.string().min(3).meta({ secret: true }).optional(),
  })
  const servers = z.record(z.string(), z.object({ token: z.string().meta({ secret: true }) }))

  it('check what a change touches, and mark secret fields', async () => {
    const { anna } = await stores(await open(), { schemas: { llm, servers } })
    const { settings } = await anna.update('user', {
      llm: { model: 'm', api_key: 'sk-1' }, servers: { git: { token: 't', url: 'u' } }, free: [1],
    })
    expect(settings).toEqual({
      llm: { model: 'm', api_key: masked }, servers: { git: { token: masked, url: 'u' } },
      free: [1],
    })
    const faults: [Record<string, JsonValue>, string][] = [
      [{ llm: { temperature: 3 } }, 'settings.llm.temperature'],
      [{ llm: { modle: 'x' } }, 'settings.llm.modle'],
      [{ llm: { api_key: 'x' } }, 'settings.llm.api_key'], [{ llm: 'x' }, 'settings.llm'],
      [{ servers: { git: { token: null } } }, 'settings.servers.git.token'],
    ]
    for (const [patch, field] of faults) {
      await expect(anna.update('user', patch)).rejects.toMatchObject({ field })
    }
    expect((await anna.update('user', { llm: { temperature: 1 } })).revision).toBe(2)
  })

  it('leave alone what was stored before they were', async () => {
    const world = await open()
    const { anna } = await stores(world)
    await anna.update('organization', { llm: { temperature: 9 }, x: 1 })
    const { store } = await stores(world, { schemas: { llm }, unknownKeys: 'refuse' })
    const later = store(world.organizationId, null)
    await expect(later.update('organization', { y: 1 })).rejects.toMatchObject({
      field: 'settings.y' })
    await expect(later.update('organization', { llm: { model: 'm' } })).rejects.toMatchObject({
      field: 'settings.llm.temperature' })
    expect((await later.update('organization', { x: null })).settings)
      .toEqual({ llm: { temperature: 9 } })
  })

  it('are refused at once when a mark cannot hold', () => {
    const options: SettingsOptions[] = [
      { secretFields: ['a..b'] },
      { schemas: { list: z.array(z.object({ key: z.string().meta({ secret: true }) })) } },
    ]
    for (const each of options) {
      expect(() => new SettingsRules(each)).toThrow(InvalidConfiguration)
    }
  })
})
