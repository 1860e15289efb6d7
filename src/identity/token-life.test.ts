import { expect, it } from 'vitest'
import { instantOf } from '../clock.js'
import { InvalidInput, RevisionConflict } from '../errors.js'
import { programActor } from '../scope.js'
import { contract, type ContractWorld, ManualClock } from '../testing/index.js'
import {
  Authenticator, type IdentityDatabase, OrganizationLimitReached, ServiceTokenNotFound,
  ServiceTokenStore, TokenUsage, Unauthenticated,
} from './index.js'
import { serviceTokensMax } from './roster.js'
import { hashOfToken } from './tokens.js'

const unknownId = '00000000-0000-7000-8000-00000000dead'
const any = { name: 'any', scopes: ['*'] }
const daySeconds = 86_400

/** Tokens of our organization on a clock of their own; each look asks the database. */
function clocked({ holdfast, organizationId }: ContractWorld) {
  const clock = new ManualClock()
  const source = { clock, ids: holdfast.ids }
  const scope = { organizationId, actor: programActor }
  const authenticator = new Authenticator(holdfast.database.as(), source)
  const isGood = async (token: string) => {
    authenticator.forget()
    return authenticator.authenticate(token).then(() => true, (error: unknown) => {
      expect(error).toBeInstanceOf(Unauthenticated)
      return false
    })
  }
  const tokens = new ServiceTokenStore(holdfast.database.as(), scope, source)
  return { clock, source, tokens, authenticator, isGood }
}

async function actionsOf({ holdfast: { database } }: ContractWorld, tokenId: string) {
  const rows = await database.all(database.write.selectFrom('audit_events')
    .select(['action', 'details']).where('resource_id', '=', tokenId as never).orderBy('id'))
  return rows.map(({ action, details }) => `${action} ${details}`)
}

contract('the rotation of a service token', (open) => {
  it('keeps id and scopes under both texts, the old one for the overlap', async () => {
    const world = await open()
    const { tokens, clock, authenticator, isGood } = clocked(world)
    const { token: old, serviceToken } = await tokens.create({ ...any, scopes: ['jobs:*'] })
    const { token, serviceToken: rotated } = await tokens.rotate(serviceToken.id, {
      overlapSeconds: 60,
    })
    expect(rotated).toStrictEqual({
      ...serviceToken, revision: 2, rotatedAt: instantOf(clock.now()),
      previousExpiresAt: instantOf(clock.now() + 60_000),
    })
    for (const each of [old, token]) {
      expect(await authenticator.authenticate(each))
        .toMatchObject({ credentialId: serviceToken.id, scopes: ['jobs:*'] })
    }
    clock.advance(59_999)
    expect([await isGood(old), await isGood(token)]).toEqual([true, true])
    clock.advance(1)
    expect([await isGood(old), await isGood(token)]).toEqual([false, true])
    const { database } = world.holdfast
    const rows = JSON.stringify([
      await database.all(database.write.selectFrom('service_tokens').selectAll()),
      await database.all(database.write.selectFrom('audit_events').selectAll()),
    ])
    for (const each of [old, token]) expect(rows).not.toContain(each.slice(6, 36))
    expect(rows).toContain(hashOfToken(token))
  })

  it('overlaps for a day, ends what was replaced before, and never extends', async () => {
    const { tokens, clock, isGood } = clocked(await open())
    const expiresAt = instantOf(clock.now() + 2 * daySeconds * 1_000)
    const { token: first, serviceToken } = await tokens.create({ ...any, expiresAt })
    const { token: second } = await tokens.rotate(serviceToken.id)
    const { token: third, serviceToken: rotated } = await tokens.rotate(serviceToken.id)
    expect([await isGood(first), await isGood(second), await isGood(third)])
      .toEqual([false, true, true])
    expect(rotated.expiresAt).toBe(expiresAt)
    clock.advance(daySeconds * 1_000)
    expect([await isGood(second), await isGood(third)]).toEqual([false, true])
    const { token: fourth } = await tokens.rotate(serviceToken.id, {
      overlapSeconds: 30 * daySeconds,
    })
    const { token: fifth } = await tokens.rotate(serviceToken.id, { overlapSeconds: 0 })
    expect([await isGood(fourth), await isGood(fifth)]).toEqual([false, true])
    clock.advance(daySeconds * 1_000)
    expect(await isGood(fifth)).toBe(false)
    await expect(tokens.rotate(serviceToken.id)).rejects.toThrow(ServiceTokenNotFound)
  })

  it('by 20 at once leaves the last text and the one before', async () => {
    const { tokens, isGood } = clocked(await open())
    const { serviceToken: { id } } = await tokens.create(any)
    const made = await Promise.all(Array.from({ length: 20 }, () => tokens.rotate(id)))
    const good = []
    for (const { token } of made) if (await isGood(token)) good.push(token)
    expect(good).toHaveLength(2)
    expect((await tokens.get(id)).revision).toBe(21)
  })

  it('is not for a token that is revoked, unknown or a neighbour’s', async () => {
    const world = await open()
    const { tokens, isGood } = clocked(world)
    const { token, serviceToken: { id } } = await tokens.create(any)
    await expect(world.neighbour.serviceTokens.rotate(id)).rejects.toThrow(ServiceTokenNotFound)
    expect(await isGood(token)).toBe(true)
    for (const overlapSeconds of [-1, 0.5, 30 * daySeconds + 1, Number.NaN]) {
      await expect(tokens.rotate(id, { overlapSeconds })).rejects
        .toMatchObject({ code: 'invalid_input', field: 'overlap_seconds' })
    }
    const { token: rotated } = await tokens.rotate(id)
    await tokens.revoke(id)
    expect([await isGood(token), await isGood(rotated)]).toEqual([false, false])
    await expect(tokens.rotate(id)).rejects.toThrow(ServiceTokenNotFound)
    await expect(tokens.rotate(unknownId)).rejects.toThrow(ServiceTokenNotFound)
  })
})

