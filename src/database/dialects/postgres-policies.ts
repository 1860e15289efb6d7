import { type RowSecurity } from '../engine.js'
import { reachAll } from '../reach.js'
import { organizationTables } from './postgres-catalog.js'

const setting = `current_setting('holdfast.reach', true)`

/** Selects of their own are computed once a statement, not once a row. */
const seesAll = `(select ${setting} = '${reachAll}')`
const seen = `(select case when ${setting} <> '${reachAll}'
  then string_to_array(${setting}, ',')::uuid[] end)::uuid[]`

/** Whether a column names an organization in reach. */
export const isInReach = (key: string): string => `${key} = any (${seen}) or ${seesAll}`

/** A setting that is unset or empty reaches nothing. The owner of the tables is bound as well. */
export const rowSecurity: RowSecurity = {
  tables: organizationTables,
  secure: (table, key) => [
    `alter table ${table} enable row level security`,
    `alter table ${table} force row level security`,
    `create policy organizations_in_reach on ${table}
       using (${isInReach(key)})
       with check (${isInReach(key)})`,
  ],
  release: (table) => [
    `drop policy organizations_in_reach on ${table}`,
    `alter table ${table} no force row level security`,
    `alter table ${table} disable row level security`,
  ],
}
