import { type Clock, millisecondsOf, systemClock } from '../clock.js'
import { type Database } from '../database/database.js'
import { schedules, type ScheduleTables } from './schedule-tables.js'

const { columns } = schedules

/** Whether ticks are due by the database's clock: all who fire them share it. */
export const isOfDatabase = (clock: Clock): boolean => clock === systemClock

/**
 * The present moment for schedules, in milliseconds since the epoch: the database's, unless a clock
 * of one's own was handed in. That of a machine may be wrong, and ticks would be lost for all.
 */
export async function momentOf(
  database: Database<ScheduleTables>,
  clock: Clock,
): Promise<number> {
  if (!isOfDatabase(clock)) return clock.now()
  const query = database.write.selectNoFrom(database.engine.now().as('now'))
  const row = await database.first(query)
  return millisecondsOf(columns.createdAt.decode(row!.now))
}
