import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openHoldfast } from './holdfast.js'
import { openedWith } from './lifecycle/import/ciphers.js'
import { type ImportReport } from './lifecycle/import/index.js'
import { withFixtures } from './testing/fixtures.test.harness.js'

interface ExpectedConversation {
  readonly sid?: string
  readonly id?: string
  readonly events: number
  readonly readable: number
  readonly title?: string
  readonly cost?: number
  readonly missing_ids?: readonly number[]
}

interface Expected {
  readonly v0: Readonly<Record<string, ExpectedConversation>>
  readonly v1_app_server: Readonly<Record<string, ExpectedConversation>>
  readonly files: Readonly<Record<string, string>>
}

interface Vector {
  readonly name: string
  readonly secret: string
  readonly value: string
  readonly token: string
  readonly ok: boolean
}

withFixtures('openhands', 'homes of OpenHands', (path) => {
  const read = <R>(name: string): R => JSON.parse(readFileSync(join(path, name), 'utf8')) as R
  const conversationsIn = (given: Readonly<Record<string, ExpectedConversation>>) =>
    Object.values(given).filter(({ sid, id, events }) =>
      (sid ?? id) !== undefined && typeof events === 'number')
  const imported = async (home: string) => {
    const holdfast = await openHoldfast()
    const given = { settingsOf: 'organization' }
    const report = await holdfast.imports().openHands(join(path, home), given)
    const again = await holdfast.imports().openHands(join(path, home), given)
    return { holdfast, report, again }
  }
  const detailsOf = ({ details }: ImportReport) =>
    new Map(details.conversations!.map((each) => [String(each.id).replaceAll('-', ''), each]))

  it.each([['v0-store', 'v0'], ['v1-appserver', 'v1_app_server']] as const)(
    'are found and imported with every conversation and file: %s', async (home, key) => {
      const expected = read<Expected>('expected.json')
      const { holdfast, report, again } = await imported(home)
      const { conversations, messages } = holdfast.organization()
      const details = detailsOf(report)
      for (const one of conversationsIn(expected[key])) {
        const detail = details.get((one.sid ?? one.id)!.replaceAll('-', ''))!
        expect(detail).toMatchObject({
          events: one.events, readable: one.readable, missing: one.missing_ids ?? [],
        })
        const found = await conversations.get(String(detail.id))
        expect(found.messageCount).toBe(one.readable)
        if (one.title !== undefined) expect(found.title).toBe(one.title)
        const { data } = await messages.list(found.id, { limit: 200 })
        expect(data).toHaveLength(one.readable)
      }
      const digests = new Map(report.details.file_digests!.map((each) =>
        [`${home}/${String(each.place)}`, String(each.sha256).slice(0, 16)]))
      const own = Object.entries(expected.files).filter(([name]) => name.startsWith(`${home}/`))
      expect(own.length).toBeGreaterThan(0)
      for (const [name, digest] of own) expect([name, digests.get(name)]).toEqual([name, digest])
      for (const [kind, { imported: count }] of Object.entries(again.counts)) {
        expect([kind, count]).toEqual([kind, 0])
      }
      await holdfast.close()
    })

  it('have secrets that open with the keys that are held, and no others', () => {
    const { jwe, fernet } = read<Readonly<Record<string, readonly Vector[]>>>('crypto-vectors.json')
    for (const { name, secret, value, token, ok } of [...jwe!, ...fernet!]) {
      const held = ok ? ['something else', secret] : ['something else']
      const opened = openedWith(token, held)
      expect([name, opened]).toEqual([name, ok ? { is: 'opened', value } : { is: 'sealed' }])
    }
  })
})
