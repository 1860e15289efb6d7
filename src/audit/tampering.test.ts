import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { type Stored } from '../database/columns.js'
import { Database } from '../database/database.js'
import { withAuditKey, withEmptyLogs } from '../testing/audit-world.test.harness.js'
import { contract, type OpenWorld } from '../testing/index.js'
import { entryHash, entryOf } from './canonical.js'
import {
  auditEvents, AuditKeys, type AuditTables, headLine, jsonLine, newAuditKey,
  recordAudit, verifyExport,
} from './index.js'

const script = fileURLToPath(
  new URL('../../examples/verify-audit/verify-audit.mjs', import.meta.url))
const seedGiven = Number(process.env.HOLDFAST_TEST_SEED ?? Date.now() % 2 ** 31)
/** Tamperings of each kind on each engine. */
const runs = Number(process.env.HOLDFAST_TEST_TAMPERINGS ?? 6)

/** Numbers that a seed repeats. */
function randomOf(seed: number): (most: number) => number {
  let state = seed
  return (most) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return 1 + Math.floor((state / 2 ** 32) * most)
  }
}

type Random = ReturnType<typeof randomOf>
type World = Awaited<ReturnType<typeof sealedLog>>

const integer = (value: number) => auditEvents.columns.sequence.encode(value)!
const text = (value: string) => auditEvents.columns.action.encode(value)

/** A log of 5 to 30 entries with heads at random places and at its end, which are kept. */
async function sealedLog(open: OpenWorld, random: Random) {
  const world = await open()
  const holdfast = await withAuditKey(world)
  const { organizationId } = world
  const { audit } = holdfast.organization(organizationId)
  const database = Database.over<AuditTables>(holdfast.backend).within('all')
  const count = 4 + random(26)
  for (let index = 1; index <= count; index++) {
    const record = {
      action: 'thing.made', resourceKind: 'thing', resourceId: `${index}`,
      details: { index, words: '\u0000 é "quoted"' },
    }
    const actor = { id: 'user:someone', requestId: index % 2 === 0 ? 'request' : null }
    await recordAudit(database, holdfast, { organizationId, actor, record })
    if (index === count || random(6) === 1) await audit.seal()
  }
  const kept = (await audit.listHeads({ limit: 200 })).data
  const organization = auditEvents.columns.organizationId.encode(organizationId)
  expect(await audit.verify({ heads: kept })).toMatchObject({ isIntact: true, entries: count })
  return { holdfast, audit, database, organization, count, kept }
}

const entries = ({ database, organization }: World) =>
  database.write.updateTable('audit_events').where('organization_id', '=', organization)

async function edit({ database, organization }: World, n: number, random: Random) {
  const changes = [
    { recorded_at: auditEvents.columns.recordedAt.encode('2020-02-02T00:00:00.000000Z') },
    { actor_id: text('user:other') }, { action: text('thing.kept') }, { outcome: text('denied') },
    { user_id: auditEvents.columns.userId.encode('00000000-0000-7000-8000-00000000beef') },
    { resource_kind: text('other') }, { resource_id: null }, { request_id: text('x') },
    { ip_address: text('::1') }, { user_agent: text('x') }, { hash: text('0'.repeat(64)) },
    { hash: null }, { details: text('{"index":0}') as never }, { details: text('{ }') as never },
  ]
  const change = changes[random(changes.length) - 1]!
  await database.run(database.write.updateTable('audit_events').set(change)
    .where('organization_id', '=', organization).where('sequence', '=', integer(n)))
}

/** Moves entries by so many places, in two steps, since places are unique. */
async function shift(world: World, from: number, by: number) {
  const { database } = world
  await database.run(entries(world).where('sequence', '>=', integer(from))
    .set({ sequence: sql<Stored<'integer'>>`-(sequence + ${by})` }))
  await database.run(entries(world).where('sequence', '<', integer(0))
    .set({ sequence: sql<Stored<'integer'>>`-sequence` }))
}

async function rowsFrom({ database, organization }: World, from: number) {
  return database.all(database.write.selectFrom('audit_events').selectAll()
    .where('organization_id', '=', organization).where('sequence', '>=', integer(from))
    .orderBy('sequence'))
}

/** Makes the entries fit one another again, and the chain's end as well. */
async function rehash(world: World, from: number) {
  const { database, organization } = world
  const found = await rowsFrom(world, Math.max(1, from - 1))
  const rows = from === 1 ? found : found.slice(1)
  let hash: string = (from === 1 ? null : found[0]!.hash) ?? '0'.repeat(64)
  for (const row of rows) {
    hash = entryHash(hash, entryOf(row, Number(row.sequence)))
    await database.run(entries(world).where('id', '=', row.id).set({ hash: text(hash) }))
  }
  const sequence = integer(from - 1 + rows.length)
  await database.run(database.write.updateTable('audit_chains')
    .set({ sequence, hash: text(hash) }).where('organization_id', '=', organization))
}

