import { execFileSync } from 'node:child_process'
import {
  existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import {
  archiveFolder as folder, contentOfArchive as content, freshHome as fresh,
} from './testing/archive-places.test.harness.js'
import { contract } from './testing/index.js'
import { furnishHome } from './testing/isolation/index.js'

const tar = (...words: string[]) => execFileSync('tar', words, { encoding: 'utf8' })
const unpacked = (path: string) => {
  const place = folder()
  tar('-xf', path, '-C', place)
  return place
}
const everything = { kind: 'everything' } as const
/** A small home, and its archive as a tar. */
async function packed() {
  const holdfast = await fresh()
  const { conversations, messages } = holdfast.organization()
  const { id } = await conversations.create({ title: 'kept' })
  await messages.append(id, { role: 'user', content: 'x'.repeat(70_000) })
  const path = join(folder(), 'home.tar')
  const manifest = await holdfast.archives().export(path, everything)
  return { holdfast, path, manifest }
}
const refusal = async (path: string) => {
  const other = await fresh()
  const error = await other.archives().import(path).then(() => undefined, (thrown: Error) => thrown)
  expect((await other.organization().conversations.list()).data).toEqual([])
  return error
}

contract('an archive as a tar', (open) => {
  it('unpacks to the files of a directory, and comes back byte by byte', async () => {
    const { holdfast, rootKey } = await open()
    await furnishHome(holdfast)
    // Both exports are of one state: nothing is left to be summed up between them.
    const { database } = holdfast
    const pending = database.write.selectFrom('usage_pending').select('event_id')
    await expect.poll(() => database.all(pending), { timeout: 30_000 }).toEqual([])
    const [path, other] = [join(folder(), 'new', 'home.tar'), folder()]
    const scope = { kind: 'organization', organization_id: 'default' } as const
    const organization_id = (await holdfast.organizations.get(scope.organization_id)).id
    const manifest = await holdfast.archives().export(path, { ...scope, organization_id })
    await holdfast.archives().export(other, { ...scope, organization_id })
    const names = [...manifest.files.map(({ file }) => file), 'manifest.json']
    expect(tar('-tf', path).trimEnd().split('\n')).toEqual(names)
    expect(content(unpacked(path))).toEqual(content(other))
    const second = await fresh(rootKey)
    await second.database.run(second.database.write.deleteFrom('organizations'))
    expect(await second.archives().import(path)).toEqual(manifest)
    const again = folder()
    await second.archives().export(again, { ...scope, organization_id })
    expect(content(again)).toEqual(content(other))
  })
})

describe('a tar', () => {
  it('of one conversation comes back', async () => {
    const { holdfast } = await packed()
    const { conversations } = holdfast.organization()
    const { data: [{ id, organizationId }] } = await conversations.list() as never as
      { data: [{ id: string, organizationId: string }] }
    const path = join(folder(), 'one.tar')
    await holdfast.archives().export(path, {
      kind: 'conversation', organization_id: organizationId, conversation_id: id,
    })
    await conversations.delete(id)
    await holdfast.archives().import(path)
    expect(await conversations.get(id)).toMatchObject({ title: 'kept' })
  })

  it.each([
    ['its name', '--format=ustar', ['archive']],
    ['./ before each name', '--format=gnu', ['-C', 'archive', '.']],
    ['extended headers', '--format=pax', ['archive']],
    ['other files', '--format=gnu', ['-C', 'archive', '.', '-C', '..', 'README']],
  ])('that somebody packed by hand with %s is read', async (_name, format, words) => {
    const place = folder()
    mkdirSync(join(place, 'archive'))
    writeFileSync(join(place, 'README'), 'not of it')
    tar('-xf', (await packed()).path, '-C', join(place, 'archive'))
    const path = join(place, 'by hand.tar')
    tar('-C', place, format, '-cf', path, ...words)
    const other = await fresh()
    await other.archives().import(path)
    const { data } = await other.organization().conversations.list()
    expect(data).toMatchObject([{ title: 'kept' }])
  })

  it('that is there already stays as it is', async () => {
    const { holdfast, path } = await packed()
    const before = readFileSync(path)
    await expect(holdfast.archives().export(path, everything)).rejects.toMatchObject({
      code: 'invalid_input', field: 'path',
    })
    expect(readFileSync(path)).toEqual(before)
  })

  it('whose export is stopped is not left', async () => {
    const { holdfast } = await packed()
    const path = join(folder(), 'stopped.tar')
    const stopped = new AbortController()
    const exported = holdfast.archives().export(path, everything, {
      signal: stopped.signal, onProgress: () => stopped.abort(new Error('enough')),
    })
    await expect(exported).rejects.toThrow('enough')
    expect(existsSync(path)).toBe(false)
  })

  it('cut off anywhere is refused by name, and nothing is imported', async () => {
    const { path } = await packed()
    const { length } = readFileSync(path)
    // The end of a tar is two blocks of zeros, and the last of the manifest stands before them.
    for (const size of [length - 1536, length - 9000, 70_000, 512, 100, 0]) {
      truncateSync(path, size)
      expect(await refusal(path)).toMatchObject({
        code: 'invalid_archive', message: expect.stringContaining('cut off'),
      })
    }
  })

  it.each<[string, (bytes: Buffer) => Buffer, RegExp]>([
    ['compressed', (bytes) => gzipSync(bytes), /no tar.*compressed.*unpacked/],
    ['other than a tar', () => Buffer.alloc(4096, 'x'), /no tar/],
    ['changed in a row', (bytes) => {
      bytes[bytes.indexOf('xxxxxxxx')] = 0x79
      return bytes
    }, /messages\.jsonl was changed/],
    ['changed in a header', (bytes) => {
      bytes[bytes.indexOf('messages.jsonl')] = 0x4d
      return bytes
    }, /damaged at its byte \d+/],
    ['twice the same', (bytes) => Buffer.concat([bytes.subarray(0, -1024), bytes]), /twice/],
  ])('that is %s is refused by name', async (_name, change, rule) => {
    const { path } = await packed()
    writeFileSync(path, change(readFileSync(path)))
    expect(await refusal(path)).toMatchObject({
      code: 'invalid_archive', message: expect.stringMatching(rule),
    })
  })

  it('without one of its files is refused, the file named', async () => {
    const { path } = await packed()
    const place = unpacked(path)
    tar('-cf', path, '-C', place, ...readdirSync(place).filter((name) => name !== 'messages.jsonl'))
    expect(await refusal(path)).toMatchObject({
      code: 'invalid_archive', message: expect.stringContaining('messages.jsonl is missing'),
    })
  })
})
