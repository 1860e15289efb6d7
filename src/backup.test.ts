import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, describe, expect, it } from 'vitest'
import { backupsOf } from './backups.js'
import { connect } from './database/connect.js'
import { type BackupEvent } from './lifecycle/backup/index.js'
import { movedTables } from './lifecycle/transfer/catalogue.js'
import { openHoldfast } from './holdfast.js'
import { newRootKey, providerOf } from './secrets/index.js'
import { tables } from './tables.js'
import { enginesNamed } from './testing/backends.js'
import { furnishHome } from './testing/isolation/index.js'
import { addNastyRows } from './testing/nasty-rows.test.harness.js'
import { transferOf } from './transfer.js'

const leftovers: (() => unknown)[] = []

afterEach(async () => {
  for (const clean of leftovers.splice(0).reverse()) await clean()
})

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-backup-test-'))
  leftovers.push(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** Some drivers keep a file open until what read it is collected. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
}

const engines = enginesNamed('sqlite', 'postgres')
const ready = engines.filter(({ missing }) => missing === undefined)
const seed = Number(process.env.HOLDFAST_TEST_SEED ?? Date.now() % 1_000_000)

for (const engine of engines) {
  const reason = engine.missing === undefined ? '' : `: did not run: ${engine.missing}`
  // Nothing unfinished: without the server there is nothing to back up, and the name says why.
  describe.skipIf(engine.missing !== undefined)(`[${engine.name}] a backup${reason}`, () => {
    async function place(): Promise<{ readonly url: string; readonly ownerUrl: string }> {
      const lease = await engine.createReady()
      leftovers.push(() => lease.drop())
      return lease
    }

    it('takes the place of what is there with everything: rows, audit chain, secrets', async () => {
      const rootKey = newRootKey()
      const { url, ownerUrl } = await place()
      const home = await openHoldfast({ database: ownerUrl, rootKey })
      await furnishHome(home)
      const canary = randomBytes(12).toString('hex')
      await home.organization().secrets.create({ name: 'CANARY', value: canary })
      const [organizationId] = await home.auditedOrganizations()
      await home.close()
      const directory = folder()
      const phases: string[] = []
      // The login that serves: row-level security binds it, and hides nothing from a backup.
      const made = await backupsOf({
        database: url, directory, key: rootKey,
        onEvent: (event: BackupEvent) => {
          if (event.type === 'phase') phases.push(event.phase)
        },
      }).create({ encrypt: true })
      expect(made.manifest.verified).toMatchObject({ rows: made.manifest.rows })
      const kid = await providerOf(rootKey).newest()
      expect(made.manifest.notes.join()).toContain(`under the root key ${kid}`)
      expect(phases).toEqual(['snapshot', 'digest', 'pack', 'unpack', 'compare'])

      const later = await openHoldfast({ database: ownerUrl, rootKey })
      await later.organization().conversations.create({ title: 'after the backup' })
      await later.close()
      collectGarbage()
      const backups = backupsOf({ database: ownerUrl, directory, key: rootKey })
      await expect(backups.restore(made.manifest.name)).rejects.toThrow(/--replace/)
      await backups.restore(made.manifest.name, { replace: true })
      const restored = await openHoldfast({ database: ownerUrl, rootKey })
      leftovers.push(() => restored.close())
      const { data } = await restored.organization().conversations.list()
      expect(data.map(({ title }) => title)).not.toContain('after the backup')
      expect(await restored.organization().secrets.reveal('CANARY'))
        .toMatchObject({ value: canary })
      expect(await restored.organization(organizationId).audit.verify())
        .toMatchObject({ isIntact: true, fault: null })
      await restored.organization().conversations.create({ title: 'and on it goes' })
    })
  })
}

const [postgres] = enginesNamed('postgres')

// As above.
it.skipIf(postgres!.missing !== undefined)(
  'is restored into a server by the login that owns the tables, others are told so', async () => {
    const home = join(folder(), 'home.db')
    await (await openHoldfast({ database: `sqlite:${home}` })).close()
    const directory = folder()
    const { manifest } = await backupsOf({ database: `sqlite:${home}`, directory }).create()
    const lease = await postgres!.createReady()
    leftovers.push(() => lease.drop())
    const restore = (database: string) =>
      backupsOf({ database, directory }).restore(manifest.name, { replace: true })
    await expect(restore(lease.url)).rejects.toMatchObject({
      code: 'backup_refused', message: expect.stringMatching(/not own the table|may not create/),
    })
    const backend = await connect(lease.ownerUrl)
    leftovers.push(() => backend.close())
    const table = 'create table theirs (id uuid references organizations (id))'
    await backend.run({ sql: table, parameters: [], reach: 'all' })
    await expect(restore(lease.ownerUrl)).rejects.toMatchObject({
      code: 'backup_refused', message: expect.stringContaining('foreign key'),
    })
    await backend.run({ sql: 'drop table theirs', parameters: [], reach: 'all' })
    await restore(lease.ownerUrl)
  })

it(`holds any value, and is restored into any engine (seed ${seed})`, async () => {
  const [first, ...others] = ready
  const lease = await first!.createReady()
  leftovers.push(() => lease.drop())
  const home = await openHoldfast({ database: lease.ownerUrl, rootKey: newRootKey() })
  await furnishHome(home)
  await home.close()
  await addNastyRows(lease.ownerUrl, movedTables(tables), { rows: 5, seed })
  const directory = folder()
  let url = lease.ownerUrl
  for (const next of [...others, first!]) {
    const { manifest } = await backupsOf({ database: url, directory }).create()
    expect(manifest.tables.filter(({ rows }) => rows === 0)).toEqual([])
    const target = await next.create()
    leftovers.push(() => target.drop())
    await backupsOf({ database: target.ownerUrl, directory }).restore(manifest.name)
    const verdict = await transferOf({ from: lease.ownerUrl, to: target.ownerUrl }).verify()
    expect(verdict.differences).toEqual([])
    url = target.ownerUrl
  }
})
