import { expect, it } from 'vitest'
import { type JsonValue } from '../database/json.js'
import { InvalidInput, InvalidValue, RevisionConflict } from '../errors.js'
import { contract, type ContractWorld } from '../testing/index.js'
import {
  WorkflowArchived, WorkflowHandleTaken, WorkflowNotFound, type WorkflowStore,
  WorkflowVersionNotFound,
} from './index.js'

const unknownId = '00000000-0000-7000-8000-00000000dead'
const hard = '\u0000 \ud800 \ufdd0 é'
const twenty = Array.from({ length: 20 }, (_, index) => index)

/** What refused calls were refused with. */
async function refusals(calls: readonly Promise<unknown>[]): Promise<unknown[]> {
  const results = await Promise.allSettled(calls)
  return results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
}

async function everything<T>(
  list: (request: { limit: number; cursor?: string }) => Promise<{
    readonly data: T[]
    readonly nextCursor: string | null
  }>,
): Promise<T[]> {
  const all: T[] = []
  for (let cursor: string | undefined; ;) {
    const page = await list({ limit: 3, ...(cursor === undefined ? {} : { cursor }) })
    expect(page.data.length).toBeLessThanOrEqual(3)
    all.push(...page.data)
    if (page.nextCursor === null) return all
    cursor = page.nextCursor
  }
}

