import { randomBytes } from 'node:crypto'
import {
  chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { connect } from '../database/connect.js'
import { InvalidConfiguration } from '../errors.js'
import { UuidV7Generator } from '../ids.js'
import { contract, type ContractWorld, testEngines } from '../testing/index.js'
import {
  givenRootKeys, newRootKey, RootKeyMismatch, SecretKeyExhausted, SecretKeyInUse,
  type SecretTables, SecretUnreadable,
} from './index.js'
import { Keyring } from './keyring.js'
import { SecretWorks } from './works.js'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-keys-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const onDisk = testEngines().slice(1)

type Holdfast = ContractWorld['holdfast']

async function rowsOf({ database }: Holdfast, sql: string) {
  return (await database.execute({ sql, parameters: [], readOnly: true })).rows
}

/** Everything the tables of keys and secrets hold, as text. */
async function contentOf(holdfast: Holdfast): Promise<string> {
  const tables = ['root_keys', 'organization_keys', 'secrets', 'secret_versions', 'key_rotations']
  const all = []
  for (const table of tables) all.push(await rowsOf(holdfast, `select * from ${table}`))
  return JSON.stringify(all)
}

/** Another process on the database of a world. */
const another = (world: ContractWorld, rootKey: string | string[]) =>
  world.another({ rootKey })

contract('root keys', (open) => {
  it('that are wrong stop the start, and nothing is touched', async () => {
    const world = await open()
    await world.organization.secrets.create({ name: 'a', value: 'v' })
    const before = await contentOf(world.holdfast)
    await expect(another(world, newRootKey())).rejects.toThrow(RootKeyMismatch)
    const two = another(world, [newRootKey(), newRootKey()])
    await expect(two).rejects.toThrow(/Nothing was changed/)
    expect(await contentOf(world.holdfast)).toBe(before)
    const right = await another(world, [newRootKey(), world.rootKey])
    const { secrets } = right.organization(world.organizationId)
    expect((await secrets.reveal('a')).value).toBe('v')
    await right.close()
  })

  it('whose check value was tampered with stop the start', async () => {
    const world = await open()
    const set = (sql: string) => world.holdfast.database.execute({ sql, parameters: [] })
    await set(`update root_keys set check_value = replace(check_value, '"tag":"', '"tag":"A')`)
    await expect(another(world, world.rootKey)).rejects.toThrow(RootKeyMismatch)
    await set(`update root_keys set check_value = replace(check_value, '"tag":"A', '"tag":"')`)
    await another(world, world.rootKey)
  })

  it('rotate: both are given, the keys change hands, the old one is needed no more', async () => {
    const world = await open()
    const { organizationId, neighbourId, rootKey } = world
    await world.organization.secrets.create({ name: 'a', value: 'ours' })
    await world.neighbour.secrets.create({ name: 'a', value: 'theirs' })
    const fresh = newRootKey()
    const both = await another(world, [fresh, rootKey])
    await both.organization(organizationId).secrets.create({ name: 'b', value: 'before' })
    const sum = await both.secretWorks.rotation.rotateRoot({ batch: 1 })
    expect(sum.unreadable).toBe(0)
    expect(sum.moved).toBeGreaterThanOrEqual(2)
    expect((await both.secretWorks.rotation.rotateRoot()).moved).toBe(0)
    await expect(another(world, rootKey)).rejects.toThrow(RootKeyMismatch)
    const only = await another(world, fresh)
    expect((await only.organization(organizationId).secrets.reveal('b')).value).toBe('before')
    expect((await only.organization(neighbourId).secrets.reveal('a')).value).toBe('theirs')
    const { id } = await only.organizations.create({ name: 'New' })
    await only.organization(id).secrets.create({ name: 'a', value: 'v' })
    // Who was not given the new one can make no key that others could not read.
    const { id: other } = await only.organizations.create({ name: 'Other' })
    const late = world.holdfast.organization(other).secrets.create({ name: 'a', value: 'v' })
    await expect(late).rejects.toThrow(RootKeyMismatch)
    const back = await another(world, [fresh, rootKey])
    await back.secretWorks.rotation.rotateRoot()
  })

  it('of several first starts with different keys, one wins', async () => {
    const world = await open()
    const { database } = world.holdfast
    // As on an empty database: no key of an organization is there, and no root key either.
    for (const table of ['organization_keys', 'root_keys']) {
      await database.execute({ sql: `delete from ${table}`, parameters: [] })
    }
    const started = await Promise.allSettled(
      Array.from({ length: 4 }, () => another(world, newRootKey())))
    const lost = started.flatMap((each) => (each.status === 'rejected' ? [each.reason.code] : []))
    expect(lost).toEqual(Array.from({ length: 3 }, () => 'root_key_mismatch'))
  })
}, { engines: onDisk })

contract('organizations’ keys', (open) => {
  it('rotate under the values; every version goes along and reads on', async () => {
    const { holdfast, organization: { secrets }, organizationId, neighbour } = await open()
    const { rotation, retirement } = holdfast.secretWorks
    await neighbour.secrets.create({ name: 'a', value: 'theirs' })
    for (let index = 0; index < 7; index += 1) {
      await secrets.create({ name: `n${index}`, value: `v${index}` })
    }
    await secrets.update('n0', { value: 'newer' })
    const sums: number[] = []
    const onProgress = ({ moved }: { moved: number }) => sums.push(moved)
    const sum = await rotation.rotateOrganization(organizationId, { batch: 3, onProgress })
    expect([sum, sums]).toEqual([{ done: 1, moved: 8, unreadable: 0 }, [3, 6, 8]])
    expect((await secrets.versions('n0')).map(({ keyVersion }) => keyVersion)).toEqual([2, 2])
    expect((await secrets.reveal('n0')).value).toBe('newer')
    expect((await secrets.reveal('n0', { version: 1 })).value).toBe('v0')
    expect((await neighbour.secrets.versions('a'))[0]!.keyVersion).toBe(1)
    await secrets.create({ name: 'after', value: 'v' })
    expect((await secrets.versions('after'))[0]!.keyVersion).toBe(2)
    expect(await retirement.retire(organizationId)).toEqual([])
    expect(await retirement.retire(organizationId, 0)).toEqual([1])
    expect((await secrets.reveal('n6')).value).toBe('v6')
  })

  it('are not retired while a value needs them, and the report says how many', async () => {
    const { holdfast, organization: { secrets }, organizationId } = await open()
    const { rotation, retirement } = holdfast.secretWorks
    await secrets.create({ name: 'a', value: 'v' })
    await secrets.create({ name: 'b', value: 'v' })
    const broken = await holdfast.database.execute({
      sql: `update secret_versions set envelope = 'x' where secret_id = '${
        (await secrets.get('a')).id}'`, parameters: [],
    })
    expect(broken.changed).toBe(1)
    const sum = await rotation.rotateOrganization(organizationId)
    expect(sum).toEqual({ done: 1, moved: 1, unreadable: 1 })
    const { old } = await retirement.report()
    expect(old.filter((each) => each.organizationId === organizationId))
      .toEqual([{ organizationId, version: 1, blocking: 1 }])
    await expect(retirement.retire(organizationId, 0)).rejects.toThrow(SecretKeyInUse)
    await expect(secrets.reveal('a')).rejects.toThrow(SecretUnreadable)
    await secrets.delete('a')
    expect(await retirement.retire(organizationId, 0)).toEqual([1])
  })

  it('encrypt only so often', async () => {
    const world = await open()
    const { holdfast, organizationId } = world
    const database = holdfast.database.as<SecretTables>()
    const { clock, secretWorks: { roots } } = holdfast
    const keyring = new Keyring(database, { roots, clock }, { usesMax: 100, usesBlock: 10 })
    const uses = await Promise.allSettled(Array.from({ length: 130 }, () =>
      keyring.activeKey(database, organizationId)))
    const refused = uses.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []))
    expect(uses.length - refused.length).toBeLessThanOrEqual(100)
    for (const error of refused) expect(error).toBeInstanceOf(SecretKeyExhausted)
    let given = uses.length - refused.length
    const isGiven = () =>
      keyring.activeKey(database, organizationId).then(() => true, () => false)
    while (await isGiven()) given += 1
    expect(given).toBe(100)
    await holdfast.secretWorks.rotation.rotateOrganization(organizationId)
    await keyring.activeKey(database, organizationId)
  })

  it('rotate once for a call that is repeated until it ends, and by several at once', async () => {
    const { holdfast, organization: { secrets }, organizationId } = await open()
    const { rotation } = holdfast.secretWorks
    await Promise.all(Array.from({ length: 30 }, (_, index) =>
      secrets.create({ name: `n${index}`, value: `v${index}` })))
    const breaking = rotation.rotateOrganization(organizationId, {
      batch: 4,
      onProgress: ({ moved }) => { if (moved > 10) throw new Error('cut') },
    })
    await expect(breaking).rejects.toThrow('cut')
    await Promise.all([1, 2, 3].map(() =>
      rotation.rotateOrganization(organizationId, { batch: 5 })))
    const versions = await rowsOf(holdfast, `select distinct key_version from secret_versions
      where organization_id = '${organizationId}'`)
    const keys = await rowsOf(holdfast, `select version from organization_keys
      where organization_id = '${organizationId}' and state = 'active'`)
    expect(versions.map((row) => Number(row.key_version))).toEqual([Number(keys[0]!.version)])
    expect((await secrets.reveal('n29')).value).toBe('v29')
  })
})

