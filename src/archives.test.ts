import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Holdfast } from './holdfast.js'
import { defaultOrganizationId } from './identity/index.js'
import { leftOut } from './lifecycle/archive/lines.js'
import {
  archiveFolder as folder, archiveKey as rootKey, contentOfArchive as content,
  freshHome as fresh,
} from './testing/archive-places.test.harness.js'
import { contract } from './testing/index.js'
import { furnishHome } from './testing/isolation/index.js'
import { makeOrcheo, wholeOrcheo } from './testing/made-orcheo.test.harness.js'

async function filled(): Promise<Holdfast> {
  const holdfast = await fresh()
  const { path, remove } = makeOrcheo(wholeOrcheo())
  await holdfast.imports().orcheo(path)
  remove()
  await holdfast.identity.createUser({ email: 'a@example.org', password: 'a long password 1' })
  const { conversations, messages, secrets } = holdfast.organization()
  const { id } = await conversations.create({ title: 'nul \u0000 half \ud800 ends \u2028\u2029' })
  const nasty = { '\u0000': -0, b: ['\ufdd0'] }
  const first = await messages.append(id, { role: 'user', content: nasty })
  await messages.append(id, { role: 'user', content: 1, siblingOf: first.id })
  await secrets.create({ name: 'S', value: 'v' })
  return holdfast
}
const everything = { kind: 'everything' } as const

describe('an archive of everything', () => {
  it('comes back byte by byte, and works on', async () => {
    const [one, two] = [folder(), folder()]
    const holdfast = await filled()
    await holdfast.archives().export(one, everything)
    const other = await fresh()
    await other.archives().import(one)
    await other.archives().export(two, everything)
    expect(content(two)).toEqual(content(one))
    expect(readFileSync(join(one, 'workflow_runs.jsonl'), 'utf8')).toContain('9007199254740993')
    expect((await other.organization().secrets.reveal('S')).value).toBe('v')
    expect(content(one).some(([name]) => leftOut.has(name!.replace('.jsonl', '')))).toBe(false)
    const { data: [conversation] } = await other.organization().conversations.list()
    const { data } = await other.organization().messages.list(conversation!.id)
    expect(data[0]?.content).toStrictEqual({ '\u0000': -0, b: ['\ufdd0'] })
  })

  it('is refused before anything is touched when it was changed, or the place is not empty',
    async () => {
      const path = folder()
      await (await filled()).archives().export(path, everything)
      const other = await fresh()
      const count = async () => (await other.organization().workflows.list()).data.length
      const broken = async (file: string, change: (text: string) => string, rule: RegExp) => {
        const text = readFileSync(join(path, file), 'utf8')
        writeFileSync(join(path, file), change(text))
        await expect(other.archives().import(path)).rejects.toThrow(rule)
        writeFileSync(join(path, file), text)
        expect(await count()).toBe(0)
      }
      await broken('workflows.jsonl', (text) => text.replace('Daily', 'Early'), /sha256/)
      await broken('messages.jsonl', (text) => text.slice(0, -9), /changed or cut off/)
      await broken('manifest.json', (text) => text.replace(/"schema": "[^"]*"/, '"schema": "x"'),
        /manifest\.json was changed/)
      await broken('manifest.json', (text) => text.replace('"version": 1', '"version": 2'),
        /another version/)
      await broken('manifest.json', () => '', /no JSON/)
      await broken('manifest.json', () => 'null', /another version/)
      await other.archives().import(path)
      expect(await count()).toBe(1)
      await expect(other.archives().import(path)).rejects.toThrow(/not empty/)
      await expect(other.archives().export(path, everything)).rejects.toThrow(/not empty/)
    })
})

