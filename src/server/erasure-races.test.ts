import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { type Holdfast, DirectoryStorage } from '../index.js'
import { PersonalData } from '../lifecycle/personal-data/index.js'
import { tables } from '../tables.js'
import { contract, type ContractWorld } from '../testing/contract.js'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-erasure-races-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const filesIn = (path: string) => readdirSync(path, { recursive: true }).map(String)
  .filter((name) => statSync(join(path, name)).isFile())

async function* piecesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}

async function person(holdfast: Holdfast, organizationId: string) {
  const email = `${holdfast.ids.next()}@erased.test`
  const password = 'a long battery horse'
  const user = await holdfast.identity.createUser({ email, password })
  const personal = await holdfast.organizations.createPersonal(user)
  await holdfast.organizations.addMember({ organizationId, userId: user.id }, 'member')
  const { token } = await holdfast.identity.logIn({ email, password })
  const actor = { id: `user:${user.id}`, userId: user.id }
  return {
    userId: user.id, personalId: personal.id, token, actor,
    stores: holdfast.organization(organizationId, actor),
  }
}

const contextOf = ({ holdfast, organizationId }: ContractWorld, id: string) =>
  holdfast.coordination.cache.find({
    namespace: organizationId, resource: 'conversation_context', id: `${id}/20`,
  })

contract('erasing a person who is not still', (open) => {
  it('takes what comes with a session that another process believes yet', async () => {
    const world = await open()
    const { holdfast, organizationId, another, isLasting } = world
    const { userId, token, actor } = await person(holdfast, organizationId)
    const other = isLasting ? await another() : holdfast
    const { items } = other.organization(organizationId, actor)
    await other.authenticator.authenticate(token)
    const erased = holdfast.personalData().erase(userId, { scrub: false })
    for (let key = 0; ; key++) {
      const isBelieved = await other.authenticator.authenticate(token).then(
        () => true, () => false)
      if (!isBelieved) break
      await items.put({ namespace: ['of', userId], key: String(key), value: 'word' })
    }
    await erased
    const { data } = await holdfast.organization(organizationId).items.search({
      prefix: ['of', userId],
    })
    expect(data).toEqual([])
  })

  it('takes their words out of what models were told of others’ conversations', async () => {
    const world = await open()
    const { holdfast, organizationId, organization: others } = world
    const { userId, actor, stores } = await person(holdfast, organizationId)
    const said = { role: 'user', content: 'word', author: actor.id }
    const theirs = await others.conversations.create()
    await stores.messages.append(theirs.id, said)
    const own = await stores.conversations.create()
    const { id: messageId } = await stores.messages.append(own.id, said)
    const fork = await others.conversations.fork(own.id, messageId)
    const forkOfFork = await others.conversations.fork(fork.id, messageId)
    const all = [theirs, own, fork, forkOfFork]
    for (const { id } of all) await others.contexts.get(id)
    expect(await contextOf(world, fork.id)).toBeDefined()
    await holdfast.personalData().erase(userId, { scrub: false })
    for (const { id } of all) expect(await contextOf(world, id)).toBeUndefined()
  })

  it('takes the bytes that went with their personal organization', async () => {
    const { another, organizationId: known } = await open()
    const own = join(folder, known)
    const storage = await DirectoryStorage.open(own)
    const holdfast = await another({ attachments: { storage } })
    const { id: organizationId } = await holdfast.organizations.create({ name: 'any' })
    const { userId, personalId } = await person(holdfast, organizationId)
    // By a program of theirs, so that it names nobody.
    const { attachments } = holdfast.organization(personalId)
    const attachment = await attachments.create({ name: 'a' })
    await attachments.put(attachment.id, piecesOf('bytes'))
    await attachments.complete(attachment.id)
    expect(filesIn(own)).toHaveLength(1)
    const { unscrubbed } = await holdfast.personalData().erase(userId, { scrub: false })
    expect(unscrubbed).toEqual([])
    expect(filesIn(own)).toEqual([])
  })

  it('takes streams that were begun for a conversation while it went', async () => {
    const { holdfast, organizationId, organization: others } = await open()
    const { userId, stores } = await person(holdfast, organizationId)
    const { id: conversationId } = await stores.conversations.create()
    const answering = (id: string) => {
      const all = holdfast.organization(id)
      const conversations = Object.create(all.conversations, {
        delete: {
          value: async (gone: string) => {
            await others.streams.create(`answer/${userId}`, { data: 'word', conversationId: gone })
            await all.conversations.delete(gone)
          },
        },
      })
      return { ...all, conversations }
    }
    await new PersonalData({
      database: holdfast.database.as<never>(), tables, actor: { id: 'program' },
      stores: answering, disableAccount: async () => undefined,
      checkAccount: async () => undefined, discardBytes: async () => true,
      discardWords: async () => undefined,
      deleteAccount: (id: string) => holdfast.identity.deleteUser(id), scrub: async () => [],
    } as unknown as ConstructorParameters<typeof PersonalData>[0]).erase(userId)
    await expect(others.conversations.get(conversationId)).rejects.toThrow('conversation')
    expect(await others.streams.find(`answer/${userId}`)).toBeUndefined()
  })
})
