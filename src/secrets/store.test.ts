import { expect, it } from 'vitest'
import { instantOf } from '../clock.js'
import { connect } from '../database/connect.js'
import { RevisionConflict } from '../errors.js'
import { type Actor } from '../scope.js'
import { contract, type ContractWorld, ManualClock } from '../testing/index.js'
import {
  RevealNotRecorded, RootKeyMissing, SecretExpired, SecretNameTaken, SecretNotFound,
  SecretOwnerRequired, SecretUnreadable,
} from './index.js'

const hard = '\u0000 \ufdd0 \ufeff é 𝒳 \u2028 "\\/'

/** The audit's entries on secrets, oldest first. */
async function told({ holdfast, organizationId }: ContractWorld) {
  const { rows } = await holdfast.database.execute({
    sql: `select action, outcome, actor_id, details from audit_events
      where organization_id = '${organizationId}' and action like 'secret.%' order by id`,
    parameters: [], readOnly: true,
  })
  return rows.map(({ action, outcome, actor_id: actorId, details }) => ({
    action, outcome, actorId, details: JSON.parse(String(details)) as Record<string, unknown>,
  }))
}

async function personIn({ holdfast, organizationId }: ContractWorld): Promise<Actor> {
  const email = `${holdfast.ids.next()}@secrets.test`
  const { id: userId } = await holdfast.identity.createUser({ email })
  await holdfast.organizations.addMember({ organizationId, userId }, 'member')
  return { id: `user:${userId}`, userId }
}

