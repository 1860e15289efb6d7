import { conversationCount, numberedId } from '../harness/workload.mjs'

const resourceId = 'bench'

/** Mastra's memory domain on PostgreSQL (`postgres`: a URL) or libSQL (`file`), with threads. */
export async function openMastra({ postgres, file }) {
  const store = postgres === undefined ? await onLibsql(file) : await onPostgres(postgres)
  await store.init()
  const memory = await store.getStore('memory')
  const threads = Array.from({ length: conversationCount }, (_, number) => numberedId(number + 1))
  for (const id of threads) {
    const createdAt = new Date()
    const thread = { id, resourceId, title: id, metadata: {}, createdAt, updatedAt: createdAt }
    await memory.saveThread({ thread })
  }
  const close = async () => store.close?.()
  return { memory, threads, messageOf, close }
}

async function onPostgres(connectionString) {
  const { PostgresStore } = await import('@mastra/pg')
  return new PostgresStore({ id: 'bench', connectionString })
}

async function onLibsql(file) {
  const { LibSQLStore } = await import('@mastra/libsql')
  return new LibSQLStore({ id: 'bench', url: `file:${file}` })
}

/** A message in Mastra's form. */
function messageOf(threadId, id, { role, content, metadata }) {
  const parts = [{ type: 'text', text: content }]
  return {
    id, threadId, resourceId, role, type: 'text', createdAt: new Date(),
    content: { format: 2, parts, content, metadata },
  }
}