contract('workflows', (open) => {
  it('come back as they were made', async () => {
    const { organization: { workflows }, organizationId } = await open()
    const made = await workflows.create({
      name: hard, handle: 'My-Flow-2', description: hard, tags: [hard, 'b'],
      metadata: { [hard]: [-0, null] },
    })
    expect(made).toMatchObject({
      organizationId, name: hard, handle: 'my-flow-2', description: hard, tags: [hard, 'b'],
      metadata: { [hard]: [-0, null] }, access: null, publishedAt: null, versionCount: 0,
      revision: 1, archivedAt: null, createdBy: 'program',
    })
    for (const reference of [made.id, made.id.toUpperCase(), 'my-flow-2', 'MY-FLOW-2']) {
      expect(await workflows.get(reference)).toStrictEqual(made)
    }
    expect(await workflows.create({ name: 'x', tags: ['b', 'a', 'b'] }))
      .toMatchObject({ tags: ['b', 'a'] })
    const plain = await workflows.create({ name: 'plain' })
    expect(plain).toMatchObject({ handle: null, description: null, tags: [], metadata: {} })
  })

  it('that are not there are not found, nor those of a neighbour', async () => {
    const { organization: { workflows }, neighbour } = await open()
    const theirs = await neighbour.workflows.create({ name: 'theirs', handle: 'theirs' })
    await neighbour.workflows.createVersion(theirs.id, { graph: 1 })
    for (const reference of [unknownId, 'none', theirs.id, 'theirs', 'no handle!', '', hard]) {
      for (const call of [
        () => workflows.get(reference), () => workflows.update(reference, { name: 'x' }),
        () => workflows.delete(reference), () => workflows.publish(reference),
        () => workflows.createVersion(reference, { graph: 1 }),
        () => workflows.listVersions(reference), () => workflows.getVersion(reference),
        () => workflows.diff(reference, 1), () => workflows.update(reference, {}, 1),
        () => workflows.updateVersion(reference, 1, { changes: { notes: 'x' } }),
      ]) await expect(call()).rejects.toThrow(WorkflowNotFound)
    }
    expect(await workflows.list()).toEqual({ data: [], nextCursor: null })
    expect(await neighbour.workflows.get('theirs')).toMatchObject({ name: 'theirs', revision: 1 })
  })

  it('have handles of their own, without regard to case, among those not archived', async () => {
    const { organization: { workflows }, neighbour } = await open()
    const first = await workflows.create({ name: 'first', handle: 'one' })
    await neighbour.workflows.create({ name: 'theirs', handle: 'one' })
    const taken = [
      () => workflows.create({ name: 'second', handle: 'ONE' }),
      async () => workflows.update((await workflows.create({ name: 'x' })).id, { handle: 'One' }),
    ]
    for (const call of taken) await expect(call()).rejects.toThrow(WorkflowHandleTaken)
    await workflows.update('one', { archived: true })
    await expect(workflows.get('one')).rejects.toThrow(WorkflowNotFound)
    const second = await workflows.create({ name: 'second', handle: 'one' })
    expect((await workflows.get('one')).id).toBe(second.id)
    await expect(workflows.update(first.id, { archived: false }))
      .rejects.toThrow(WorkflowHandleTaken)
    await workflows.update(second.id, { handle: 'two' })
    await workflows.update(first.id, { archived: false })
    expect((await workflows.get('one')).id).toBe(first.id)
    await workflows.update(first.id, { handle: null })
    await expect(workflows.get('one')).rejects.toThrow(WorkflowNotFound)
  })

  it('give a handle to one of 20 that want it at once', async () => {
    const { organization: { workflows } } = await open()
    const refused = await refusals(twenty.map(() => workflows.create({ name: 'x', handle: 'h' })))
    expect(refused).toEqual(Array.from({ length: 19 }, () => expect.any(WorkflowHandleTaken)))
    expect((await workflows.list()).data).toHaveLength(1)
  })

  it('refuse what breaks a rule, and write nothing', async () => {
    const { organization: { workflows } } = await open()
    const name = 'x'
    const refused: (readonly [object, string])[] = [
      ...['', 'a_b', '-a', 'a--b', 'a'.repeat(65), unknownId, 'é', 7].map((handle) =>
        [{ name, handle }, 'handle'] as const),
      [{}, 'name'], [{ name: '' }, 'name'], [{ name: 'x'.repeat(201) }, 'name'],
      [{ name, description: 'x'.repeat(10_001) }, 'description'],
      [{ name, tags: 'x' }, 'tags'], 
      [{ name, tags: ['a', ''] }, 'tags[1]'],
      [{ name, tags: Array.from({ length: 51 }, (_, index) => `${index}`) }, 'tags'],
      [{ name, metadata: [] }, 'metadata'],
      [{ name, metadata: { a: 'x'.repeat(1024 * 1024) } }, 'metadata'],
    ]
    for (const [given, field] of refused) {
      const error = await workflows.create(given as { name: string }).catch((one: unknown) => one)
      expect([given, error, field])
        .toEqual([given, expect.any(InvalidInput), (error as { field: string }).field])
    }
    await expect(workflows.create({ name, metadata: { a: undefined as never } }))
      .rejects.toThrow(InvalidValue)
    expect((await workflows.list()).data).toEqual([])
  })

  it('are listed newest first to the end, by state and tag', async () => {
    const { organization: { workflows } } = await open()
    const made = await Promise.all(twenty.slice(0, 8).map((index) =>
      workflows.create({ name: `${index}`, tags: index % 2 === 0 ? ['even', hard] : ['odd'] })))
    await workflows.update(made[0]!.id, { archived: true })
    const order = (all: readonly { createdAt: string; id: string }[]) =>
      all.map(({ createdAt, id }) => `${createdAt} ${id}`)
    const all = await everything((request) => workflows.list(request))
    expect(order(all)).toEqual(order(all).toSorted().reverse())
    expect(all).toHaveLength(7)
    const tagged = await everything((request) => workflows.list({ ...request, tag: hard }))
    expect(tagged.map(({ name }) => name).sort()).toEqual(['2', '4', '6'])
    expect((await workflows.list({ archived: true })).data.map(({ name }) => name)).toEqual(['0'])
    const { nextCursor } = await workflows.list({ limit: 1 })
    await expect(workflows.list({ limit: 1, tag: 'odd', cursor: nextCursor! }))
      .rejects.toThrow('cursor')
  })

  it('change only at the revision that is named', async () => {
    const { organization: { workflows } } = await open()
    const { id } = await workflows.create({ name: 'x', handle: 'flow', description: 'd' })
    const changed = await workflows.update('flow', { description: null, tags: ['t'] }, 1)
    expect(changed).toMatchObject({ name: 'x', description: null, tags: ['t'], revision: 2 })
    await expect(workflows.update(id, { name: 'y' }, 1)).rejects.toThrow(/at revision 2/)
    const stale = await refusals(twenty.map((index) =>
      workflows.update(id, { name: `${index}` }, 2)))
    expect(stale).toEqual(Array.from({ length: 19 }, () => expect.any(RevisionConflict)))
    expect(await workflows.get(id)).toMatchObject({ revision: 3, handle: 'flow' })
  })

  it('are published for somebody, and not once they are archived', async () => {
    const { organization: { workflows } } = await open()
    const { id } = await workflows.create({ name: 'x' })
    expect(await workflows.publish(id)).toMatchObject({
      access: 'organization', publishedBy: 'program', publishedAt: expect.any(String),
    })
    expect(await workflows.publish(id, 'public', 2)).toMatchObject({ access: 'public' })
    await expect(workflows.publish(id, 'public', 2)).rejects.toThrow(RevisionConflict)
    await expect(workflows.publish(id, 'all' as never)).rejects.toThrow(InvalidInput)
    const nobody = { access: null, publishedAt: null, publishedBy: null }
    expect(await workflows.unpublish(id)).toMatchObject(nobody)
    await workflows.publish(id)
    expect(await workflows.update(id, { archived: true })).toMatchObject(nobody)
    for (const call of [
      () => workflows.publish(id), () => workflows.unpublish(id),
      () => workflows.createVersion(id, { graph: 1 }),
    ]) await expect(call()).rejects.toThrow(WorkflowArchived)
  })

  it('tell the audit log what was done, never the content', async () => {
    const { organization: { workflows, audit } } = await open()
    const { id } = await workflows.create({ name: 'secret words', handle: 'flow' })
    await workflows.update('flow', { description: 'secret words' })
    await workflows.createVersion('flow', { graph: 'secret words' })
    await workflows.updateVersion('flow', 1, { changes: { notes: 'secret words' } })
    await workflows.publish('flow')
    await workflows.update('flow', { archived: true })
    await workflows.delete(id)
    await audit.seal()
    const { data } = await audit.list({ resourceKind: 'workflow', resourceId: id })
    expect(data.map(({ action }) => action).reverse()).toEqual([
      'workflow.created', 'workflow.updated', 'workflow.version_created',
      'workflow.version_updated', 'workflow.published', 'workflow.archived', 'workflow.deleted',
    ])
    expect(JSON.stringify(data)).not.toContain('secret words')
  })
})

