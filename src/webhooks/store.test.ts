import { expect, it } from 'vitest'
import { InvalidCursor } from '../database/page.js'
import { InvalidInput, RevisionConflict } from '../errors.js'
import { contract } from '../testing/index.js'
import { withoutRootKey } from '../testing/keyless.test.harness.js'
import {
  type NewWebhook, WebhookNameTaken, WebhookNotFound, WebhookSecretUnavailable,
} from './index.js'

const open: NewWebhook = { name: 'open', queue: 'calls', authentication: { kind: 'none' } }
const secret = 'a secret of 20 chars'
const signed: NewWebhook = {
  name: 'signed', queue: 'calls', authentication: { kind: 'github' }, secret,
}

contract('webhooks', (openWorld) => {
  it('come back as they were made, their secret never', async () => {
    const { organization: { webhooks }, organizationId, holdfast } = await openWorld()
    const made = await webhooks.create({
      ...signed, methods: ['POST', 'PUT'], requiredHeaders: { 'x-a': null, 'x-b': 'é' },
      requiredQuery: { q: '1' }, toleranceSeconds: 60, replaySeconds: 600, rate: null,
      authentication: { kind: 'hmac', header: 'x-sig', prefix: 'v1=', timestampHeader: 'x-time' },
      enabled: false,
    })
    expect(made).toMatchObject({
      organizationId, hasSecret: true, revision: 1, enabled: false, rate: null,
      requiredHeaders: { 'x-a': null, 'x-b': 'é' },
    })
    expect(await webhooks.get(made.id)).toStrictEqual(made)
    const plain = await webhooks.create(open)
    expect(plain).toMatchObject({
      methods: ['POST'], toleranceSeconds: 300, replaySeconds: 86_400, enabled: true,
      rate: { limit: 60, windowSeconds: 60 }, hasSecret: false,
    })
    const { database } = holdfast
    const rows = await database.all(database.write.selectFrom('webhooks').selectAll())
    const told = await database.all(database.write.selectFrom('audit_events').selectAll())
    expect(JSON.stringify([made, plain, rows, told])).not.toContain(secret)
    expect(JSON.stringify(told)).toContain('webhook.created')
  })

  it('that are not there are not found, nor those of others', async () => {
    const { organization: { webhooks }, neighbour } = await openWorld()
    const { id } = await webhooks.create(open)
    const nobody = '00000000-0000-7000-8000-000000000000'
    for (const [store, wanted] of [[neighbour.webhooks, id], [webhooks, nobody]] as const) {
      await expect(store.get(wanted)).rejects.toThrow(WebhookNotFound)
      await expect(store.update(wanted, { enabled: false })).rejects.toThrow(WebhookNotFound)
      await expect(store.delete(wanted)).rejects.toThrow(WebhookNotFound)
    }
    expect((await neighbour.webhooks.list()).data).toEqual([])
    expect(await webhooks.get(id)).toMatchObject({ enabled: true, revision: 1 })
    await webhooks.delete(id)
    await expect(webhooks.get(id)).rejects.toThrow(WebhookNotFound)
  })

  it('have names of their own in each organization', async () => {
    const { organization: { webhooks }, neighbour } = await openWorld()
    await webhooks.create(open)
    await neighbour.webhooks.create(open)
    await expect(webhooks.create(open)).rejects.toThrow(WebhookNameTaken)
    const other = await webhooks.create({ ...open, name: 'other' })
    await expect(webhooks.update(other.id, { name: 'open' })).rejects.toThrow(WebhookNameTaken)
    expect(await webhooks.get(other.id)).toStrictEqual(other)
    const made = await Promise.allSettled(Array.from({ length: 20 }, () =>
      webhooks.create({ ...open, name: 'race' })))
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('change under their revision, 20 at once without a loss', async () => {
    const { organization: { webhooks } } = await openWorld()
    const { id } = await webhooks.create(open)
    expect(await webhooks.update(id, { rate: null }, 1)).toMatchObject({ rate: null, revision: 2 })
    await expect(webhooks.update(id, { enabled: false }, 1)).rejects.toThrow(RevisionConflict)
    const changed = await Promise.allSettled(Array.from({ length: 20 }, (_, index) =>
      webhooks.update(id, { toleranceSeconds: index + 1 }, 2)))
    expect(changed.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect((await webhooks.get(id)).revision).toBe(3)
  })

  it('keep their secret until it is replaced, or nobody proves anything', async () => {
    const { organization: { webhooks } } = await openWorld()
    const { id } = await webhooks.create(signed)
    const kept = await webhooks.update(id, { authentication: { kind: 'slack' } })
    expect(kept.hasSecret).toBe(true)
    const freed = await webhooks.update(id, { authentication: { kind: 'none' } })
    expect(freed.hasSecret).toBe(false)
    await expect(webhooks.update(id, { authentication: { kind: 'stripe' } }))
      .rejects.toMatchObject({ field: 'secret' })
  })

  it('are listed by name, page by page to the end', async () => {
    const { organization: { webhooks }, neighbour } = await openWorld()
    const names = Array.from({ length: 7 }, (_, index) => `w-${index}`)
    await Promise.all(names.toReversed().map((name) => webhooks.create({ ...open, name })))
    const found: string[] = []
    let cursor: string | null | undefined
    for (; cursor !== null;) {
      const page = await webhooks.list({ limit: 3, ...(cursor === undefined ? {} : { cursor }) })
      found.push(...page.data.map(({ name }) => name))
      cursor = page.nextCursor
    }
    expect(found).toEqual(names)
    const { nextCursor } = await webhooks.list({ limit: 3 })
    await expect(neighbour.webhooks.list({ cursor: nextCursor! })).rejects.toThrow(InvalidCursor)
  })

  it.each<[string, object]>([
    ['name', { name: 'No' }],
    ['queue', { queue: '' }],
    ['methods', { methods: [] }],
    ['methods', { methods: ['PATCH'] }],
    ['required_headers.X-A', { requiredHeaders: { 'X-A': null } }],
    ['required_headers.x-a', { requiredHeaders: { 'x-a': '' } }],
    ['required_query', { requiredQuery: [] }],
    ['authentication.kind', { authentication: { kind: 'magic' } }],
    ['authentication.header', { authentication: { kind: 'hmac' } }],
    ['authentication.secret', { authentication: { kind: 'github', secret } }],
    ['authentication.algorithm',
      { authentication: { kind: 'hmac', header: 'x-s', algorithm: 'md5' }, secret }],
    ['secret', { secret }],
    ['secret', { authentication: { kind: 'github' } }],
    ['secret', { authentication: { kind: 'github' }, secret: 'short' }],
    ['tolerance_seconds', { toleranceSeconds: 0 }],
    ['replay_seconds', { toleranceSeconds: 600, replaySeconds: 1_199 }],
    ['rate.limit', { rate: { limit: 0, windowSeconds: 1 } }],
    ['rate.window_seconds', { rate: { limit: 1, windowSeconds: 0.5 } }],
    ['enabled', { enabled: 1 }],
  ])('refuse what breaks a rule of %s: %j', async (field, given) => {
    const { organization: { webhooks } } = await openWorld()
    const refused = webhooks.create({ ...open, ...given } as NewWebhook)
    await expect(refused).rejects.toMatchObject({ field })
    await expect(refused).rejects.toThrow(InvalidInput)
    expect((await webhooks.list()).data).toEqual([])
  })

  it('with a secret need a root key', async () => {
    const world = await openWorld()
    const keyless = await withoutRootKey(world)
    await expect(keyless.webhooks.create(signed)).rejects.toThrow(WebhookSecretUnavailable)
    expect(await keyless.webhooks.create(open)).toMatchObject({ hasSecret: false })
  })
})