contract('an archive', (open) => {
  it('is of one state, whatever is written meanwhile', async () => {
    const { holdfast } = await open()
    const { conversations, messages } = holdfast.organization()
    const { id } = await conversations.create({ title: 'before' })
    await messages.append(id, { role: 'user', content: 'before' })
    const path = folder()
    let later: Promise<unknown> | undefined
    const { files } = await holdfast.archives().export(path, { kind: 'everything' }, {
      onProgress: () => {
        later ??= conversations.create({ title: 'later' }).then((made) =>
          messages.append(made.id, { role: 'user', content: 'later' }))
      },
    })
    await later
    for (const name of ['conversations', 'messages']) {
      expect(files.find((file) => file.name === name)!.rows).toBe(1)
    }
  })

  it('of an organization holds its rows alone, and is refused where it is', async () => {
    const { holdfast, organizationId, organization, neighbour } = await open()
    const { id } = await organization.conversations.create({ title: 'ours' })
    await organization.messages.append(id, { role: 'user', content: 'x' })
    await neighbour.conversations.create({ title: 'theirs' })
    const path = folder()
    const scope = { kind: 'organization', organization_id: organizationId } as const
    await holdfast.archives().export(path, scope)
    expect(JSON.stringify(content(path))).not.toContain('theirs')
    await expect(holdfast.archives().import(path)).rejects.toMatchObject({
      code: 'archive_conflict',
    })
    const other = await fresh()
    await other.archives().import(path)
    expect((await other.organization(organizationId).messages.list(id)).data).toMatchObject([
      { content: 'x', position: 1 },
    ])
  })

  it('of an organization comes back though people of its rows have left it', async () => {
    const { holdfast, organizationId, organization } = await open()
    const email = `gone-${organizationId}@example.org`
    const { id: userId } = await holdfast.identity.createUser({ email, password: 'a long one 1' })
    await holdfast.organizations.addMember({ organizationId, userId }, 'member')
    const own = holdfast.organization(organizationId, { id: `user:${userId}`, userId })
    const { id } = await own.conversations.create({ title: 'theirs' })
    await organization.members.remove(userId)
    await organization.conversations.create({ title: 'nobody’s' })
    const path = folder()
    await holdfast.archives().export(path, {
      kind: 'organization', organization_id: organizationId,
    })
    const other = await fresh()
    await other.archives().import(path)
    expect(await other.organization(organizationId).conversations.get(id))
      .toMatchObject({ title: 'theirs', userId })
    expect((await other.organization(organizationId).members.list()).data).toEqual([])
  })

  it('of secrets under a root key that is not at hand is refused, the key named', async () => {
    const { holdfast, organizationId, organization, rootKey: ofThese } = await open()
    await organization.secrets.create({ name: 'S', value: 'v' })
    const path = folder()
    await holdfast.archives().export(path, {
      kind: 'organization', organization_id: organizationId,
    })
    const other = await fresh()
    await expect(other.archives().import(path)).rejects.toMatchObject({
      code: 'root_key_mismatch', message: expect.stringMatching(/under the root key given:/),
    })
    await expect(other.organizations.get(organizationId)).rejects.toThrow()
    const both = await fresh([rootKey, ofThese])
    await both.archives().import(path)
    const { secrets } = both.organization(organizationId)
    expect((await secrets.reveal('S')).value).toBe('v')
    await secrets.create({ name: 'T', value: 'w' })
  })

  it('of a conversation is refused where its organization is not', async () => {
    const { holdfast, organizationId, organization } = await open()
    const { id } = await organization.conversations.create({ title: 'one' })
    const path = folder()
    await holdfast.archives().export(path, {
      kind: 'conversation', organization_id: organizationId, conversation_id: id,
    })
    await expect((await fresh()).archives().import(path)).rejects.toMatchObject({
      code: 'archive_conflict', message: expect.stringContaining(organizationId),
    })
  })

  it('whose people are here already is refused, and the table is named', async () => {
    const { holdfast, organizationId } = await open()
    const email = `twice-${organizationId}@example.org`
    const { id: userId } = await holdfast.identity.createUser({ email, password: 'a long one 1' })
    await holdfast.organizations.addMember({ organizationId, userId }, 'owner')
    const path = folder()
    await holdfast.archives().export(path, {
      kind: 'organization', organization_id: organizationId,
    })
    const other = await fresh()
    await other.identity.createUser({ email, password: 'a long one 1' })
    await expect(other.archives().import(path)).rejects.toMatchObject({
      code: 'archive_conflict', message: expect.stringContaining('A row of users'),
    })
    await expect(other.organizations.get(organizationId)).rejects.toThrow()
  })

  it('of a conversation comes back with its tree', async () => {
    const { holdfast, organizationId, organization } = await open()
    const { id } = await organization.conversations.create({ title: 'one' })
    const first = await organization.messages.append(id, { role: 'user', content: 'a' })
    await organization.messages.append(id, { role: 'user', content: 'b', siblingOf: first.id })
    const path = folder()
    const scope = { kind: 'conversation', organization_id: organizationId, conversation_id: id }
    await holdfast.archives().export(path, scope as never)
    await expect(holdfast.archives().import(path)).rejects.toMatchObject({
      code: 'archive_conflict',
    })
    const before = (await organization.messages.list(id)).data
    await organization.conversations.delete(id)
    await holdfast.archives().import(path)
    expect((await organization.messages.list(id)).data).toEqual(before)
  })

  it('of an organization comes back byte by byte, whatever its tables hold', async () => {
    const { holdfast, rootKey: held } = await open()
    await furnishHome(holdfast)
    const { conversations, messages } = holdfast.organization()
    const { id } = await conversations.create({ title: 'several pages' })
    await messages.appendMany(id, Array.from({ length: 450 }, (_, at) => (
      { role: 'user', content: at })))
    const [one, two] = [folder(), folder()]
    const scope = { kind: 'organization', organization_id: defaultOrganizationId } as const
    const { files } = await holdfast.archives().export(one, scope)
    expect(files.find(({ name }) => name === 'messages')!.rows).toBeGreaterThan(450)
    const other = await fresh(held)
    await other.database.run(other.database.write.deleteFrom('organizations'))
    await other.archives().import(one)
    await other.archives().export(two, scope)
    expect(content(two)).toEqual(content(one))
  })
})
