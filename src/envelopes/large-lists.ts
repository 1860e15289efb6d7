import { type RawBuilder, sql } from 'kysely'
import { type Database } from '../database/database.js'
import { pageLengthMax } from '../database/page.js'
import { type EnvelopeTables } from './tables.js'

/** Which rows are listed, in the order of one of their columns. */
export interface LargeList {
  readonly table: 'envelopes' | 'envelope_deliveries'
  readonly order: 'number' | 'id'
  readonly conditions: readonly RawBuilder<unknown>[]
  readonly limit: number
}

type Row = Readonly<Record<string, unknown>>

/** What may be large in each table. */
const heavy = { envelopes: ['body', 'pending'], envelope_deliveries: ['body'] } as const

/**
 * Up to `limit` rows, and whether more follow. They end early beyond `pageLengthMax` bytes, but
 * never without a row. The database cuts them, so that no more is read than is answered.
 */
export async function largeList<R extends Row>(
  database: Database<EnvelopeTables>, { table, order, conditions, limit }: LargeList,
): Promise<{ readonly rows: R[]; readonly more: boolean }> {
  const length = sql.join(heavy[table].map((name) =>
    sql`coalesce(octet_length(cast(${sql.ref(name)} as text)), 0)`), sql` + `)
  const query = sql<R & { readonly found: unknown }>`
    select t.*, c.found from (
      select l.*, count(*) over () as found, row_number() over (order by l.place) as nth,
        sum(l.length) over (order by l.place) as total
      from (
        select organization_id, conversation_id, number, ${sql.ref(order)} as place,
          ${length} as length
        from ${sql.table(table)} where ${sql.join(conditions, sql` and `)}
        order by ${sql.ref(order)} limit ${limit + 1}) as l) as c
    join ${sql.table(table)} as t on t.organization_id = c.organization_id
      and t.conversation_id = c.conversation_id and t.number = c.number
    where c.nth <= ${limit} and (c.nth = 1 or c.total <= ${sql.lit(pageLengthMax)})
    order by c.place`.compile(database.write)
  const { rows } = await database.execute({ ...query, readOnly: true })
  return { rows: rows as R[], more: rows.length < Number(rows[0]?.found ?? 0) }
}