async function remove({ database, organization }: World, from: number, to: number) {
  await database.run(database.write.deleteFrom('audit_events')
    .where('organization_id', '=', organization)
    .where('sequence', '>=', integer(from)).where('sequence', '<=', integer(to)))
}

/** Heads in the database are the tamperer's to delete; those kept elsewhere are not. */
async function removeHeads({ database, organization }: World, from: number) {
  await database.run(database.write.deleteFrom('audit_heads')
    .where('organization_id', '=', organization).where('sequence', '>=', integer(from)))
}

interface Expected {
  readonly kind: string
  readonly sequence: number
}

/** What each kind of tampering does to the log, and where it must be found. */
const tamperings: Record<string, (world: World, random: Random) => Promise<Expected>> = {
  async 'an edited entry'(world, random) {
    const n = random(world.count)
    await edit(world, n, random)
    return { kind: 'entry_changed', sequence: n }
  },
  async 'an inserted entry'(world, random) {
    const n = random(world.count)
    const [row] = await rowsFrom(world, n)
    await shift(world, n, 1)
    const { database, holdfast } = world
    const id = auditEvents.columns.id.encode(holdfast.ids.next())
    await database.run(database.write.insertInto('audit_events').values(
      { ...row!, id, actor_id: text('user:framed'), sequence: integer(n) }))
    return { kind: 'entry_changed', sequence: n }
  },
  async 'two entries in each other’s place'(world, random) {
    const one = random(world.count - 1)
    const other = one + random(world.count - one)
    const { database } = world
    const move = (from: number, to: number) => database.run(entries(world)
      .where('sequence', '=', integer(from)).set({ sequence: integer(to) }))
    await move(one, -1)
    await move(other, one)
    await move(-1, other)
    return { kind: 'entry_changed', sequence: one }
  },
  async 'an entry deleted in the middle'(world, random) {
    const n = random(world.count - 1)
    await remove(world, n, n)
    if (random(2) === 1) return { kind: 'entry_missing', sequence: n }
    await shift(world, n + 1, -1)
    return { kind: 'entry_changed', sequence: n }
  },
  async 'a cut tail'(world, random) {
    const n = random(world.count)
    await remove(world, n, world.count)
    // Without mending the end of the chain, or with all traces removed.
    if (random(3) > 1) {
      await removeHeads(world, n)
      await rehash(world, n)
    }
    return { kind: 'end_missing', sequence: n }
  },
  async 'a full rewrite'(world, random) {
    const n = random(world.count)
    await world.database.run(entries(world).where('sequence', '=', integer(n))
      .set({ actor_id: text('user:framed') }))
    await rehash(world, n)
    if (random(2) === 1) await removeHeads(world, 1)
    const before = world.kept.map(({ sequence }) => sequence).filter((each) => each < n)
    return { kind: 'head_differs', sequence: Math.max(0, ...before) + 1 }
  },
}

