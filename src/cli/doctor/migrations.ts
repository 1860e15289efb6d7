import { type Backend } from '../../database/engine.js'
import { SchemaMismatch } from '../../database/failures.js'
import { MigrationUnknown, Migrator } from '../../database/migrate.js'
import { migrations } from '../../database/migrations/index.js'
import { type DatabaseAddress } from '../../database/address.js'
import { diagnosisOf } from '../diagnosis.js'
import { type Check, ok, problem, warning } from './check.js'

/** Whether the schema is the one of this version. */
export async function checkMigrations(
  backend: Backend,
  address: DatabaseAddress,
): Promise<Check> {
  const name = 'migrations'
  try {
    await new Migrator(backend, { migrations }).check()
    return ok(name, `all ${migrations.length} are applied`)
  } catch (error) {
    if (error instanceof SchemaMismatch) {
      const message = error.message.replace(/; run: .*$/, '.')
      return warning(name, message, 'The next start applies them; or run: holdfast migrate up')
    }
    if (error instanceof MigrationUnknown) {
      return problem(name, error.message, 'Install the version that made them, or a newer one.')
    }
    const found = diagnosisOf(error, address)
    if (found !== undefined) return problem(name, found.message, found.fix)
    const message = `The list of migrations cannot be read: ${(error as Error).message}`
    return problem(name, message, 'Run: holdfast migrate status --log-level debug')
  }
}
