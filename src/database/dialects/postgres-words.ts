import { sql } from 'kysely'
import { type Stored } from '../columns.js'
import {
  type PlacedWords, type WordEngine, type WordPhrase, type WordPlace, type WordTables,
} from '../engine.js'
import { isInReach } from './postgres-policies.js'
import { sequenceOf } from './word-sequence.js'

/**
 * Row-level security keeps an index from being asked with `@@`, which might leak what it looks at:
 * the database would read every row. The words are therefore read through a view that belongs to
 * the owner of their table, holds the same condition and takes nothing in beyond it. New words wait
 * in the index's list of what is pending, which searches read whole; a vacuum works it off.
 *
 * The row of the progress is where a change and an indexer wait for each other: the change raises
 * the version, so that words an indexer took from the text before it are not kept.
 */
function create({ source, terms, words, progress, dirty }: WordTables): readonly string[] {
  const key = '(organization_id, conversation_id, message_id)'
  const mine = `organization_id = new.organization_id
        and conversation_id = new.conversation_id and message_id = new.id`
  return [
    `create index ${terms}_terms on ${terms} using gin (terms)`,
    `create index ${terms}_recent on ${terms}
       (organization_id, created_at, message_id, conversation_id)`,
    `alter table ${terms} set (autovacuum_vacuum_insert_threshold = 1000,
       autovacuum_vacuum_insert_scale_factor = 0)`,
    `alter table ${terms} enable row level security`,
    `create policy organizations_in_reach_by_view on ${terms}
       using (${isInReach('organization_id')}) with check (${isInReach('organization_id')})`,
    `create view ${words} as select * from ${terms} where ${isInReach('organization_id')}
       with check option`,
    `create function ${terms}_changed() returns trigger language plpgsql as $$ begin
       insert into ${progress} (organization_id, conversation_id, position, version)
         values (new.organization_id, new.conversation_id, 0, 1)
         on conflict (organization_id, conversation_id)
         do update set version = ${progress}.version + 1;
       delete from ${terms} where ${mine};
       if new.deleted_at is null then
         insert into ${dirty} ${key}
           values (new.organization_id, new.conversation_id, new.id) on conflict do nothing;
       end if;
       return null;
     end $$`,
    `create trigger ${terms}_changed after update of content on ${source} for each row
       when (old.content::text is distinct from new.content::text)
       execute function ${terms}_changed()`,
  ]
}

const drop = ({ source, terms, words }: WordTables): readonly string[] => [
  `drop trigger ${terms}_changed on ${source}`, `drop function ${terms}_changed()`,
  `drop view ${words}`, `drop table ${terms}`,
]

/** A `tsvector` in binary form: each word, ended by a zero, with its places; the server sorts. */
function encode({ words }: PlacedWords, mark: string) {
  if (words.size === 0) return null
  let bytes = 4
  for (const [word, at] of words) {
    bytes += mark.length + Buffer.byteLength(word) + 3 + 2 * at.length
  }
  const buffer = Buffer.allocUnsafe(bytes)
  let offset = buffer.writeInt32BE(words.size)
  for (const [word, at] of words) {
    offset += buffer.write(mark + word, offset)
    buffer[offset] = 0
    offset = buffer.writeUInt16BE(at.length, offset + 1)
    for (const place of at) {
      buffer[offset] = (place + 1) >> 8
      buffer[offset + 1] = (place + 1) & 255
      offset += 2
    }
  }
  return buffer as unknown as Stored<'terms'>
}

/** Words have letters, digits and marks only: none has to be escaped. */
function phrase({ words, isPrefix }: WordPhrase, mark: string): string {
  const last = words.length - 1
  const terms = words.map((word, index) =>
    `'${mark}${word}'${isPrefix && index === last ? ':*' : ''}`)
  return `(${terms.join(' <-> ')})`
}

const behind = ({ createdAt, messageId, conversationId }: WordPlace) => sql`
  and (w.created_at, w.message_id, w.conversation_id)
    < (${createdAt}::timestamptz, ${messageId}::uuid, ${conversationId}::uuid)`

/** Full-text search by `tsvector` and GIN. */
export const postgresWords: WordEngine = {
  arrival: undefined,
  create,
  drop,
  encode,
  sequence: sequenceOf,
  postpone: () => [],
  hurry: () => [],
  takeOut: () => [],
  freeSequence: (number) => number,
  found({ words }, { query, mark, organizationId, joins, filters, before, limit }) {
    const text = [
      ...query.required.map((each) => phrase(each, mark)),
      ...query.excluded.map((each) => `!${phrase(each, mark)}`),
    ].join(' & ')
    // In the text, so that the plan follows how often each word is there; so does the limit.
    return sql`(select w.created_at, w.message_id, w.conversation_id
      from (select organization_id, conversation_id, message_id, created_at
        from ${sql.ref(words)} where terms @@ ${sql.lit(text)}::tsquery) as w ${joins}
      where w.organization_id = ${organizationId}
        ${before === undefined ? sql`` : behind(before)} ${filters}
      order by w.created_at desc, w.message_id desc, w.conversation_id desc
      limit ${sql.lit(limit)})`
  },
}