contract('secrets', (open) => {
  it('come back as they were kept, and only when they are revealed', async () => {
    const { organization: { secrets } } = await open()
    for (const [index, value] of [hard, 'x', '\ufeff', 'x'.repeat(64 * 1024)].entries()) {
      const name = `${'../|'} ${index}`
      const made = await secrets.create({ name, value, description: hard })
      expect(made).toMatchObject({ name, description: hard, version: 1, revision: 1, userId: null })
      expect(await secrets.get(name)).toEqual(made)
      expect(await secrets.reveal(name)).toEqual({ ...made, value })
      const shown = [made, ...(await secrets.list()).data, ...await secrets.versions(name)]
      for (const each of shown) expect(Object.keys(each)).not.toContain('value')
    }
  })

  it('that do not exist are not found', async () => {
    const { organization: { secrets } } = await open()
    await expect(secrets.get('x')).rejects.toThrow(SecretNotFound)
    await expect(secrets.reveal('x')).rejects.toThrow(SecretNotFound)
    await expect(secrets.update('x', { value: 'y' })).rejects.toThrow(SecretNotFound)
    await expect(secrets.update('x', { description: 'y' })).rejects.toThrow(SecretNotFound)
    await expect(secrets.update('x', { value: 'y' }, 1)).rejects.toThrow(SecretNotFound)
    await expect(secrets.delete('x')).rejects.toThrow(SecretNotFound)
    await expect(secrets.versions('x')).rejects.toThrow(SecretNotFound)
    expect(await secrets.list()).toEqual({ data: [], nextCursor: null })
    await secrets.create({ name: 'x', value: 'y' })
    await expect(secrets.reveal('x', { version: 2 })).rejects.toThrow(SecretNotFound)
  })

  it('have one owner a name, whatever the Unicode form of the name', async () => {
    const world = await open()
    const { organization: { secrets } } = world
    await secrets.create({ name: 'caf\u00e9', value: '1' })
    const same = secrets.create({ name: 'cafe\u0301', value: '2' })
    await expect(same).rejects.toThrow(SecretNameTaken)
    expect((await secrets.reveal('cafe\u0301')).value).toBe('1')
    await secrets.create({ name: 'CAF\u00c9', value: '3' })
    const person = await personIn(world)
    const { ownSecrets } = world.holdfast.organization(world.organizationId, person)
    await ownSecrets.create({ name: 'caf\u00e9', value: 'mine' })
    expect((await secrets.reveal('caf\u00e9')).value).toBe('1')
    expect((await ownSecrets.reveal('caf\u00e9')).value).toBe('mine')
  })

  it('that break a rule are refused by field, without the value in the message', async () => {
    const { organization: { secrets } } = await open()
    const good = { name: 'a', value: 'v' }
    const bad: [object, string][] = [
      [{ name: '' }, 'name'], [{ name: 'x'.repeat(256) }, 'name'], [{ name: 'a\u0000' }, 'name'],
      [{ name: 'a\nb' }, 'name'], [{ name: '\ud800' }, 'name'], [{ value: '' }, 'value'],
      [{ value: `${'x'.repeat(65_535)}é` }, 'value'], [{ value: 'hush\ud800' }, 'value'],
      [{ value: 7 }, 'value'], [{ description: 'x'.repeat(1_001) }, 'description'],
      [{ expiresAt: '2020-01-01T00:00:00.000000Z' }, 'expires_at'],
      [{ expiresAt: 'soon' }, 'expires_at'],
    ]
    for (const [wrong, field] of bad) {
      const refused = await secrets.create({ ...good, ...wrong }).then(() => undefined, (e) => e)
      expect([field, refused?.field, refused?.status]).toEqual([field, field, 400])
      expect(refused.message).not.toContain('hush')
    }
    expect((await secrets.list()).data).toEqual([])
  })

  it('get a new version with each value, and keep the last ten', async () => {
    const { organization: { secrets } } = await open()
    await secrets.create({ name: 'a', value: 'v1' })
    for (let version = 2; version <= 13; version += 1) {
      const changed = await secrets.update('a', { value: `v${version}` })
      expect(changed).toMatchObject({ version, revision: version })
    }
    const described = await secrets.update('a', { description: 'd', expiresAt: null })
    expect(described).toMatchObject({ version: 13, revision: 14, description: 'd' })
    expect((await secrets.versions('a')).map(({ version }) => version))
      .toEqual([13, 12, 11, 10, 9, 8, 7, 6, 5, 4])
    expect((await secrets.reveal('a')).value).toBe('v13')
    expect((await secrets.reveal('a', { version: 4 })).value).toBe('v4')
    await expect(secrets.reveal('a', { version: 3 })).rejects.toThrow(SecretNotFound)
  })

  it('change only while they are at the revision that was read', async () => {
    const { organization: { secrets } } = await open()
    await secrets.create({ name: 'a', value: 'v1' })
    await secrets.update('a', { value: 'v2' }, 1)
    await expect(secrets.update('a', { value: 'v3' }, 1)).rejects.toThrow(RevisionConflict)
    await expect(secrets.update('a', { description: '' }, 1)).rejects.toThrow(RevisionConflict)
    expect((await secrets.reveal('a')).value).toBe('v2')
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, (_, index) =>
      secrets.update('a', { value: `w${index}` }, 2)))
    const won = outcomes.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
    expect(won).toHaveLength(1)
    expect(await secrets.get('a')).toMatchObject({ version: 3, revision: 3 })
  })

  it('written by 20 at once get 20 versions and one key', async () => {
    const { holdfast, organization: { secrets }, organizationId } = await open()
    const made = await Promise.allSettled(Array.from({ length: 20 }, () =>
      secrets.create({ name: 'one', value: 'v' })))
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    await Promise.all(Array.from({ length: 20 }, (_, index) =>
      secrets.create({ name: `n${index}`, value: `${index}` })))
    await Promise.all(Array.from({ length: 20 }, (_, index) =>
      secrets.update('one', { value: `v${index}` })))
    expect(await secrets.get('one')).toMatchObject({ version: 21, revision: 21 })
    const { rows } = await holdfast.database.execute({
      sql: `select * from organization_keys where organization_id = '${organizationId}'`,
      parameters: [], readOnly: true,
    })
    expect(rows).toHaveLength(1)
  })

  it('are listed by name to the end, each once', async () => {
    const { organization: { secrets } } = await open()
    const names = Array.from({ length: 23 }, (_, index) => `n${String(index).padStart(2, '0')}`)
    for (const name of [...names].reverse()) await secrets.create({ name, value: 'v' })
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await secrets.list({ limit: 5, cursor })
      seen.push(...page.data.map(({ name }) => name))
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined)
    expect(seen).toEqual(names)
    await expect(secrets.list({ limit: 0 })).rejects.toMatchObject({ field: 'limit' })
    await expect(secrets.list({ cursor: 'x' })).rejects.toMatchObject({ field: 'cursor' })
  })

  it('of a neighbour, and of another person, are not seen', async () => {
    const world = await open()
    const { holdfast, organizationId, neighbour, organization } = world
    const [ada, bob] = [await personIn(world), await personIn(world)]
    const own = (actor: Actor) => holdfast.organization(organizationId, actor).ownSecrets
    await organization.secrets.create({ name: 'a', value: 'ours' })
    await own(ada).create({ name: 'b', value: 'of ada' })
    for (const strange of [neighbour.secrets, own(bob)]) {
      for (const name of ['a', 'b']) {
        await expect(strange.get(name)).rejects.toThrow(SecretNotFound)
        await expect(strange.reveal(name)).rejects.toThrow(SecretNotFound)
        await expect(strange.update(name, { value: 'x' })).rejects.toThrow(SecretNotFound)
        await expect(strange.delete(name)).rejects.toThrow(SecretNotFound)
      }
      expect((await strange.list()).data).toEqual([])
    }
    await expect(organization.secrets.get('b')).rejects.toThrow(SecretNotFound)
    await expect(own(ada).get('a')).rejects.toThrow(SecretNotFound)
    expect((await own(ada).reveal('b')).value).toBe('of ada')
    expect((await own(ada).get('b')).userId).toBe(ada.userId)
    await expect(organization.ownSecrets.list()).rejects.toThrow(SecretOwnerRequired)
  })

  it('are told to the audit without their values', async () => {
    const world = await open()
    const { organization: { secrets } } = world
    await secrets.create({ name: 'a', value: 'hush 1' })
    await secrets.update('a', { value: 'hush 2', description: 'd' })
    await secrets.reveal('a')
    await secrets.delete('a')
    const entries = await told(world)
    expect(entries.map(({ action }) => action))
      .toEqual(['secret.created', 'secret.updated', 'secret.revealed', 'secret.deleted'])
    expect(entries[1]!.details).toEqual({
      name: 'a', owner: 'organization', version: 2, changed: ['value', 'description'],
    })
    expect(JSON.stringify(entries)).not.toContain('hush')
    await expect(secrets.get('a')).rejects.toThrow(SecretNotFound)
  })

  it('that expired can be changed, but not revealed', async () => {
    const clock = new ManualClock()
    const holdfast = await (await open()).another({ clock })
    const { id } = await holdfast.organizations.create({ name: 'Timed' })
    const { secrets } = holdfast.organization(id)
    const expiresAt = instantOf(clock.now() + 1_000)
    await secrets.create({ name: 'a', value: 'v', expiresAt })
    clock.advance(999)
    expect((await secrets.reveal('a')).value).toBe('v')
    clock.advance(1)
    await expect(secrets.reveal('a')).rejects.toThrow(SecretExpired)
    expect(await secrets.get('a')).toMatchObject({ expiresAt })
    await secrets.update('a', { expiresAt: null })
    expect((await secrets.reveal('a')).value).toBe('v')
  })

  it('are compared with a value that is there already, without a word of theirs', async () => {
    const world = await open()
    const { organization: { secrets }, neighbour } = world
    await secrets.create({ name: 'n\u0303', value: 'before' })
    await secrets.update('\u00f1', { value: hard })
    const before = await told(world)
    for (let count = 0; count < 70; count += 1) {
      expect(await secrets.holds('\u00f1', count === 0 ? hard : `guess ${count}`))
        .toBe(count === 0)
    }
    expect(await secrets.holds('\u00f1', 'before')).toBe(false)
    await expect(secrets.holds('other', hard)).rejects.toThrow(SecretNotFound)
    await expect(neighbour.secrets.holds('\u00f1', hard)).rejects.toThrow(SecretNotFound)
    expect(await told(world)).toEqual(before)
  })

  it('are revealed only so often by one actor', async () => {
    const holdfast = await (await open()).another()
    const { id } = await holdfast.organizations.create({ name: 'Eager' })
    const calm = holdfast.organization(id).secrets
    await calm.create({ name: 'a', value: 'v' })
    const eager = holdfast.organization(id, { id: 'service_token:eager' }).secrets
    const outcomes = await Promise.allSettled(
      Array.from({ length: 64 }, () => eager.reveal('a')))
    const refused = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []))
    expect(refused.map(({ code }) => code)).toEqual(Array.from({ length: 4 }, () => 'rate_limited'))
    expect((await calm.reveal('a')).value).toBe('v')
  })

  it('are not revealed when the audit cannot be written', async () => {
    const world = await open()
    const { holdfast, organization: { secrets } } = world
    await secrets.create({ name: 'a', value: 'v' })
    const admin = world.isLasting ? await connect(world.adminUrl) : holdfast.backend
    const rename = (from: string, to: string) => admin.run({
      sql: `alter table ${from} rename to ${to}`, parameters: [],
    })
    await rename('audit_events', 'audit_away')
    try {
      await expect(secrets.reveal('a')).rejects.toThrow(RevealNotRecorded)
      await expect(secrets.update('a', { value: 'w' })).rejects.toThrow()
    } finally {
      await rename('audit_away', 'audit_events')
      if (world.isLasting) await admin.close()
    }
    expect((await secrets.reveal('a')).value).toBe('v')
    expect((await told(world)).map(({ action }) => action))
      .toEqual(['secret.created', 'secret.revealed'])
  })

  it('change with a transaction or not at all, and are not revealed inside one', async () => {
    const world = await open()
    const { holdfast, organizationId, organization: { secrets } } = world
    const failing = holdfast.transaction(async (transaction) => {
      const inside = transaction.organization(organizationId).secrets
      await inside.create({ name: 'a', value: 'v' })
      await inside.update('a', { value: 'w' })
      await expect(inside.reveal('a')).rejects.toThrow(/transaction/)
      throw new Error('changed my mind')
    })
    await expect(failing).rejects.toThrow('changed my mind')
    await expect(secrets.get('a')).rejects.toThrow(SecretNotFound)
    await holdfast.transaction(async (transaction) => {
      const inside = transaction.organization(organizationId).secrets
      await inside.create({ name: 'a', value: 'v' })
      await expect(inside.create({ name: 'a', value: 'w' })).rejects.toThrow(SecretNameTaken)
      await expect(inside.update('b', { value: 'w' }, 1)).rejects.toThrow(SecretNotFound)
      await inside.update('a', { value: 'w' })
    })
    expect((await secrets.reveal('a')).value).toBe('w')
    expect((await told(world)).map(({ action }) => action))
      .toEqual(['secret.created', 'secret.updated', 'secret.revealed'])
  })

  it('whose stored form was touched fail with one error and an entry', async () => {
    const world = await open()
    const { holdfast, organization: { secrets } } = world
    const { id } = await secrets.create({ name: 'a', value: 'v' })
    await holdfast.database.execute({
      sql: `update secret_versions set envelope = replace(envelope, '"tag":"', '"tag":"A')
        where secret_id = '${id}'`,
      parameters: [],
    })
    await expect(secrets.reveal('a')).rejects.toThrow(SecretUnreadable)
    const entry = (await told(world)).at(-1)
    expect(entry).toMatchObject({ action: 'secret.rejected', outcome: 'failed' })
    expect(entry!.details).toMatchObject({ name: 'a', version: 1, reason: 'unreadable' })
  })

  it('are refused without a root key, while everything else works', async () => {
    const { another, isLasting } = await open()
    // A database that ends with its process brings a key of its own.
    if (!isLasting) return
    const holdfast = await another({ rootKey: undefined })
    const { secrets, conversations } = holdfast.organization()
    await expect(secrets.create({ name: 'a', value: 'v' })).rejects.toThrow(RootKeyMissing)
    await expect(secrets.reveal('a')).rejects.toThrow(/HOLDFAST_ROOT_KEY/)
    expect((await secrets.list()).data).toEqual([])
    await conversations.create()
  })
})