contract('sealed fields', (open) => {
  const table = 'sealed_samples'
  const columns = [{ table, key: 'owner_id', column: 'sealed' }]

  /** A second composition, which knows where the samples are. */
  async function sampled(world: ContractWorld) {
    const { holdfast } = world
    const { id, json } = holdfast.backend.engine.types
    const admin = await connect(world.adminUrl)
    await admin.run({ sql: `create table ${table}
      (organization_id ${id} not null, owner_id ${id} not null, sealed ${json} not null)`,
    parameters: [] })
    if (admin.engine.shared) {
      await admin.run({ sql: `grant all on ${table} to public`, parameters: [] })
    }
    await admin.close()
    const { clock, ids, coordination: { limiter } } = holdfast
    const source = { clock, ids, limiter, columns }
    return new SecretWorks(holdfast.database.as(), source, { rootKey: world.rootKey })
  }

  it('open for the row they were sealed for, and for no other', async () => {
    const world = await open()
    const { holdfast, organizationId, neighbourId } = world
    const fields = holdfast.secretWorks.fields()
    if (fields === undefined) throw new Error('no root key')
    const binding = { organizationId, ownerKind: 'organization', userId: null, name: 's' } as const
    const plain = { '/a': 'one \ufeff', '/b/c': '"two"', __proto__x: '' }
    const sealed = await fields.seal(plain, binding)
    expect(await fields.open(sealed, binding)).toEqual(plain)
    expect(JSON.stringify(sealed)).not.toMatch(/one|two/)
    const userId = new UuidV7Generator().next()
    const others = [
      { ...binding, organizationId: neighbourId }, { ...binding, name: 't' },
      { ...binding, ownerKind: 'user', userId } as const,
    ]
    for (const other of others) {
      await expect(fields.open(sealed, other)).rejects.toThrow(SecretUnreadable)
    }
    const swapped = { '/a': sealed['/b/c']!, '/b/c': sealed['/a']! }
    await expect(fields.open(swapped, binding)).rejects.toThrow(SecretUnreadable)
    await expect(fields.open({ '/a': 'x' }, binding)).rejects.toThrow(SecretUnreadable)
  })

  it('of settings are under the same key as secrets, and go along with them', async () => {
    const { holdfast, organizationId, organization: { secrets, settings } } = await open()
    const { rotation, retirement } = holdfast.secretWorks
    await secrets.create({ name: 'a', value: 'v' })
    await settings.update('organization', { one: '1', two: '2' }, { secretFields: ['one', 'two'] })
    const sums: number[] = []
    const onProgress = ({ moved }: { moved: number }) => sums.push(moved)
    const sum = await rotation.rotateOrganization(organizationId, { onProgress })
    expect([sum, sums]).toEqual([{ done: 1, moved: 3, unreadable: 0 }, [1, 3]])
    expect(await retirement.retire(organizationId, 0)).toEqual([1])
    expect(await settings.open('organization')).toEqual({ one: '1', two: '2' })
    expect((await secrets.reveal('a')).value).toBe('v')
  })

  it('are sealed in a transaction under a first key that a rollback undoes', async () => {
    const { holdfast } = await open()
    const { id } = await holdfast.organizations.create({ name: 'Young' })
    const secretFields = ['one']
    const sealedIn = (ends: () => void) => holdfast.transaction(async (transaction) => {
      const { settings, webhooks } = transaction.organization(id)
      await settings.update('organization', { one: '1' }, { secretFields })
      expect(await settings.open('organization')).toEqual({ one: '1' })
      const authentication = { kind: 'github' } as const
      const made = await webhooks.create({ name: 'w', authentication, secret: 'of 8 or more' })
      expect(made.hasSecret).toBe(true)
      ends()
    })
    await expect(sealedIn(() => { throw new Error('undone') })).rejects.toThrow('undone')
    const { settings } = holdfast.organization(id)
    expect(await settings.open('organization')).toEqual({})
    await sealedIn(() => undefined)
    expect(await settings.open('organization')).toEqual({ one: '1' })
  })

  it('go along when the key rotates, and hinder its retirement until then', async () => {
    const world = await open()
    if (!world.isLasting) return
    const { holdfast, organizationId } = world
    const works = await sampled(world)
    const binding = { organizationId, ownerKind: 'organization', userId: null, name: 's' } as const
    for (let index = 0; index < 5; index += 1) {
      const sealed = await works.fields()!.seal({ '/a': `v${index}`, '/b': 'w' }, binding)
      await holdfast.database.execute({ sql: `insert into ${table} values ('${organizationId}',
        '${holdfast.ids.next()}', '${JSON.stringify(sealed)}')`, parameters: [] })
    }
    // A composition that does not know the column leaves it where it is.
    await holdfast.secretWorks.rotation.rotateOrganization(organizationId)
    await expect(works.retirement.retire(organizationId, 0)).rejects.toThrow(/10 values/)
    const sums: number[] = []
    const onProgress = ({ moved }: { moved: number }) => sums.push(moved)
    const sum = await works.rotation.rotateOrganization(organizationId, { batch: 2, onProgress })
    expect([sum, sums]).toEqual([{ done: 1, moved: 10, unreadable: 0 }, [4, 8, 10]])
    expect(await works.retirement.retire(organizationId, 0)).toEqual([1, 2])
    const rows = await rowsOf(holdfast, `select sealed from ${table} order by owner_id`)
    const opened = await Promise.all(rows.map((row) =>
      works.fields()!.open(JSON.parse(String(row.sealed)), binding)))
    expect(opened.map((each) => each['/a'])).toEqual(['v0', 'v1', 'v2', 'v3', 'v4'])
  })
})