contract('a service token', (open) => {
  it('changes its name, ranges and rate, and what it may do never', async () => {
    const world = await open()
    const { tokens } = clocked(world)
    const { serviceToken } = await tokens.create(any)
    const { id } = serviceToken
    const changes = {
      name: 'other', allowedIpRanges: ['10.0.0.0/8', '::1'],
      rate: { limit: 5, windowSeconds: 60 },
    }
    const changed = await tokens.update(id, changes, 1)
    expect(changed).toStrictEqual({
      ...serviceToken, name: 'other', allowedIpRanges: ['10.0.0.0/8', '::1'], rateLimit: 5,
      rateWindowSeconds: 60, revision: 2,
    })
    expect(await tokens.get(id.toUpperCase())).toStrictEqual(changed)
    await expect(tokens.update(id, { name: 'x' }, 1)).rejects.toThrow(RevisionConflict)
    expect(await tokens.update(id, { allowedIpRanges: null, rate: null }))
      .toStrictEqual({ ...serviceToken, name: 'other', revision: 3 })
    const sly = { scopes: ['*'], expiresAt: null } as object
    expect(await tokens.update(id, sly)).toMatchObject({ scopes: serviceToken.scopes, revision: 4 })
    await expect(world.neighbour.serviceTokens.update(id, { name: 'x' }))
      .rejects.toThrow(ServiceTokenNotFound)
    await expect(world.neighbour.serviceTokens.get(id)).rejects.toThrow(ServiceTokenNotFound)
    expect((await actionsOf(world, id)).slice(0, 2)).toEqual([
      'service_token.created {"name":"any","scopes":["*"],"expires_at":null}',
      'service_token.updated {"name":"other","allowed_ip_ranges":["10.0.0.0/8","::1"],' +
      '"rate_limit":{"limit":5,"window_seconds":60}}',
    ])
  })

  it('refuses ranges and rates that are none', async () => {
    const { organization: { serviceTokens } } = await open()
    const { serviceToken } = await serviceTokens.create(any)
    const refused: (readonly [object, string])[] = [
      ...[[], Array.from({ length: 51 }, () => '::1')]
        .map((allowedIpRanges) => [{ allowedIpRanges }, 'allowed_ip_ranges'] as const),
      ...[
        '', 'x', '10.0.0.0/33', '::/129', '10.0.0/8', '10.0.0.0/', '10.0.0.0/-1', '1.2.3.4/8/8',
        '10.0.0.0 /8', 'fe80::1%eth0', '010.0.0.1', '::ffff:1.2.3.4.5',
      ].map((range) => [{ allowedIpRanges: ['::1', range] }, 'allowed_ip_ranges[1]'] as const),
      ...[0, -1, 1.5, 1_000_001].map((limit) =>
        [{ rate: { limit, windowSeconds: 1 } }, 'rate_limit.limit'] as const),
      ...[0, 0.5, 86_401].map((windowSeconds) =>
        [{ rate: { limit: 1, windowSeconds } }, 'rate_limit.window_seconds'] as const),
    ]
    for (const [change, field] of refused) {
      for (const attempt of [
        () => serviceTokens.create({ ...any, ...change }),
        () => serviceTokens.update(serviceToken.id, change),
      ]) {
        await expect(attempt()).rejects.toMatchObject({ code: 'invalid_input', field })
      }
    }
    expect((await serviceTokens.list()).data).toStrictEqual([serviceToken])
  })

  it('is revoked with the first reason given, and recorded once', async () => {
    const world = await open()
    const { tokens } = clocked(world)
    const { serviceToken: { id } } = await tokens.create(any)
    const reasons = Array.from({ length: 20 }, (_, index) => `reason ${index}`)
    const revoked = await Promise.all(reasons.map((reason) => tokens.revoke(id, reason)))
    expect(new Set(revoked.map(({ revokedReason }) => revokedReason)).size).toBe(1)
    expect(reasons).toContain(revoked[0]!.revokedReason)
    expect((await actionsOf(world, id)).slice(1))
      .toEqual([`service_token.revoked {"reason":"${revoked[0]!.revokedReason}"}`])
    for (const reason of ['', 'x'.repeat(501)]) {
      await expect(tokens.revoke(id, reason)).rejects.toThrow(InvalidInput)
    }
  })

  it('is one of a thousand good ones at most, in any race', async () => {
    const world = await open()
    const { tokens } = clocked(world)
    const { serviceToken } = await tokens.create(any)
    const { database, ids } = world.holdfast
    const stored = await database.all(database.write.selectFrom('service_tokens').selectAll()
      .where('id', '=', serviceToken.id as never))
    const copies = Array.from({ length: serviceTokensMax - 11 }, () => {
      const id = ids.next()
      return { ...stored[0]!, id, token_hash: id } as never
    })
    for (let at = 0; at < copies.length; at += 200) {
      await database.run(database.write.insertInto('service_tokens')
        .values(copies.slice(at, at + 200)))
    }
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, () => tokens.create(any)))
    const refused = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []))
    expect(refused).toHaveLength(10)
    for (const reason of refused) expect(reason).toBeInstanceOf(OrganizationLimitReached)
    await tokens.revoke(serviceToken.id)
    await tokens.create(any)
  })
})

