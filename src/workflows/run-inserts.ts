import { type RawBuilder, sql } from 'kysely'
import { type Database, prepareBatch } from '../database/database.js'
import { type Statement } from '../database/engine.js'
import { kindsOf, type Table } from '../database/table.js'
import { type RunRow, tagRows } from './run-draft.js'
import { type RunTables, workflowRuns, workflowRunTags } from './run-tables.js'

const insertInto = ({ name, columnNames }: Table) => (rows: RawBuilder<unknown>) => {
  const given = columnNames.map((column) => sql.ref(`g.${column}`))
  const columns = columnNames.map((column) => sql.ref(column))
  return sql`insert into ${sql.table(name)} (${sql.join(columns)})
    select ${sql.join(given)} from ${rows} as g`
}

/** Statements that insert runs with their tags, those of many calls at once. */
export function runInserts(database: Database<RunTables>) {
  const on = database.as<never>()
  const runs = prepareBatch(on, {
    name: 'workflow_runs_insert', kinds: kindsOf(workflowRuns), build: insertInto(workflowRuns),
  })
  const tags = prepareBatch(on, {
    name: 'workflow_run_tags_insert', kinds: kindsOf(workflowRunTags),
    build: insertInto(workflowRunTags),
  })
  return (rows: readonly RunRow[]): Statement[] => {
    const tagged = rows.flatMap(tagRows)
    return [runs(rows), ...(tagged.length === 0 ? [] : [tags(tagged)])]
  }
}