describe('root key text', () => {
  it('is 32 random bytes in base64 of either alphabet', async () => {
    const bytes = randomBytes(32)
    const names = new Set<string>()
    for (const encoding of ['base64', 'base64url'] as const) {
      const text = bytes.toString(encoding)
      names.add(await givenRootKeys(text).newest())
      names.add(await givenRootKeys(` ${text},${newRootKey()}\n`).newest())
    }
    expect(names.size).toBe(1)
    expect([...names][0]).not.toContain(bytes.toString('base64url').slice(0, 8))
  })

  it.each([
    '', ' ', 'x', 'A'.repeat(43), 'A'.repeat(44), randomBytes(31).toString('base64'),
    randomBytes(33).toString('base64'), `${newRootKey()},`.repeat(2).concat('hush'),
    randomBytes(32).toString('hex'),
  ])('is refused otherwise, without being repeated', (text) => {
    const refused = () => givenRootKeys(text)
    expect(refused).toThrow(InvalidConfiguration)
    expect(refused).not.toThrow(/hush/)
  })
})

contract('a root key file', (open) => {
  let count = 0
  const fileOf = () => join(folder, `${count += 1}.key`)

  it('is made once, for this user alone, by any number of starts', async () => {
    const { another, holdfast } = await open()
    await holdfast.database.execute({ sql: 'delete from root_keys', parameters: [] })
    const nowhere = { file: join(folder, 'none', 'a.key'), create: true }
    await expect(another({ rootKey: nowhere })).rejects.toThrow(/cannot be made \(ENOENT/)
    const file = fileOf()
    await Promise.all(Array.from({ length: 5 }, () => another({ rootKey: { file, create: true } })))
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const text = readFileSync(file, 'utf8')
    expect(text).toMatch(/^[\w-]{43}\n$/)
    await another({ rootKey: { file } })
    expect(readFileSync(file, 'utf8')).toBe(text)
    rmSync(file)
    const lost = another({ rootKey: { file, create: true } })
    await expect(lost).rejects.toThrow(RootKeyMismatch)
    expect(existsSync(file)).toBe(false)
  })

  it('is refused when it is missing, open to others, or something else', async () => {
    const { another } = await open()
    const refusal = (file: string) => another({ rootKey: { file } }).then(
      () => 'opened', (error: Error) => error.message)
    const [missing, wide, wrong] = [fileOf(), fileOf(), fileOf()]
    expect(await refusal(missing)).toMatch(/cannot be read/)
    expect(existsSync(missing)).toBe(false)
    writeFileSync(wide, newRootKey(), { mode: 0o600 })
    chmodSync(wide, 0o640)
    expect(await refusal(wide)).toContain(`chmod 600 ${wide}`)
    writeFileSync(wrong, 'hush', { mode: 0o600 })
    expect(await refusal(wrong)).toMatch(/must hold keys/)
    expect(await refusal(wrong)).not.toContain('hush')
  })
}, { engines: onDisk.slice(0, 1) })
