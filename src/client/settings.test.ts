import { expect, it } from 'vitest'
import { openHoldfast } from '../holdfast.js'
import { startServer } from '../server/index.js'
import { createClient } from './index.js'

it('settings are read, merged, replaced and reset over the client', async () => {
  const holdfast = await openHoldfast()
  const server = await startServer({ holdfast, port: 0, logLevel: 'silent' })
  const { id: userId } = await holdfast.identity.createUser({ email: 'anna@client.test' })
  const { token } = await holdfast.organization().serviceTokens.create(
    { name: 'of Anna', scopes: ['settings:*', 'own_settings:*'] }, userId)
  const { settings, mySettings } = createClient({ url: server.url, token })

  expect(await settings.get()).toMatchObject({ settings: {}, revision: 0 })
  const { revision } = await settings.update({ settings: { llm: { model: 'a', limit: 1 } } })
  await settings.update({ settings: { llm: { limit: null } } }, { ifRevision: revision })
  await expect(settings.replace({ settings: {} }, { ifRevision: revision }))
    .rejects.toMatchObject({ code: 'revision_conflict' })
  await mySettings.replace({ settings: { llm: { model: 'b' } } })
  await mySettings.update({ settings: { theme: 'dark' } })
  expect(await mySettings.get()).toMatchObject({ user_id: userId, revision: 2 })
  expect(await mySettings.effective()).toEqual({
    settings: { llm: { model: 'b' }, theme: 'dark' },
    user_revision: 2, organization_revision: 2,
  })
  expect((await mySettings.reset()).settings).toEqual({})
  expect((await settings.reset({ ifRevision: 2 })).revision).toBe(3)

  await server.close()
  await holdfast.close()
})
