import { SchemaMismatch } from '../failures.js'
import { type Migration } from '../migrate.js'

/** Bytes of values may be compressed against the pending writes they came from. */
export const checkpointSources: Migration = {
  name: '0046_checkpoint_sources',
  async up(schema) {
    await schema.execute('alter table checkpoint_chunks add column source_id {text}')
    await schema.execute('alter table checkpoint_chunks add column source_number {integer}')
    await schema.execute('alter table checkpoint_writes add column is_detached {flag}')
  },
  async down(schema) {
    const { rows } = await schema.database.execute({
      sql: 'select 1 as found from checkpoint_chunks where source_number is not null limit 1',
      parameters: [],
    })
    if (rows.length > 0) {
      throw new SchemaMismatch(
        'There are checkpoints that the version before could not read; keep this one.')
    }
    await schema.execute('alter table checkpoint_writes drop column is_detached')
    await schema.execute('alter table checkpoint_chunks drop column source_number')
    await schema.execute('alter table checkpoint_chunks drop column source_id')
  },
}