contract('the use of service tokens', (open) => {
  it('is counted by every process, with the latest time and address', async () => {
    const world = await open()
    const { tokens, clock, authenticator, source } = clocked(world)
    const { token, serviceToken: { id } } = await tokens.create(any)
    const { serviceToken: idle } = await tokens.create(any)
    const principal = await authenticator.authenticate(token)
    const database = world.holdfast.database.as<IdentityDatabase>()
    const counting = () => new TokenUsage(database.as(), source)
    const [one, two] = [counting(), counting()]
    for (let count = 0; count < 20; count++) one.note(principal, '10.0.0.1')
    expect(await tokens.get(id)).toMatchObject({ useCount: 0, lastUsedAt: null })
    clock.advance(1_000)
    const latest = instantOf(clock.now())
    two.note(principal, '::1')
    two.note({ ...principal, kind: 'session' }, '::2')
    await Promise.all([two.close(), two.flush()])
    await Promise.all([one.flush(), one.close()])
    one.note(principal, '::3')
    await one.close()
    expect(await tokens.get(id)).toMatchObject({
      useCount: 21, lastUsedAt: latest, lastUsedIp: '::1', revision: 1,
    })
    expect(await tokens.get(idle.id)).toMatchObject({ useCount: 0, lastUsedAt: null })
  })

  it('is written when Holdfast is closed, and of no token that is gone', async () => {
    const world = await open()
    const { holdfast, organization: { serviceTokens } } = world
    const made = await Promise.all(Array.from({ length: 20 }, () => serviceTokens.create(any)))
    const usage = new TokenUsage(holdfast.database.as(), holdfast)
    for (const { token } of made) {
      usage.note(await holdfast.authenticator.authenticate(token), null)
    }
    const gone = made[0]!.serviceToken.id
    await holdfast.database.run(holdfast.database.write.deleteFrom('service_tokens')
      .where('id', '=', gone as never))
    await usage.close()
    const { data } = await serviceTokens.list()
    expect(data.map(({ useCount }) => useCount)).toEqual(Array.from({ length: 19 }, () => 1))
  })
})