/** A workflow of the world, and a second process on the same database where there can be one. */
async function begun(world: ContractWorld) {
  const { workflows } = world.organization
  const { id } = await workflows.create({ name: 'x', handle: 'flow' })
  const other = world.isLasting ? await world.another() : world.holdfast
  const stores: readonly [WorkflowStore, WorkflowStore] =
    [workflows, other.organization(world.organizationId).workflows]
  return { workflows, id, stores }
}

contract('large workflows', (open) => {
  it('are listed in pages that end early, and none is left out', async () => {
    const { organization: { workflows } } = await open()
    const metadata = { of: 'x'.repeat(1_000_000) }
    for (let count = 0; count < 18; count += 1) {
      await workflows.create({ name: `w${count}`, metadata, tags: ['large'] })
    }
    expect((await workflows.list()).data.length).toBeLessThan(18)
    for (const tag of [undefined, 'large']) {
      const listed = await everything((request) => workflows.list({ tag, ...request }))
      expect(listed.map(({ name }) => name))
        .toEqual(Array.from({ length: 18 }, (_, index) => `w${17 - index}`))
    }
  })
})

contract('versions of workflows', (open) => {
  it('come back as they were made, whatever JSON they are', async () => {
    const { workflows, id } = await begun(await open())
    const graphs: JsonValue[] = [
      null, false, 0, -0, hard, [], {}, { [hard]: [1, -0, null, { ['__proto__']: hard }], b: 1 },
    ]
    for (const [index, graph] of graphs.entries()) {
      const made = await workflows.createVersion('flow', {
        graph, configuration: { [hard]: index }, notes: hard,
      })
      expect(made).toMatchObject({ workflowId: id, number: index + 1, revision: 1, notes: hard })
      expect(made.graph).toStrictEqual(graph)
      expect(await workflows.getVersion(id, index + 1)).toStrictEqual(made)
      expect(await workflows.getVersion(id)).toStrictEqual(made)
    }
    expect(await workflows.get(id)).toMatchObject({ versionCount: graphs.length, revision: 1 })
    const listed = await everything((request) => workflows.listVersions(id, request))
    expect(listed.map(({ number }) => number)).toEqual([8, 7, 6, 5, 4, 3, 2, 1])
    expect(listed[0]).not.toHaveProperty('graph')
    await expect(workflows.getVersion(id, 9)).rejects.toThrow(WorkflowVersionNotFound)
  })

  it('come in pages that end early where they are large', async () => {
    const { workflows, id } = await begun(await open())
    const configuration = { of: 'x'.repeat(1_000_000) }
    for (let count = 0; count < 18; count += 1) {
      await workflows.createVersion(id, { graph: count, configuration })
    }
    expect((await workflows.listVersions(id)).data.length).toBeLessThan(18)
    const listed = await everything((request) => workflows.listVersions(id, request))
    expect(listed.map(({ number }) => number))
      .toEqual(Array.from({ length: 18 }, (_, index) => 18 - index))
  })

  it('have equal checksums for equal graphs, however their keys are ordered', async () => {
    const { workflows, id } = await begun(await open())
    const sums = []
    const graphs: JsonValue[] =
      [{ a: 1, b: [{ c: 1, d: 2 }] }, { b: [{ d: 2, c: 1 }], a: 1 }, { a: 1 }]
    for (const graph of graphs) {
      sums.push((await workflows.createVersion(id, { graph })).checksum)
    }
    expect(sums[0]).toMatch(/^[0-9a-f]{64}$/)
    expect(sums[1]).toBe(sums[0])
    expect(sums[2]).not.toBe(sums[0])
  })

  it('are numbered without gaps by 50 writers at once, in one process and two', async () => {
    const { workflows, id, stores } = await begun(await open())
    const fifty = Array.from({ length: 50 }, (_, index) => index)
    const made = await Promise.all(fifty.flatMap((index) => [
      stores[index % 2]!.createVersion(id, { graph: index }),
      ...(index % 5 === 0
        ? [stores[index % 2]!.createVersion(id, { graph: undefined as never })
          .catch(() => undefined)]
        : []),
    ]))
    const numbers = made.flatMap((each) => (each === undefined ? [] : [each.number]))
    expect(numbers.sort((a, b) => a - b)).toEqual(fifty.map((index) => index + 1))
    const listed = await everything((request) => workflows.listVersions(id, request))
    expect(listed.map(({ number }) => number)).toEqual(fifty.map((index) => 50 - index))
    expect((await workflows.get(id)).versionCount).toBe(50)
  })

  it('that are taken back leave their number to the next', async () => {
    const world = await open()
    const { workflows, id } = await begun(world)
    await workflows.createVersion(id, { graph: 1 })
    await expect(world.holdfast.transaction(async (transaction) => {
      await transaction.organization(world.organizationId).workflows.createVersion(id, { graph: 2 })
      throw new Error('on purpose')
    })).rejects.toThrow('on purpose')
    expect((await workflows.createVersion(id, { graph: 3 })).number).toBe(2)
  })

  it('keep their graph whatever else changes', async () => {
    const { workflows, id } = await begun(await open())
    await expect(workflows.getVersion(id)).rejects.toThrow('no version yet')
    const made = await workflows.createVersion(id, { graph: { a: 1 }, configuration: { b: 2 } })
    const changed = await workflows.updateVersion(id, 1, {
      changes: { configuration: { b: 3 }, graph: 7 } as object, ifRevision: 1,
    })
    expect(changed).toMatchObject({
      graph: { a: 1 }, configuration: { b: 3 }, checksum: made.checksum, revision: 2,
    })
    await expect(workflows.updateVersion(id, 1, { changes: { notes: 'n' }, ifRevision: 1 }))
      .rejects.toThrow(RevisionConflict)
    await expect(workflows.updateVersion(id, 2, { changes: { notes: 'n' } }))
      .rejects.toThrow(WorkflowVersionNotFound)
    await expect(workflows.updateVersion(id, 1, { changes: { configuration: [] as never } }))
      .rejects.toThrow(InvalidInput)
  })

  it('are compared by what differs', async () => {
    const { workflows, id } = await begun(await open())
    await workflows.createVersion(id, { graph: { nodes: [{ n: 'a' }, { n: 'b' }], 'x/~': 1 } })
    await workflows.createVersion(id, { graph: { nodes: [{ n: 'a' }, { n: 'c' }, 7] } })
    const diff = await workflows.diff(id, 1)
    expect(diff).toEqual({
      base: 1,
      target: 2,
      changes: [
        { path: '/nodes/1/n', kind: 'changed', before: 'b', after: 'c' },
        { path: '/nodes/2', kind: 'added', after: 7 },
        { path: '/x~1~0', kind: 'removed', before: 1 },
      ],
      unified: expect.stringContaining('--- version 1\n+++ version 2\n@@ -4,8 +4,8 @@\n'),
    })
    expect(diff.unified).toContain('-      "n": "b"\n-    }\n')
    expect(diff.unified).toContain('+      "n": "c"\n+    },\n+    7\n')
    expect(await workflows.diff(id, 2, 'latest')).toMatchObject({ changes: [], unified: '' })
    await expect(workflows.diff(id, 1, 3)).rejects.toThrow(WorkflowVersionNotFound)
  })

  it('go with their workflow', async () => {
    const { workflows, id } = await begun(await open())
    await workflows.createVersion(id, { graph: 1 })
    await workflows.delete('flow')
    await expect(workflows.getVersion(id, 1)).rejects.toThrow(WorkflowNotFound)
    await expect(workflows.delete(id)).rejects.toThrow(WorkflowNotFound)
  })
})
