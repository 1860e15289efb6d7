import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { type Holdfast, openHoldfast } from '../holdfast.js'
import { contentsOf } from '../testing/contents.test.harness.js'
import { ensureBuilt } from '../testing/command-line.test.harness.js'
import { drawnEngines } from '../testing/engines.js'
import { killedWriter } from './killed-writer.js'
import { program } from './server-process.js'

/** Kills of making and of restoring; a release asks for 50. */
const kills = Number(process.env.HOLDFAST_TEST_BACKUP_KILLS ?? 1)
/** Mebibytes in the database before the writers begin; a release asks for 1100. */
const mebibytes = Number(process.env.HOLDFAST_TEST_BACKUP_MEBIBYTES ?? 2)
/** Writes a second while the backup is made. */
const rate = Number(process.env.HOLDFAST_TEST_BACKUP_RATE ?? 200)

const script = fileURLToPath(new URL('./backup-maker.mjs', import.meta.url))
const patienceMs = 120_000 + kills * 20_000 + mebibytes * 2_000
const leftovers: (() => unknown)[] = []

afterEach(async () => {
  for (const clean of leftovers.splice(0).reverse()) await clean()
})

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-backup-kill-'))
  leftovers.push(() => rmSync(path, { recursive: true, force: true }))
  return path
}

async function open(database: string): Promise<Holdfast> {
  const holdfast = await openHoldfast({ database })
  let isOpen = true
  const close = holdfast.close.bind(holdfast)
  holdfast.close = async () => {
    if (isOpen) await close()
    isOpen = false
  }
  leftovers.push(() => holdfast.close())
  return holdfast
}

async function fill(holdfast: Holdfast): Promise<void> {
  const text = 'something to keep '.repeat(280)
  const { conversations, messages } = holdfast.organization()
  for (let done = 0; done < mebibytes; done++) {
    const { id } = await conversations.create({ title: `filling ${done}` })
    await messages.appendMany(id, Array.from({ length: 200 }, () => (
      { role: 'user', content: `${Math.random()} ${text}` })))
  }
}

/** Writes that wait for their answer at most, on a machine that does not keep up. */
const flyingMax = 500

interface Acknowledged { readonly sentMs: number; doneMs?: number }

/** Writes at a rate, each with when it was sent and when it was acknowledged. */
class Writers {
  readonly ledger: Acknowledged[] = []
  readonly #holdfast: Holdfast
  readonly #timer: NodeJS.Timeout
  readonly #flying = new Set<Promise<void>>()

  constructor(holdfast: Holdfast, conversationId: string) {
    this.#holdfast = holdfast
    const sinceMs = Date.now()
    this.#timer = setInterval(() => {
      const due = ((Date.now() - sinceMs) / 1000) * rate
      while (this.ledger.length < due && this.#flying.size < flyingMax) this.#send(conversationId)
    }, 5)
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all(this.#flying)
  }

  #send(conversationId: string): void {
    const entry: Acknowledged = { sentMs: Date.now() }
    const content = String(this.ledger.push(entry) - 1)
    const sent = this.#holdfast.organization().messages
      .append(conversationId, { role: 'user', content })
      .then(() => { entry.doneMs = Date.now() }, (error: { code: string }) => {
        // A machine that does too much else refuses: what is refused is not acknowledged.
        if (error.code !== 'busy') throw error
      })
      .finally(() => this.#flying.delete(sent))
    this.#flying.add(sent)
  }
}

