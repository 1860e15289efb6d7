import { type RawBuilder, sql } from 'kysely'
import { type Database, repeated } from '../database/database.js'
import { compiled, disowning, takeStatements } from './rollup.js'
import { type UsageTables } from './tables.js'
import { stepMax } from './usage-log.js'

type Fragment = RawBuilder<unknown>
type On = Database<UsageTables>

/** Which events are forgotten, and whether their sums become nobody’s. */
export interface Forgotten {
  readonly organizationId: string
  /** A condition on rows of `usage_events`, and of the roll-ups where they are disowned. */
  readonly mine: Fragment
  readonly isDisowned: boolean
}

/** In whose order rows are gone along: that of an index. */
interface Stretched {
  readonly table: 'usage_events' | 'usage_rollups' | 'usage_latencies'
  readonly order: readonly [string, string]
}

const events: Stretched = { table: 'usage_events', order: ['occurred_at', 'id'] }
const rolled = [
  { table: 'usage_rollups', order: ['grain', 'starts_at'] },
  { table: 'usage_latencies', order: ['grain', 'starts_at'] },
] as const satisfies readonly Stretched[]

/**
 * Deletes events, after what of them is pending was taken into the sums; how many. Step by step, so
 * that nobody waits for all of them. One that came meanwhile is found by the next round.
 */
export async function forget(on: On, forgotten: Forgotten): Promise<number> {
  const { organizationId, mine, isDisowned } = forgotten
  for (let total = 0; ;) {
    let gone = 0
    for await (const some of stretches(on, events, mine)) {
      const rows = sql`select organization_id, event_id from usage_pending
        where organization_id = ${organizationId} and event_id in (
          select id from usage_events where ${some})`
      const deletion = compiled(on, sql`
        delete from usage_events where ${some} and not exists (select 1 from usage_pending p
          where p.organization_id = usage_events.organization_id and p.event_id = usage_events.id)
        returning id`)
      const statements = [...takeStatements(on, { rows, asNobody: isDisowned }), deletion]
      gone += (await repeated(() => on.atomic(statements))).at(-1)!.rows.length
    }
    for (const each of isDisowned ? rolled : []) {
      for await (const some of stretches(on, each, mine)) {
        const statements = disowning(on, each.table, some)
        await repeated(() => on.atomic(statements))
      }
    }
    total += gone
    if (gone === 0) return total
  }
}

/** Conditions that have some thousand rows each, and all together; none where there is no row. */
async function* stretches(
  on: On,
  { table, order }: Stretched,
  mine: Fragment,
): AsyncGenerator<Fragment, void, undefined> {
  const columns = sql.join(order.map((each) => sql.ref(each)))
  for (let behind = mine; ;) {
    const place = async (offset: number) => {
      const statement = compiled(on, sql`select ${columns} from ${sql.table(table)}
        where ${behind} order by ${columns} limit 1 offset ${sql.lit(offset)}`)
      return (await on.execute({ ...statement, readOnly: true })).rows[0]
    }
    const last = await place(stepMax - 1)
    if (last === undefined) {
      if (await place(0) !== undefined) yield behind
      return
    }
    const key = sql.join(order.map((each) => sql`${last[each]}`))
    yield sql`${behind} and (${columns}) <= (${key})`
    behind = sql`${mine} and (${columns}) > (${key})`
  }
}
