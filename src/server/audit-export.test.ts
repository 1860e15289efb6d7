import { expect, it } from 'vitest'
import { AuditKeys, verifyExport } from '../audit/index.js'
import { contract } from '../testing/contract.js'
import { served } from '../testing/serving.js'
import { openApiDocument, rawRoutes, routes, startServer } from './index.js'

const serving = {
  start: startServer, endpoints: [...routes, ...rawRoutes], document: openApiDocument(),
}
const path = '/v1/audit-events/export'

async function* parsed(text: string) {
  for (const line of text.trim().split('\n')) yield JSON.parse(line) as unknown
}

contract('the audit log as an export over HTTP', (openWorld) => {
  const open = served(openWorld, serving)

  it('is whole, of this organization alone, and passes the check without a server', async () => {
    const { ours, theirs, organization: { conversations, audit } } = await open()
    // Several pages of entries, and several pieces of the answer.
    for (let count = 0; count < 30; count++) {
      await Promise.all(Array.from({ length: 20 }, () => conversations.create()))
    }
    const { status, text, headers } = await ours.get(path)
    expect([status, headers['content-type']]).toEqual([200, 'application/jsonl'])
    const verdict = await verifyExport(parsed(text), { keys: new AuditKeys(), kept: [] })
    const { hash, entries } = await audit.verify()
    expect(verdict).toMatchObject({ isIntact: true, entries, hash })
    expect(entries).toBeGreaterThan(600)
    const neighbours = await theirs.get(path)
    const [mine] = (await conversations.list({ limit: 1 })).data
    expect(text).toContain(mine!.id)
    expect(neighbours.text).not.toContain(mine!.id)
  })

  it('is CSV on request; other formats are refused by name', async () => {
    const { ours } = await open()
    const csv = await ours.get(`${path}?format=csv`)
    expect(csv.headers['content-type']).toBe('text/csv; charset=utf-8')
    expect(csv.text.split('\n')[0]).toMatch(/^"sequence","recorded_at","actor_id"/)
    expect(csv.text.split('\n')[1]).toContain('"organization.created"')
    const refused = await ours.get(`${path}?format=xml`)
    expect([refused.status, refused.body.errors[0].field]).toEqual([400, 'query.format'])
  })
})
