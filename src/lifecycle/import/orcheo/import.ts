import { nowOf } from '../../../clock.js'
import { Keeping, keysByContent } from '../keeping.js'
import { type ImportParts } from '../parts.js'
import { type ImportOptions, type ImportReport, Ledger } from '../report.js'
import { SecretKeeper } from '../secret-keeper.js'
import { OrcheoChatKit } from './chatkit.js'
import { type OrcheoWork, SourceRow, wholeRow } from './reading.js'
import { OrcheoRuns } from './runs.js'
import { openOrcheo, RowDigest, type SourceTable } from './source.js'
import { OrcheoSteps } from './steps.js'
import { keptTables, knownTables } from './tables.js'
import { OrcheoTokens } from './tokens.js'
import { OrcheoTriggers } from './triggers.js'
import { OrcheoTuning } from './tuning.js'
import { OrcheoVault, vaultKeyOf } from './vault.js'
import { OrcheoWorkflows } from './workflows.js'

/** What an import of Orcheo may be told. */
export interface OrcheoImportOptions extends ImportOptions {
  /** The key of the vault, as Orcheo is configured with it. @default `vault.key` beside it */
  readonly vaultKey?: string | undefined
  /** Whether secrets are imported. @default true */
  readonly secrets?: boolean | undefined
}

/** Rows kept in one transaction. */
const batchMax = 200

/**
 * Imports what an installation of Orcheo keeps: from its files, or from what its own tool exported.
 * Repeated, it adds what is new and what is missing. Throws InvalidInput for what is no Orcheo.
 */
export async function importOrcheo(
  parts: ImportParts, path: string, options: OrcheoImportOptions = {},
): Promise<ImportReport> {
  const startedAt = nowOf(parts.clock)
  const ledger = new Ledger(options)
  const source = openOrcheo(path, ledger)
  try {
    const keeping = new Keeping(parts, ledger, 'orcheo')
    const work = { parts, ledger, keeping, source }
    const secrets = new SecretKeeper(parts, ledger, { isWanted: options.secrets })
    const versions = await new OrcheoWorkflows(work).run()
    const runs = await new OrcheoRuns(work, versions).run()
    await new OrcheoSteps(work, runs).run()
    await new OrcheoTuning(work).run()
    await new OrcheoTriggers(work, secrets).run()
    await new OrcheoChatKit(work, path).run()
    await new OrcheoTokens(work).run()
    await new OrcheoVault(work, secrets, vaultKeyOf(path, options.vaultKey)).run()
    for (const [name, table] of source.tables) {
      if (!Object.hasOwn(knownTables, name)) await keepTable(work, table)
    }
  } finally {
    source.close()
  }
  return ledger.report({
    source: 'orcheo', path, organization_id: parts.organizationId, started_at: startedAt,
    finished_at: nowOf(parts.clock),
  })
}

/** Keeps a table that there is no counterpart for, row by row. */
async function keepTable({ keeping, ledger }: OrcheoWork, table: SourceTable): Promise<void> {
  const kind = table.name
  ledger.begin(kind)
  const isKnown = Object.hasOwn(keptTables, kind)
  const field = isKnown ? '(the table has no counterpart)' : '(the table is unknown)'
  const order = keptTables[kind] ?? table.key
  const digest = new RowDigest()
  let batch: { key: string; value: ReturnType<typeof wholeRow> }[] = []
  const keyOf = keysByContent()
  const flush = async () => {
    const added = await keeping.values(kind, batch)
    ledger.imported(kind, added)
    ledger.present(kind, batch.length - added)
    batch = []
  }
  try {
    for (const cells of table.rows()) {
      digest.add(cells, table.columns)
      ledger.found(kind)
      ledger.unmapped(kind, field, keeping.nameOf(kind))
      const { key } = new SourceRow(table, order, cells)
      const value = wholeRow(cells)
      batch.push({ key: order.length === 0 ? keyOf(value) : key, value })
      if (batch.length >= batchMax) await flush()
    }
  } catch (error) {
    if (batch.length >= batchMax) throw error
    const why = error instanceof Error ? error.message : String(error)
    ledger.damaged({ kind, place: table.file, reason: `the rest cannot be read: ${why}` }, true)
  }
  await flush()
  if (ledger.count(kind).found === 0 && !isKnown) ledger.unmapped(kind, `${field}, empty`, '')
  ledger.count(kind).sha256 = digest.end()
}
