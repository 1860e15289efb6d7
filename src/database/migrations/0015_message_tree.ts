import { type Migration, type SchemaEditor } from '../migrate.js'

const treeColumns = [
  'branch_count {integer} not null default 1',
  'active_leaf_id {id}',
  'previous_leaf_id {id}',
  'active_branch {integer} not null default 0',
  'active_depth {integer} not null default 0',
  'forked_from_conversation_id {id}',
  'forked_from_message_id {id}',
]

const messagesBefore = `
  organization_id {id} not null,
  conversation_id {id} not null,
  id {id} not null,
  position {integer} not null,
  parent_message_id {id},
  role {text} not null,
  content {json} not null,
  metadata {json} not null,
  tokens_used {integer},
  revision {integer} not null,
  created_at {instant} not null,
  deleted_at {instant},
  primary key (organization_id, conversation_id, id),
  unique (organization_id, conversation_id, position),
  foreign key (organization_id, conversation_id)
    references conversations (organization_id, id) on delete cascade,
  foreign key (organization_id, conversation_id, parent_message_id)
    references messages_rebuilt (organization_id, conversation_id, id)`

const messagesNow = `
  organization_id {id} not null,
  conversation_id {id} not null,
  id {id} not null,
  position {integer} not null,
  branch {integer} not null,
  depth {integer} not null,
  parent_message_id {id},
  kind {text} not null,
  role {text} not null,
  content {json} not null,
  metadata {json} not null,
  author {text},
  model {text},
  tokens_used {integer},
  cost_usd {text},
  revision {integer} not null,
  created_at {instant} not null,
  deleted_at {instant},
  constraint messages_key primary key (organization_id, conversation_id, id),
  constraint messages_positions unique (organization_id, conversation_id, position),
  constraint messages_branches unique (organization_id, conversation_id, branch, depth),
  constraint messages_of_conversations foreign key (organization_id, conversation_id)
    references conversations (organization_id, id) on delete cascade`

const kept = `organization_id, conversation_id, id, position, parent_message_id, role, content,
  metadata, tokens_used, revision, created_at, deleted_at`

/**
 * Makes a tree of the messages. A path is a chain of branches; within one, each message follows the
 * one before it. What was appended without a parent followed the message before it all along.
 */
export const messageTree: Migration = {
  name: '0015_message_tree',
  async up(schema) {
    for (const column of treeColumns) {
      await schema.execute(`alter table conversations add column ${column}`)
    }
    await schema.createTable('message_branches', `
      organization_id {id} not null,
      conversation_id {id} not null,
      branch {integer} not null,
      parent_conversation_id {id} not null,
      parent_branch {integer} not null,
      parent_depth {integer} not null,
      primary key (organization_id, conversation_id, branch),
      foreign key (organization_id, conversation_id)
        references conversations (organization_id, id) on delete cascade,
      foreign key (organization_id, parent_conversation_id)
        references conversations (organization_id, id)`)
    await schema.execute(`
      create index message_branches_parent on message_branches
        (organization_id, parent_conversation_id, parent_branch, parent_depth, conversation_id,
         branch)`)
    await place(schema)
    await schema.createTable('messages_rebuilt', messagesNow)
    await schema.execute(`
      insert into messages_rebuilt (${kept}, branch, depth, kind)
      select m.organization_id, m.conversation_id, m.id, m.position, p.parent_id, m.role,
        m.content, m.metadata, m.tokens_used, m.revision, m.created_at, m.deleted_at,
        p.branch, p.depth, 'message'
      from messages m
      join message_places p on p.organization_id = m.organization_id
        and p.conversation_id = m.conversation_id and p.id = m.id`)
    await schema.execute('drop table messages')
    await schema.execute('alter table messages_rebuilt rename to messages')
    await schema.secureTable('messages')
    await schema.secureTable('message_branches')
    await activate(schema)
    await schema.execute('drop table message_places')
  },
  async down(schema) {
    await schema.createTable('messages_rebuilt', messagesBefore)
    await schema.execute(`
      insert into messages_rebuilt (${kept})
      select ${kept} from messages m order by position`)
    await schema.execute('drop table messages')
    await schema.execute('alter table messages_rebuilt rename to messages')
    await schema.secureTable('messages')
    await schema.execute(`
      create index messages_parent on messages
        (organization_id, conversation_id, parent_message_id)
      where parent_message_id is not null`)
    await schema.execute('drop table message_branches')
    for (const column of treeColumns.toReversed()) {
      const [name] = column.split(' ')
      await schema.execute(`alter table conversations drop column ${name}`)
    }
  },
}

/** Where each message stands: its first child goes on with the branch, the others begin one. */
async function place(schema: SchemaEditor): Promise<void> {
  await schema.createTable('message_parents', `
    organization_id {id} not null, conversation_id {id} not null, id {id} not null,
    parent_id {id}, opened {integer}`)
  await schema.execute(`
    insert into message_parents (organization_id, conversation_id, id, parent_id, opened)
    select organization_id, conversation_id, id, parent_id, case when place > 1 then
      sum(case when place > 1 then 1 else 0 end) over
        (partition by organization_id, conversation_id order by position) end
    from (
      select organization_id, conversation_id, id, position, parent_id, row_number() over
        (partition by organization_id, conversation_id, parent_id order by position) as place
      from (
        select organization_id, conversation_id, id, position,
          coalesce(parent_message_id, lag(id) over
            (partition by organization_id, conversation_id order by position)) as parent_id
        from messages) as linked) as placed`)
  await schema.execute(`create index message_parents_children on message_parents
    (organization_id, conversation_id, parent_id)`)
  await schema.createTable('message_places', `
    organization_id {id} not null, conversation_id {id} not null, id {id} not null,
    parent_id {id}, branch {integer} not null, depth {integer} not null,
    primary key (organization_id, conversation_id, id)`)
  await schema.execute(`
    insert into message_places (organization_id, conversation_id, id, parent_id, branch, depth)
    with recursive placed (organization_id, conversation_id, id, parent_id, branch, depth) as (
      select organization_id, conversation_id, id, parent_id, cast(0 as bigint), cast(1 as bigint)
      from message_parents where parent_id is null
      union all
      select m.organization_id, m.conversation_id, m.id, m.parent_id,
        coalesce(m.opened, p.branch), p.depth + 1
      from placed p
      join message_parents m on m.organization_id = p.organization_id
        and m.conversation_id = p.conversation_id and m.parent_id = p.id)
    select organization_id, conversation_id, id, parent_id, branch, depth from placed`)
  await schema.execute(`
    insert into message_branches (organization_id, conversation_id, branch,
      parent_conversation_id, parent_branch, parent_depth)
    select m.organization_id, m.conversation_id, m.opened, m.conversation_id, p.branch, p.depth
    from message_parents m
    join message_places p on p.organization_id = m.organization_id
      and p.conversation_id = m.conversation_id and p.id = m.parent_id
    where m.opened is not null`)
  await schema.execute('drop table message_parents')
}

/** The newest message of each conversation is where the next one goes. */
async function activate(schema: SchemaEditor): Promise<void> {
  const newest = (column: string) => `(
    select m.${column} from messages m
    where m.organization_id = conversations.organization_id
      and m.conversation_id = conversations.id and m.position = conversations.message_count)`
  await schema.execute(`
    update conversations set
      active_leaf_id = ${newest('id')}, active_branch = ${newest('branch')},
      active_depth = ${newest('depth')},
      branch_count = 1 + (
        select count(*) from message_branches b
        where b.organization_id = conversations.organization_id
          and b.conversation_id = conversations.id)
    where message_count > 0`)
}