/** What the script says of an export, with the heads kept elsewhere. */
async function offline({ audit, holdfast, kept }: World, removeUnsigned = false) {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-audit-'))
  try {
    const lines: string[] = []
    for await (const line of audit.export()) lines.push(jsonLine(line))
    const [file, heads] = [join(folder, 'export.jsonl'), join(folder, 'heads.jsonl')]
    writeFileSync(file, `${(removeUnsigned ? lines.slice(0, -1) : lines).join('\n')}\n`)
    writeFileSync(heads, kept.map((head) => `${jsonLine(headLine(head))}\n`).join(''))
    const words = [script, file, '--head', heads, '--public-key', holdfast.auditPublicKeys[0]!]
    return await new Promise<{ code: number; said: string }>((done) => {
      execFile(process.execPath, words, (error, stdout, stderr) =>
        done({ code: Number(error?.code ?? 0), said: stdout + stderr }))
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What the check of an export says, with the heads kept elsewhere; `change` may alter lines. */
function exportVerdict(
  { audit, holdfast, kept }: World,
  change: (lines: string[]) => string[] = (lines) => lines,
) {
  async function* lines() {
    const texts: string[] = []
    for await (const line of audit.export()) texts.push(jsonLine(line))
    for (const text of change(texts)) yield JSON.parse(text) as unknown
  }
  const keys = new AuditKeys(undefined, [holdfast.auditPublicKeys[0]!])
  return verifyExport(lines(), { keys, kept })
}

contract(`a log that was tampered with, seed ${seedGiven}`, (openMade) => {
  const open = withEmptyLogs(openMade)

  for (const [name, tamper] of Object.entries(tamperings)) {
    it(`shows ${name}, and the first bad entry by its place`, async () => {
      const random = randomOf(seedGiven)
      for (let run = 0; run < runs; run++) {
        const world = await sealedLog(open, random)
        const expected = await tamper(world, random)
        const { fault } = await world.audit.verify({ heads: world.kept })
        expect([run, fault]).toMatchObject([run, expected])
        const exported = (await exportVerdict(world)).fault
        expect([run, exported?.sequence]).toEqual([run, expected.sequence])
        if (run >= 1) continue
        const { code, said } = await offline(world)
        expect([code, said]).toEqual([1, expect.stringContaining(`entry ${expected.sequence}:`)])
      }
    }, 60_000)
  }

  it('is told apart from one that was not, by the script as well', async () => {
    const world = await sealedLog(open, randomOf(seedGiven))
    expect(await offline(world)).toEqual({ code: 0, said: expect.stringContaining('intact') })
    const cut = await offline(world, true)
    expect(cut).toEqual({ code: 1, said: expect.stringContaining('no last line') })
  })

  it('is told apart from one that was not, by the check of an export', async () => {
    const world = await sealedLog(open, randomOf(seedGiven))
    const { count, kept, organization: organizationId } = world
    expect(await exportVerdict(world)).toMatchObject({
      isIntact: true, fault: null, organizationId, entries: count, sequence: count,
      // The last line is a head of its own.
      heads: kept.length + 1, areSignaturesChecked: true,
    })
    const faultOf = async (change: (lines: string[]) => string[]) =>
      (await exportVerdict(world, change)).fault
    expect(await faultOf((lines) => lines.slice(0, -1)))
      .toMatchObject({ sequence: count + 1, message: expect.stringContaining('no last line') })
    expect(await faultOf((lines) => [...lines, lines[0]!]))
      .toMatchObject({ message: expect.stringContaining('lines follow') })
    expect(await faultOf((lines) => ['7', ...lines])).toMatchObject({ sequence: 1 })
    expect(await faultOf((lines) => lines.toSpliced(1, 1))).toMatchObject({ sequence: 2 })
    const foreign = (line: string) => line.replaceAll(organizationId, world.holdfast.ids.next())
    expect(await faultOf((lines) => lines.map((line, index) => index === 1 ? foreign(line) : line)))
      .toMatchObject({ sequence: 2, message: expect.stringContaining('another organization') })
  })

  it('is checked against every head that a log at rest gave, many times the same', async () => {
    const world = await sealedLog(open, randomOf(seedGiven))
    const kept = Array.from({ length: 150_000 }, () => ({ ...world.kept[0]! }))
    const many = { ...world, kept }
    expect(await world.audit.verify({ heads: kept })).toMatchObject({ isIntact: true })
    expect(await exportVerdict(many)).toMatchObject({ isIntact: true })
    expect(await offline(many)).toMatchObject({ code: 0 })
  })

  it('shows heads that somebody else signed, and entries behind the end', async () => {
    const world = await sealedLog(open, randomOf(seedGiven))
    const { audit, database, organization, kept, count } = world
    const strange = new AuditKeys(newAuditKey()).signHead(kept[0]!)
    const { fault } = await audit.verify({ heads: [strange] })
    expect(fault).toMatchObject({ kind: 'head_forged', sequence: count })
    const [row] = await rowsFrom(world, count)
    const id = auditEvents.columns.id.encode(world.holdfast.ids.next())
    await database.run(database.write.insertInto('audit_events')
      .values({ ...row!, id, sequence: integer(count + 1) }))
    expect((await audit.verify()).fault)
      .toMatchObject({ kind: 'entry_beyond_end', sequence: count + 1, eventId: id })
    await database.run(database.write.deleteFrom('audit_chains')
      .where('organization_id', '=', organization))
    expect((await audit.verify()).isIntact).toBe(false)
  })

  it('keeps the logs of others going when its own chain is stuck', async () => {
    const world = await sealedLog(open, randomOf(seedGiven))
    const { holdfast, database, organization, audit } = world
    await database.run(database.write.updateTable('audit_chains')
      .set({ sequence: integer(1) }).where('organization_id', '=', organization))
    const actor = { id: 'user:someone' }
    const { neighbourId } = await open()
    for (const organizationId of [organization, neighbourId]) {
      const record = { action: 'thing.made', resourceKind: 'thing' }
      await recordAudit(database, holdfast, { organizationId, actor, record })
    }
    const stuck: string[] = []
    const sealer = holdfast.sealer({
      pollMs: 10, onEvent: (event) => event.kind === 'stuck' && stuck.push(event.organizationId),
    }).start()
    const theirs = holdfast.organization(neighbourId).audit
    while ((await theirs.list()).data[0]!.sequence === null || stuck.length === 0) {
      await new Promise((done) => setTimeout(done, 10))
    }
    await sealer.close()
    expect(stuck).toEqual([organization])
    expect((await audit.verify()).isIntact).toBe(false)
    expect((await theirs.verify()).isIntact).toBe(true)
  })
})

