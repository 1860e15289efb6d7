import { type Backend } from '../database/engine.js'
import { type Table } from '../database/table.js'

/** How many rows, among how many organizations. */
export interface Bulk {
  readonly rows: number
  readonly organizations: number
  /** One of them. */
  readonly organizationId: string
}

/** A column of the live schema. */
interface LiveColumn {
  readonly name: string
  readonly type: string
  /** The last part of a unique key that can be made different in each row. */
  readonly isFresh: boolean
}

const columnsOf = `
with keys as (
  select indexrelid, (array_agg(a.attname order by k.place desc))[1] as name
  from pg_index i
  cross join lateral unnest(i.indkey) with ordinality as k(number, place)
  join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number
  where i.indrelid = $1::regclass and i.indisunique
    and a.atttypid::regtype::text in ('uuid', 'text', 'bigint')
  group by indexrelid)
select a.attname as name, a.atttypid::regtype::text as type,
  exists (select 1 from keys k where k.name = a.attname) as is_fresh
from pg_attribute a
where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
order by a.attnum`

/** Rows that share an id which is no key of theirs, such as messages of a conversation. */
const siblings = 50

/**
 * Fills a table with rows like its first one, whatever refers to what: keys differ, ids that are no
 * keys are shared by some, moments fall back. For plans, not for programs. How many there are then.
 */
export async function fillTable(admin: Backend, { name }: Table, bulk: Bulk): Promise<number> {
  const run = (sql: string, parameters: readonly unknown[] = []) =>
    admin.run({ sql, parameters, reach: 'all' })
  // Rows need not point to any that are there; nothing but the filling is to happen.
  await run(`set session_replication_role = 'replica'`)
  const { rows: checks } = await run(
    `select conname from pg_constraint where conrelid = $1::regclass and contype = 'c'`, [name])
  for (const { conname } of checks) {
    await run(`alter table "${name}" drop constraint "${String(conname)}"`)
  }
  const { rows } = await run(columnsOf, [name])
  const columns = rows.map((row): LiveColumn => ({
    name: String(row.name), type: String(row.type), isFresh: row.is_fresh === 't',
  }))
  const listed = columns.map((column) => `"${column.name}"`).join(', ')
  const values = columns.map((column) => valueOf(name, column, bulk)).join(', ')
  await run(`insert into "${name}" (${listed}) select ${values}
    from (select * from "${name}" limit 1) t, generate_series(1, ${bulk.rows}) n
    on conflict do nothing`)
  const { rows: [counted] } = await run(`select count(*) as count from "${name}"`)
  return Number(counted!.count)
}

function valueOf(table: string, { name, type, isFresh }: LiveColumn, bulk: Bulk): string {
  const own = `t."${name}"`
  if (name === 'organization_id' && !(isFresh && table === 'organizations')) {
    const other = `md5('organization' || n % ${bulk.organizations})::uuid`
    if (isFresh) return `md5('${name}' || n)::uuid`
    return `case when n % ${bulk.organizations} = 0 then '${bulk.organizationId}' else ${other} end`
  }
  const varied = {
    uuid: isFresh ? `md5('${table}${name}' || n)::uuid` : `md5('${name}' || n / ${siblings})::uuid`,
    text: isFresh ? `${own} || n` : own,
    bigint: isFresh ? 'n' : own,
    'timestamp with time zone': `${own} - n * interval '1 second'`,
  }[type] ?? own
  return isFresh ? varied : `case when ${own} is null then null else ${varied} end`
}
