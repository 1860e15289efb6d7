import { afterEach, expect, it } from 'vitest'
import { openHoldfast } from '../holdfast.js'
import { startServer } from '../server/index.js'
import { createClient } from './index.js'

const password = 'correct horse battery'
const leftovers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const clean of leftovers.splice(0).reverse()) await clean()
})

/** A server, with a client of its first administrator. */
async function served() {
  const holdfast = await openHoldfast()
  leftovers.push(() => holdfast.close())
  const server = await startServer({ holdfast, port: 0, logLevel: 'silent' })
  leftovers.push(() => server.close())
  const { url } = server
  const { id: userId } = await holdfast.identity.createUser({ email: 'root@client.test', password })
  const { id: organizationId } = await holdfast.organizations.get('default')
  await holdfast.organizations.addMember({ organizationId, userId }, 'owner')
  const logIn = async (email: string, word = password) => {
    const { token } = await createClient({ url }).sessions.create({ email, password: word })
    return createClient({ url, token, organization: 'default' })
  }
  return { url, logIn, root: await logIn('root@client.test') }
}

it('a person is invited, becomes a member, is promoted and removed over the client', async () => {
  const { logIn, root } = await served()
  const { id } = await root.users.create({ email: 'anna@client.test', password })
  const { token } = await root.invitations.create({ email: 'anna@client.test', role: 'member' })
  const anna = await logIn('anna@client.test')
  await expect(anna.conversations.list()).rejects.toMatchObject({ status: 404 })
  expect(await anna.invitations.accept(token!)).toMatchObject({ slug: 'default' })
  expect((await anna.conversations.list()).data).toEqual([])
  expect(await root.members.update(id, { role: 'admin' })).toMatchObject({ role: 'admin' })
  expect(await anna.members.get(id)).toMatchObject({ user_id: id, role: 'admin' })
  const found = []
  for await (const { user_id: userId } of root.members.each({ limit: 1 })) found.push(userId)
  expect(found).toHaveLength(2)
  await root.members.remove(id)
  await expect(root.members.get(id)).rejects.toMatchObject({ code: 'member_not_found' })
  const { data } = await root.audit.list({ limit: 200 })
  expect(data.length).toBeGreaterThan(3)
})

it('sessions are listed and ended, and a new password ends them all, over the client', async () => {
  const { logIn, root } = await served()
  const other = await logIn('root@client.test')
  expect((await root.sessions.list()).data).toHaveLength(2)
  await root.sessions.endOthers()
  await expect(other.me()).rejects.toMatchObject({ status: 401 })
  await root.sessions.changePassword(
    { current_password: password, new_password: `${password} two` })
  await expect(root.me()).rejects.toMatchObject({ status: 401 })
  const again = await logIn('root@client.test', `${password} two`)
  expect(await again.updateMe({ display_name: 'Root' })).toMatchObject({ display_name: 'Root' })
})

it('users are disabled and deleted, and tokens rotated, over the client', async () => {
  const { url, logIn, root } = await served()
  const { id } = await root.users.create({ email: 'bert@client.test', password })
  expect(await root.users.update(id, { email: 'bart@client.test' }, { ifRevision: 1 }))
    .toMatchObject({ id, email: 'bart@client.test' })
  expect(await root.users.update(id, { email: 'bert@client.test', username: 'bert' }))
    .toMatchObject({ email: 'bert@client.test', username: 'bert' })
  expect(await root.users.disable(id)).toMatchObject({ active: false })
  await expect(logIn('bert@client.test')).rejects.toMatchObject({ status: 401 })
  expect(await root.users.enable(id)).toMatchObject({ active: true })
  await root.users.delete(id)
  expect(await root.users.erase(id, { scrub: false })).toMatchObject({ had_account: false })
  expect(await lastOf(root.users.export(id))).toMatchObject({ type: 'end' })
  expect(await lastOf(root.audit.export())).toMatchObject({ type: 'head' })
  await expect(root.users.get(id)).rejects.toMatchObject({ code: 'user_not_found' })
  const made = await root.serviceTokens.create({ name: 'worker', scopes: ['conversations:read'] })
  const rotated = await root.serviceTokens.rotate(made.id, { overlap_seconds: 0 })
  const old = createClient({ url, token: made.token! })
  await expect(old.me()).rejects.toMatchObject({ status: 401 })
  expect((await createClient({ url, token: rotated.token! }).conversations.list()).data).toEqual([])
  const { data } = await root.serviceTokens.listEvents(made.id)
  expect(data.length).toBeGreaterThanOrEqual(2)
})

/** The last line of a file, parsed. */
async function lastOf(pieces: AsyncIterable<Uint8Array>): Promise<unknown> {
  let text = ''
  const decoder = new TextDecoder()
  for await (const piece of pieces) text += decoder.decode(piece, { stream: true })
  return JSON.parse(text.trim().split('\n').at(-1)!)
}