for (const engine of drawnEngines()) {
  const reason = engine.missing === undefined ? '' : `: did not run: ${engine.missing}`
  // Nothing unfinished: without the server there is nothing to back up, and the name says why.
  describe.skipIf(engine.missing !== undefined)(`[${engine.name}] a backup${reason}`, () => {
    it('made under load is a prefix of what was acknowledged, up to its moment', async () => {
      await ensureBuilt()
      const [from, to] = [await engine.createReady(), await engine.create()]
      leftovers.push(() => from.drop(), () => to.drop())
      const directory = folder()
      const holdfast = await open(from.ownerUrl)
      await fill(holdfast)
      const { id } = await holdfast.organization().conversations.create({ title: 'ledger' })
      const writers = new Writers(holdfast, id)
      const said = await killedWriter(script, [from.url, directory, 'create'], Infinity)
      await writers.stop()
      const manifest = JSON.parse(said.find((line) => line.startsWith('made '))!.slice(5)) as {
        name: string; moment: string; created_at: string; verified: object | null
        files: { bytes: number }[]
      }
      expect(manifest.verified).not.toBeNull()
      expect(manifest.files[0]!.bytes).toBeGreaterThan(mebibytes * 900_000)
      await killedWriter(script, [to.ownerUrl, directory, 'restore', manifest.name], Infinity)
      const restored = await contentsOf(await open(to.ownerUrl), id)
      const order = await contentsOf(holdfast, id)
      const momentMs = Date.parse(`${manifest.moment.slice(0, 23)}Z`)
      // In the order in which they were taken, the first so many of them, and no others.
      expect(restored).toEqual(order.slice(0, restored.length))
      const kept = new Set(restored)
      const { ledger } = writers
      const before = ledger.filter(({ doneMs }) => doneMs! < momentMs)
      const lost = ledger.filter(({ doneMs }, index) =>
        doneMs! < momentMs && !kept.has(String(index)))
      expect([lost, before.length > 0]).toEqual([[], true])
      const endedMs = Date.parse(`${manifest.created_at.slice(0, 23)}Z`)
      const early = ledger.filter(({ sentMs }, index) => sentMs > endedMs && kept.has(`${index}`))
      expect([early, restored.length < ledger.length]).toEqual([[], true])
    }, patienceMs)

    it('that is killed is not there, and leaves the next one nothing to trip over', async () => {
      await ensureBuilt()
      const from = await engine.createReady()
      leftovers.push(() => from.drop())
      const directory = folder()
      const holdfast = await open(from.ownerUrl)
      await fill(holdfast)
      let made = 0
      for (let count = 0; count < kills; count++) {
        const said = await killedWriter(script, [from.url, directory, 'create'], 1_500)
        const names = readdirSync(directory).filter((name) => !name.startsWith('.'))
        made = Math.max(made, names.length)
        const whole = names.filter((name) => existsSync(join(directory, name, 'manifest.json')))
        expect(whole).toEqual(names)
        if (said.includes('ended')) expect(names.length).toBeGreaterThan(0)
      }
      const said = await killedWriter(script, [from.url, directory, 'create'], Infinity)
      expect(said.at(-1)).toBe('ended')
      expect(readdirSync(directory).filter((name) => name.startsWith('.'))).toEqual([])
    }, patienceMs)

    it('restored and killed leaves the old or the new, never a mix', async () => {
      await ensureBuilt()
      const [from, to] = [await engine.createReady(), await engine.createReady()]
      leftovers.push(() => from.drop(), () => to.drop())
      const directory = folder()
      const source = await open(from.ownerUrl)
      await fill(source)
      const { id } = await source.organization().conversations.create({ title: 'new' })
      await source.organization().messages.appendMany(id,
        Array.from({ length: 100 }, (_, index) => ({ role: 'user', content: `new ${index}` })))
      const [made] = (await killedWriter(script, [from.url, directory, 'create'], Infinity))
        .filter((line) => line.startsWith('made '))
      const { name } = JSON.parse(made!.slice(5)) as { name: string }
      elsewhere(oldProgram, to.ownerUrl)
      const words = [to.ownerUrl, directory, 'restore', name]
      for (let count = 0; count <= kills; count++) {
        await killedWriter(script, words, count === kills ? Infinity : 1_500)
        const now = stateOf(to.ownerUrl)
        if (count === kills) expect(now).toBe('new')
        else expect(['old', 'new']).toContain(now)
      }
    }, patienceMs)
  })
}

const oldProgram = `
const { openHoldfast } = await import(process.argv[1])
const holdfast = await openHoldfast({ database: process.argv[2] })
const { conversations, messages } = holdfast.organization()
const { id } = await conversations.create({ title: 'old' })
await messages.append(id, { role: 'user', content: 'old 0' })
await holdfast.close()`

const stateProgram = `
const { openHoldfast } = await import(process.argv[1])
const holdfast = await openHoldfast({ database: process.argv[2] })
const { conversations, messages } = holdfast.organization()
const counts = {}
for (const { id, title } of (await conversations.list({ limit: 200 })).data) {
  if (title !== 'old' && title !== 'new') continue
  counts[title] = (await messages.list(id, { limit: 200 })).data.length
}
await holdfast.close()
console.log(JSON.stringify(counts))`

/** Runs a program in a process of its own, so that nothing here has the database open. */
function elsewhere(code: string, database: string): string {
  const library = join(program, '..', '..', 'index.js')
  const words = ['--input-type=module', '--eval', code, library, database]
  const { stdout, stderr, status } = spawnSync(process.execPath, words, { encoding: 'utf8' })
  expect([status, stderr]).toEqual([0, ''])
  return stdout
}

/** What a database holds. */
function stateOf(database: string): string {
  const said = elsewhere(stateProgram, database)
  if (said === '{"old":1}\n') return 'old'
  return said === '{"new":100}\n' ? 'new' : `a mix: ${said}`
}
