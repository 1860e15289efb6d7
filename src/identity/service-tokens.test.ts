import { expect, it } from 'vitest'
import { instantOf } from '../clock.js'
import { InvalidInput } from '../errors.js'
import { InvalidCursor } from '../database/page.js'
import { programActor } from '../scope.js'
import { contract, type ContractWorld, ManualClock } from '../testing/index.js'
import {
  Authenticator, OrganizationNotFound, ServiceTokenNotFound, ServiceTokenStore, Unauthenticated,
} from './index.js'

const unknownId = '00000000-0000-7000-8000-00000000dead'
const any = { name: 'any', scopes: ['*'] }

/** Tokens of our organization on a clock of their own. */
function clocked({ holdfast, organizationId }: ContractWorld) {
  const clock = new ManualClock()
  const source = { clock, ids: holdfast.ids }
  const scope = { organizationId, actor: programActor }
  const tokens = new ServiceTokenStore(holdfast.database.as(), scope, source)
  return { clock, tokens, authenticator: new Authenticator(holdfast.database.as(), source) }
}

contract('service tokens', (open) => {
  it('stand for their organization, and keep no token', async () => {
    const world = await open()
    const { holdfast, organizationId } = world
    const user = await holdfast.identity.createUser({ email: `${organizationId}@tokens.test` })
    const { tokens, authenticator, clock } = clocked(world)
    const name = 'N \u0000 \ud800 é'
    const scopes = ['conversations:*', 'service_tokens:read']
    const { token, serviceToken } = await tokens.create({ name, scopes }, user.id)
    expect(token).toMatch(/^hf_st_[0-9A-Za-z]{36}$/)
    expect(serviceToken).toStrictEqual({
      id: serviceToken.id, organizationId, userId: user.id, name, scopes,
      createdAt: instantOf(clock.now()), expiresAt: null, revokedAt: null, revokedReason: null,
      allowedIpRanges: null, rateLimit: null, rateWindowSeconds: null, previousExpiresAt: null,
      rotatedAt: null, useCount: 0, lastUsedAt: null, lastUsedIp: null, revision: 1,
    })
    expect((await tokens.list()).data).toStrictEqual([serviceToken])
    expect(await authenticator.authenticate(token)).toMatchObject({
      kind: 'service_token', id: `service_token:${serviceToken.id}`, organizationId, scopes,
      credentialId: serviceToken.id, userId: user.id,
    })
    const { database } = holdfast
    const rows = await database.all(database.write.selectFrom('service_tokens').selectAll())
    expect(JSON.stringify(rows)).toContain(serviceToken.id)
    expect(JSON.stringify(rows)).not.toContain(token.slice(6, 36))
  })

  it('refuse a name, scopes or an end that are none', async () => {
    const { organization: { serviceTokens } } = await open()
    const refused: (readonly [object, string])[] = [
      [{ name: '' }, 'name'], [{ name: 'x'.repeat(201) }, 'name'], [{ scopes: [] }, 'scopes'],
      [{ scopes: ['x'] }, 'scopes'], [{ scopes: ['*', 'conversations'] }, 'scopes'],
      [{ scopes: ['conversations:fly'] }, 'scopes'], [{ scopes: ['*:*'] }, 'scopes'],
      [{ scopes: Array.from({ length: 51 }, () => '*') }, 'scopes'],
      [{ expiresAt: '2026-01-01' }, 'expires_at'],
      [{ expiresAt: '2026-13-01T00:00:00.000000Z' }, 'expires_at'],
    ]
    for (const [change, field] of refused) {
      await expect(serviceTokens.create({ ...any, ...change })).rejects
        .toMatchObject({ status: 400, field })
    }
    await expect(serviceTokens.create({ ...any, name: 7 as never })).rejects.toThrow(InvalidInput)
    expect((await serviceTokens.list()).data).toEqual([])
  })

  it('belong to an organization that exists', async () => {
    const { holdfast } = await open()
    const { serviceTokens } = holdfast.organization(unknownId)
    await expect(serviceTokens.create(any)).rejects.toThrow(OrganizationNotFound)
  })

  it('end by themselves at their time', async () => {
    const world = await open()
    const { tokens, authenticator, clock } = clocked(world)
    const expiresAt = instantOf(clock.now() + 10_000)
    const { token, serviceToken } = await tokens.create({ ...any, expiresAt })
    const { token: endless } = await tokens.create(any)
    expect(serviceToken.expiresAt).toBe(expiresAt)
    clock.advance(9_999)
    await authenticator.authenticate(token)
    clock.advance(1)
    await expect(authenticator.authenticate(token)).rejects.toThrow(Unauthenticated)
    clock.advance(-1)
    await authenticator.authenticate(token)
    clock.advance(1_000 * 365 * 86_400_000)
    await authenticator.authenticate(endless)
    await expect(authenticator.authenticate(token)).rejects.toThrow(Unauthenticated)
  })

  it('end when revoked, and stay ended at the first time', async () => {
    const world = await open()
    const { tokens, authenticator, clock } = clocked(world)
    const { token, serviceToken } = await tokens.create(any)
    await authenticator.authenticate(token)
    const revoked = await tokens.revoke(serviceToken.id)
    expect(revoked).toStrictEqual({
      ...serviceToken, revokedAt: instantOf(clock.now()), revision: 2,
    })
    clock.advance(499)
    await authenticator.authenticate(token)
    clock.advance(1)
    await expect(authenticator.authenticate(token)).rejects.toThrow(Unauthenticated)
    const again = await Promise.all(
      Array.from({ length: 20 }, () => tokens.revoke(serviceToken.id.toUpperCase())))
    for (const each of again) expect(each).toStrictEqual(revoked)
    await expect(tokens.revoke(unknownId)).rejects.toThrow(ServiceTokenNotFound)
  })

  it('are all different, 20 made at once', async () => {
    const { organization: { serviceTokens }, holdfast } = await open()
    const made = await Promise.all(Array.from({ length: 20 }, () => serviceTokens.create(any)))
    expect(new Set(made.map(({ token }) => token)).size).toBe(20)
    const principals = await Promise.all(
      made.map(({ token }) => holdfast.authenticator.authenticate(token)))
    expect(principals.map(({ credentialId }) => credentialId))
      .toEqual(made.map(({ serviceToken }) => serviceToken.id))
  })

  it('are paged newest first to the end, revoked ones included', async () => {
    const { organization: { serviceTokens } } = await open()
    const ids: string[] = []
    for (let count = 0; count < 11; count++) {
      const { serviceToken } = await serviceTokens.create({ ...any, name: `${count}` })
      ids.unshift(serviceToken.id)
    }
    await serviceTokens.revoke(ids[4]!)
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await serviceTokens.list({ limit: 4, cursor })
      seen.push(...page.data.map(({ id }) => id))
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined)
    expect(seen).toEqual(ids)
  })

  it('stay unseen and untouched by a neighbour', async () => {
    const { organization: { serviceTokens }, neighbour, holdfast } = await open()
    const made = [await serviceTokens.create(any), await serviceTokens.create(any)]
    const { id } = made[0]!.serviceToken
    await expect(neighbour.serviceTokens.revoke(id)).rejects.toThrow(ServiceTokenNotFound)
    expect((await neighbour.serviceTokens.list()).data).toEqual([])
    const { nextCursor } = await serviceTokens.list({ limit: 1 })
    await expect(neighbour.serviceTokens.list({ cursor: nextCursor! }))
      .rejects.toThrow(InvalidCursor)
    await holdfast.authenticator.authenticate(made[0]!.token)
  })
})
