/** The SQLite driver that Holdfast uses on this Node, set as durably as Holdfast sets it. */
export async function openRawSqlite(dist, file, { foreignKeys }) {
  const { sqliteDriver } = await import(`${dist}/database/dialects/sqlite-driver.js`)
  const { DatabaseSync } = sqliteDriver()
  const database = new DatabaseSync(file, {})
  database.exec('pragma journal_mode = wal')
  database.exec('pragma synchronous = full')
  database.exec('pragma cache_size = -16000')
  database.exec(`pragma foreign_keys = ${foreignKeys ? 'on' : 'off'}`)
  const [{ sqlite }] = database.prepare('select sqlite_version() as sqlite').all()
  return { database, facts: { sqlite } }
}
