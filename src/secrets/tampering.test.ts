import { expect, it } from 'vitest'
import { contract, type ContractWorld, testEngines } from '../testing/index.js'
import { SecretKeyRetired, SecretUnreadable } from './index.js'

/** `all` tries every ordered pair of 200 secrets; otherwise a sample of this many. */
const swaps = process.env.HOLDFAST_TEST_SWAPS
const sampleSize = 600
const secretCount = 200

type Stores = ContractWorld['organization']

interface Kept {
  readonly secrets: Stores['secrets']
  readonly name: string
  readonly value: string
  readonly id: string
  readonly envelope: string
}

const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`

async function query({ holdfast }: ContractWorld, sql: string, readOnly = true) {
  return holdfast.database.execute({ sql, parameters: [], readOnly })
}

/** Puts an envelope where another one stands. */
async function put(world: ContractWorld, { id }: Pick<Kept, 'id'>, envelope: string) {
  const set = `update secret_versions set envelope = ${quoted(envelope)}`
  await query(world, `${set} where secret_id = '${id}'`, false)
}

async function envelopeOf(world: ContractWorld, id: string, version = 1): Promise<string> {
  const { rows } = await query(world, `select envelope from secret_versions
    where secret_id = '${id}' and version = ${version}`)
  return String(rows[0]!.envelope)
}

async function rejections(world: ContractWorld): Promise<number> {
  const { rows } = await query(world,
    `select count(*) as count from audit_events where action = 'secret.rejected'`)
  return Number(rows[0]!.count)
}

/** Secrets of four organizations, half of each one's own names common to all. */
async function furnished(world: ContractWorld, count: number): Promise<Kept[]> {
  const { holdfast } = world
  const stores: Stores[] = []
  for (let index = 0; index < 4; index += 1) {
    const { id } = await holdfast.organizations.create({ name: `O${index}` })
    stores.push(holdfast.organization(id))
  }
  const kept: Kept[] = []
  for (let index = 0; index < count; index += 1) {
    const { secrets } = stores[index % 4]!
    const [name, value] = [`name ${Math.floor(index / 4)}`, `value ${index}`]
    const { id } = await secrets.create({ name, value })
    const envelope = await envelopeOf(world, id)
    kept.push({ secrets, name, value, id, envelope })
  }
  return kept
}

function pairsOf(count: number): [number, number][] {
  const all = Array.from({ length: count * count }, (_, index) =>
    [Math.floor(index / count), index % count] as [number, number])
    .filter(([into, from]) => into !== from)
  if (swaps === 'all') return all
  // Some of every kind: the same name in another organization stands four apart at most.
  const chosen = all.filter(([into, from]) => Math.floor(into / 4) === Math.floor(from / 4))
  while (chosen.length < sampleSize) chosen.push(all[Math.floor(Math.random() * all.length)]!)
  return chosen
}

/** What every failed reveal must look like. */
async function failure({ secrets, name }: Kept) {
  const error = await secrets.reveal(name).then((found) => found, (thrown) => thrown)
  return [error?.code, error?.status, error?.message, error?.cause]
}

const generic = ['secret_unreadable', 500, 'The stored secret cannot be read.', undefined]

interface Jwe {
  protected: string
  header: Record<string, unknown>
  encrypted_key: string
  iv: string
  ciphertext: string
  tag: string
  [member: string]: unknown
}

const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Forgeries by name: each makes another text of an envelope. */
function forgeries(): Record<string, (jwe: Jwe) => unknown> {
  const head = (header: object) => (jwe: Jwe) => ({ ...jwe, protected: base64(header) })
  const known = { alg: 'A256KW', enc: 'A256GCM' }
  const cut = (text: string, bytes: number) =>
    Buffer.from(text, 'base64url').subarray(0, bytes).toString('base64url')
  return {
    'a tag of 4 bytes': (jwe) => ({ ...jwe, tag: cut(jwe.tag, 4) }),
    'a tag of 12 bytes': (jwe) => ({ ...jwe, tag: cut(jwe.tag, 12) }),
    'an empty tag': (jwe) => ({ ...jwe, tag: '' }),
    'no tag': ({ tag: _, ...jwe }) => jwe,
    'another iv': (jwe) => ({ ...jwe, iv: Buffer.alloc(12).toString('base64url') }),
    'another content key': (jwe) =>
      ({ ...jwe, encrypted_key: Buffer.alloc(40, 1).toString('base64url') }),
    'a cut ciphertext': (jwe) => ({ ...jwe, ciphertext: jwe.ciphertext.slice(0, -4) }),
    'an empty ciphertext': (jwe) => ({ ...jwe, ciphertext: '' }),
    'alg dir': head({ ...known, alg: 'dir' }),
    'alg none': head({ ...known, alg: 'none' }),
    'alg A256GCMKW': head({ ...known, alg: 'A256GCMKW' }),
    'alg PBES2': head({ ...known, alg: 'PBES2-HS512+A256KW', p2c: 1e9, p2s: 'AAAAAAAA' }),
    'alg RSA-OAEP': head({ ...known, alg: 'RSA-OAEP' }),
    'enc A128CBC-HS256': head({ ...known, enc: 'A128CBC-HS256' }),
    'zip DEF': head({ ...known, zip: 'DEF' }),
    crit: head({ ...known, crit: ['exp'], exp: 1 }),
    'a key that came along': head({ ...known, jwk: { kty: 'oct', k: 'AA' } }),
    'alg outside as well': (jwe) => ({ ...jwe, header: { ...jwe.header, alg: 'dir' } }),
    'an unprotected header': (jwe) => ({ ...jwe, unprotected: { zip: 'DEF' } }),
    'an aad of its own': (jwe) => ({ ...jwe, aad: base64('x') }),
    'an unknown kid': (jwe) => ({ ...jwe, header: { kid: 'other' } }),
    'a kid of the next version': ({ header, ...jwe }) =>
      ({ ...jwe, header: { kid: String(header.kid).replace(/:1$/, ':2') } }),
    'a kid that is a path': (jwe) => ({ ...jwe, header: { kid: '../../etc/passwd' } }),
    'no kid': (jwe) => ({ ...jwe, header: {} }),
    'no JSON': () => undefined,
    null: () => null,
    'an array': () => [],
    'a number': () => 7,
  }
}

contract('stored secrets', (open) => {
  it(`do not open in another's place (${swaps ?? sampleSize} swaps)`, async () => {
    const world = await open()
    const kept = await furnished(world, secretCount)
    const before = await rejections(world)
    const pairs = pairsOf(kept.length)
    for (const [into, from] of pairs) {
      await put(world, kept[into]!, kept[from]!.envelope)
      const found = await failure(kept[into]!)
      expect([into, from, ...found]).toEqual([into, from, ...generic])
      await put(world, kept[into]!, kept[into]!.envelope)
    }
    expect(await rejections(world)).toBe(before + pairs.length)
    const { secrets, name, value } = kept[7]!
    expect((await secrets.reveal(name)).value).toBe(value)
  }, 1_800_000)

  it('do not open when anything about them was changed', async () => {
    const world = await open()
    const [victim] = (await furnished(world, 1)) as [Kept]
    const before = await rejections(world)
    const forged = Object.entries(forgeries())
    for (const [what, forge] of forged) {
      const text = JSON.stringify(forge(JSON.parse(victim.envelope) as Jwe)) ?? 'no JSON'
      await put(world, victim, text)
      expect([what, ...await failure(victim)]).toEqual([what, ...generic])
    }
    expect(await rejections(world)).toBe(before + forged.length)
    await put(world, victim, victim.envelope)
    expect((await victim.secrets.reveal(victim.name)).value).toBe(victim.value)
  })

  it('do not open in the place of another version, name, owner or identity', async () => {
    const world = await open()
    const { holdfast, organization: { secrets }, organizationId } = world
    const { id } = await secrets.create({ name: 'a', value: 'v1' })
    await secrets.update('a', { value: 'v2' })
    await secrets.update('a', { value: 'v3' })
    const [first, third] = [await envelopeOf(world, id, 1), await envelopeOf(world, id, 3)]
    const at = `where secret_id = '${id}' and version = 3`
    await query(world, `update secret_versions set envelope = ${quoted(first)} ${at}`, false)
    await expect(secrets.reveal('a')).rejects.toThrow(SecretUnreadable)
    await query(world, `update secret_versions set envelope = ${quoted(third)} ${at}`, false)
    expect((await secrets.reveal('a')).value).toBe('v3')
    await query(world, `update secrets set name = 'b' where id = '${id}'`, false)
    await expect(secrets.reveal('b')).rejects.toThrow(SecretUnreadable)
    await query(world, `update secrets set name = 'a' where id = '${id}'`, false)
    const { id: userId } = await holdfast.identity.createUser({ email: `${id}@tamper.test` })
    await query(world, `update secrets set user_id = '${userId}' where id = '${id}'`, false)
    const thief = holdfast.organization(organizationId, { id: 'user:thief', userId })
    await expect(thief.ownSecrets.reveal('a')).rejects.toThrow(SecretUnreadable)
    await query(world, `update secrets set user_id = null where id = '${id}'`, false)
    await secrets.delete('a')
    const again = await secrets.create({ name: 'a', value: 'new' })
    await put(world, again, first)
    await expect(secrets.reveal('a')).rejects.toThrow(SecretUnreadable)
  })

  it('do not open under a key that was put in the place of theirs', async () => {
    const world = await open()
    const { organization, neighbour, organizationId, neighbourId } = world
    await organization.secrets.create({ name: 'a', value: 'ours' })
    await neighbour.secrets.create({ name: 'a', value: 'theirs' })
    const { rows } = await query(world, `select wrapped_key from organization_keys
      where organization_id = '${neighbourId}'`)
    await query(world, `update organization_keys set wrapped_key =
      ${quoted(String(rows[0]!.wrapped_key))} where organization_id = '${organizationId}'`, false)
    // This process still has the right key at hand; one that starts now has not.
    world.holdfast.secretWorks.keyring.close()
    await expect(organization.secrets.reveal('a')).rejects.toThrow(SecretUnreadable)
    await query(world, `delete from organization_keys
      where organization_id = '${organizationId}'`, false)
    await expect(organization.secrets.reveal('a')).rejects.toThrow(SecretUnreadable)
    expect((await neighbour.secrets.reveal('a')).value).toBe('theirs')
  })

  it('under a retired key fail by the name of that', async () => {
    const world = await open()
    const { holdfast, organization: { secrets }, organizationId } = world
    const { id } = await secrets.create({ name: 'a', value: 'v' })
    const old = await envelopeOf(world, id)
    const { rotation, retirement } = holdfast.secretWorks
    await rotation.rotateOrganization(organizationId)
    expect(await retirement.retire(organizationId, 0)).toEqual([1])
    expect((await secrets.reveal('a')).value).toBe('v')
    await put(world, { id }, old)
    const restore = `update secret_versions set key_version = 1 where secret_id = '${id}'`
    await query(world, restore, false)
    await expect(secrets.reveal('a')).rejects.toThrow(SecretKeyRetired)
  })
}, { engines: swaps === 'all' ? testEngines().slice(0, 1) : testEngines() })
