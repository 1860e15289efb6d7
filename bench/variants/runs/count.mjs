import pg from 'pg'

/** Counts rows over a connection of its own. */
export async function counter(connectionString, text) {
  const client = new pg.Client({ connectionString })
  await client.connect()
  return {
    async count() {
      const { rows: [{ count }] } = await client.query({ name: 'count', text })
      return count
    },
    close: () => client.end(),
  }
}
