import { PgbenchVariant } from '../harness/pgbench-variant.mjs'
import { holdfastVariants } from '../harness/holdfast-variants.mjs'
import { onPostgres } from '../harness/servers.mjs'
import { WorkerVariant } from '../harness/worker-variant.mjs'
import { conversationCount, messageOf, seed } from '../harness/workload.mjs'

const firstId = 2 ** 40
const firstPosition = 10 ** 6

/** Draws a conversation and numbers no other client uses: the ids rise, as Holdfast's do. */
const drawn = `
\\set c random(1, ${conversationCount})
\\set n :n + 1
\\set id ${firstId} + :n * 1024 + :client_id
\\set position ${firstPosition} + :n * 1024 + :client_id
`

const idOf = (name) => `lpad(to_hex(:${name}::bigint), 32, '0')::uuid`

const insertAlone = `${drawn}
insert into messages
  (organization_id, conversation_id, id, position, branch, depth, kind, role, content, metadata,
   revision, created_at)
values (:organization, ${idOf('c')}, ${idOf('id')}, :position, 0, :position, 'message', 'user',
  :content, :metadata, 1, now());
`

const sameWork = `${drawn}
with counted as (
  update conversations set message_count = message_count + 1,
    active_depth = active_depth + 1, previous_leaf_id = active_leaf_id,
    active_leaf_id = ${idOf('id')}, updated_at = now()
  where organization_id = :organization and id = ${idOf('c')}
  returning organization_id, id, message_count, active_depth)
insert into messages
  (organization_id, conversation_id, id, position, branch, depth, kind, role, content, metadata,
   revision, created_at)
select organization_id, id, ${idOf('id')}, message_count, 0, active_depth, 'message', 'user',
  :content, :metadata, 1, now()
from counted;
`

/** What a bare table would not have. */
const dropForeignKeys = `
do $$ declare name text; begin
  for name in select conname from pg_constraint
    where conrelid = 'messages'::regclass and contype = 'f'
  loop execute 'alter table messages drop constraint ' || name; end loop;
end $$`

const setUp = (options) => onPostgres((server) => stageOn(server, options))

async function stageOn(server, options) {
  const template = await server.createDatabase('seed')
  const seeded = await seed(options.dist, template, { perConversation: 100, contentBytes: 500 })
  const copy = (name) => server.createDatabase(name, template)
  const bare = async (name) => {
    const url = await copy(name)
    await server.query(dropForeignKeys, url)
    return url
  }
  const { content, metadata } = messageOf(1)
  const variables = {
    organization: seeded.organizationId,
    content: JSON.stringify(content),
    metadata: JSON.stringify(metadata),
  }
  // Every pgbench keeps its connections while a number of callers is measured.
  const callersMax = (Number(server.facts.max_connections) - 100) / 3
  const fitting = callers.filter((count) => count <= callersMax)
  return {
    callers: fitting,
    notes: fitting.length < callers.length
      ? [`This server takes ${server.facts.max_connections} connections: no more than ` +
         `${fitting.at(-1)} callers were measured.`]
      : [],
    variants: [
      new PgbenchVariant({
        name: 'pgbench', server, url: await copy('raw'), script: insertAlone, variables,
        about: 'prepared single-row insert into messages, nothing else',
      }),
      new PgbenchVariant({
        name: 'pgbench-no-keys', about: 'the same without the foreign keys of messages',
        server, url: await bare('no_keys'), script: insertAlone, variables,
      }),
      new PgbenchVariant({
        name: 'pgbench-same-work', server, url: await copy('same_work'), script: sameWork,
        variables,
        about: 'the conversation counts and hands out the position, one prepared statement',
      }),
      new WorkerVariant({
        name: 'node-postgres', about: 'the driver, without foreign keys: named insert, pool of 10',
        module: 'raw-postgres-append.mjs', settings: { ...seeded, database: await bare('driver') },
      }),
      ...await holdfastVariants(options, {
        about: 'messages.append, one message a call, pool of 10',
        module: 'holdfast-append.mjs',
        settings: async (name) => ({ ...seeded, database: await copy(name) }),
      }),
      new WorkerVariant({
        name: 'mastra', about: '@mastra/pg saveMessages, one message a call', callers: [16],
        module: 'mastra-append.mjs', nodeMin: [22, 13],
        settings: { postgres: await server.createDatabase('mastra') },
      }),
    ],
  }
}

const callers = [1, 16, 64, 256]

/** One durable message a call on PostgreSQL. */
export default {
  name: 'append-postgres',
  base: 'pgbench',
  callers,
  warmUp: 16,
  targets: [
    { variant: 'holdfast', base: 'pgbench', at: 1, least: 0.6 },
    { variant: 'holdfast', base: 'pgbench', at: 64, least: 1.5 },
    { variant: 'holdfast', base: 'pgbench', at: 256, least: 1.5 },
    { variant: 'holdfast', base: 'mastra', at: 16, least: 5 },
  ],
  setUp,
}
