import { describe, expect, it } from 'vitest'
import { openHoldfast, type OrganizationStores } from '../holdfast.js'
import { ensureBuilt, startCli, temporaryFolder } from '../testing/command-line.test.harness.js'
import { drawnEngines } from '../testing/engines.js'
import { pause } from './load.js'

/** Secrets that rotate; the issue of a release asks for 10000. */
const secretCount = Number(process.env.HOLDFAST_TEST_SECRETS ?? 80)
const killCount = 5
const [readers, writers] = [8, 4]
/** Milliseconds each of them rests, so that they do not keep the rotation from the processor. */
const restMs = 8
const rootKey = Buffer.from(Array.from({ length: 32 }, (_, index) => index * 7)).toString('base64')

type Secrets = OrganizationStores['secrets']

/** Readers and writers of all secrets, who know what each must be. */
class Traffic {
  readonly faults: string[] = []
  reads = 0
  writes = 0
  readonly #secrets: Secrets
  readonly #values: Map<string, string>
  readonly #names: readonly string[]
  readonly #running: Promise<unknown>
  #isOver = false

  constructor(secrets: Secrets, values: Map<string, string>) {
    this.#secrets = secrets
    this.#values = values
    this.#names = [...values.keys()]
    this.#running = Promise.all([
      ...Array.from({ length: readers }, () => this.#repeat(() => this.#read())),
      ...Array.from({ length: writers }, (_, who) => this.#repeat(() => this.#write(who))),
    ])
  }

  async stop(): Promise<void> {
    this.#isOver = true
    await this.#running
  }

  async #repeat(act: () => Promise<void>): Promise<void> {
    while (!this.#isOver) {
      await act().catch((error: unknown) => this.faults.push(String(error)))
      await pause(restMs)
    }
  }

  async #read(): Promise<void> {
    const name = this.#names[Math.floor(Math.random() * this.#names.length)]!
    const before = this.#values.get(name)
    const { value } = await this.#secrets.reveal(name)
    this.reads += 1
    // A write in between makes either right.
    const isRight = value === before || value === this.#values.get(name) || value.startsWith('new')
    if (!isRight) this.faults.push(`${name} was ${value}`)
  }

  /** Each writer has names of its own, so that the last value is known. */
  async #write(who: number): Promise<void> {
    const place = Math.floor(Math.random() * Math.floor(this.#names.length / writers))
    const name = this.#names[place * writers + who]!
    const value = `new ${who} ${this.writes}`
    await this.#secrets.update(name, { value })
    this.#values.set(name, value)
    this.writes += 1
  }
}

for (const engine of drawnEngines()) {
  const reason = engine.missing === undefined ? '' : `: did not run: ${engine.missing}`
  const title = `[${engine.name}] a rotation under kill -9${reason}`
  // At the same time, as processes that begin are waited for.
  describe.skipIf(engine.missing !== undefined)(title, { concurrent: true }, () => {
    it('ends on the newest key, and nobody notices it', async ({ onTestFinished }) => {
      await ensureBuilt()
      const [folder, lease] = [temporaryFolder(), await engine.createReady()]
      onTestFinished(() => folder.remove())
      onTestFinished(() => lease.drop())
      const holdfast = await openHoldfast({
        database: lease.url, rootKey, secrets: { revealRate: null },
      })
      onTestFinished(() => holdfast.close())
      const { id } = await holdfast.organizations.create({ name: 'Rotating' })
      const { secrets } = holdfast.organization(id)
      const values = new Map<string, string>()
      for (let from = 0; from < secretCount; from += 50) {
        await Promise.all(Array.from({ length: 50 }, async (_, index) => {
          const [name, value] = [`n${from + index}`, `value ${from + index}`]
          await secrets.create({ name, value })
          values.set(name, value)
        }))
      }
      const count = async (where: string) => {
        const sql = `select count(*) as count from secret_versions ${where}`
        const { rows } = await holdfast.database.execute({ sql, parameters: [], readOnly: true })
        return Number(rows[0]!.count)
      }
      const traffic = new Traffic(secrets, values)
      const rotate = () => startCli([
        'secrets', 'rotate', '--organization', id, '--batch', '10', '--json',
        '--database', lease.url,
      ], { cwd: folder.path, environment: { HOLDFAST_ROOT_KEY: rootKey } })
      let rotator = rotate()
      for (let kill = 1; kill <= killCount; kill += 1) {
        const target = (secretCount * kill) / (killCount + 2)
        const isEnded = rotator.end.then(() => true)
        while (await count('where key_version > 1') < target) {
          if (await Promise.race([isEnded, pause(5).then(() => false)])) {
            throw new Error(`it ended by itself: ${(await rotator.end).stderr}`)
          }
        }
        rotator.signal('SIGKILL')
        await rotator.end
        expect(await count('where key_version = 1')).toBeGreaterThan(0)
        rotator = rotate()
      }
      const { code, stdout, stderr } = await rotator.end
      await traffic.stop()
      // It says how far it is, and nothing else.
      expect([code, stderr.replace(/^holdfast: \d+ done\n/gm, '')]).toEqual([0, ''])
      const { reads, writes, faults } = traffic
      console.log(JSON.stringify({
        engine: engine.name, secretCount, reads, writes, faults: faults.length, last: stdout.trim(),
      }))
      expect(faults).toEqual([])
      expect(reads).toBeGreaterThan(0)
      expect(writes).toBeGreaterThan(0)
      // One rotation, however often it was begun: the second key and no third.
      expect(await count('where key_version <> 2')).toBe(0)
      for (const [name, value] of values) expect((await secrets.reveal(name)).value).toBe(value)
      expect(await holdfast.secretWorks.retirement.retire(id, 0)).toEqual([1])
    }, 240_000 + secretCount * 60)
  })
}
