import { sql } from 'kysely'
import { type Stored } from '../columns.js'
import {
  type PlacedWords, type WordEngine, type WordPhrase, type WordTables,
} from '../engine.js'
import { isInReach } from './postgres-policies.js'

/**
 * Row-level security keeps an index from being asked with `@@`, which might leak what it looks at:
 * the database would read every row. The words are therefore read through a view that belongs to
 * the owner of their table, holds the same condition and takes nothing in beyond it. New words wait
 * in the index's list of what is pending, which searches read whole; a vacuum works it off.
 */
function create({ source, terms, words }: WordTables): readonly string[] {
  const mine = 'organization_id = old.organization_id and message_id = old.id'
  return [
    `create index ${terms}_terms on ${terms} using gin (terms)`,
    `alter table ${terms} set (autovacuum_vacuum_insert_threshold = 1000,
       autovacuum_vacuum_insert_scale_factor = 0)`,
    `alter table ${terms} enable row level security`,
    `create policy organizations_in_reach_by_view on ${terms}
       using (${isInReach('organization_id')}) with check (${isInReach('organization_id')})`,
    `create view ${words} as select * from ${terms} where ${isInReach('organization_id')}
       with check option`,
    `create function ${terms}_forget() returns trigger language plpgsql as $$ begin
       delete from ${terms} where ${mine};
       return null;
     end $$`,
    `create function ${terms}_forget_all() returns trigger language plpgsql as $$ begin
       delete from ${terms} t using gone
         where t.organization_id = gone.organization_id and t.message_id = gone.id;
       return null;
     end $$`,
    `create trigger ${terms}_changed after update of content on ${source} for each row
       when (old.content::text is distinct from new.content::text)
       execute function ${terms}_forget()`,
    `create trigger ${terms}_deleted after delete on ${source}
       referencing old table as gone for each statement execute function ${terms}_forget_all()`,
  ]
}

const drop = ({ source, terms, words }: WordTables): readonly string[] => [
  `drop trigger ${terms}_changed on ${source}`, `drop trigger ${terms}_deleted on ${source}`,
  `drop function ${terms}_forget()`, `drop function ${terms}_forget_all()`, `drop view ${words}`,
  `drop table ${terms}`,
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

/** Full-text search by `tsvector` and GIN. */
export const postgresWords: WordEngine = {
  create,
  drop,
  encode,
  order: 'message_id',
  appendedNumber: (number) => number,
  earlierNumber: (number) => number,
  found({ words }, { required, excluded }, mark) {
    const query = [
      ...required.map((each) => phrase(each, mark)),
      ...excluded.map((each) => `!${phrase(each, mark)}`),
    ].join(' & ')
    // In the text, so that the plan follows how often each word is there.
    return sql`(select organization_id, conversation_id, message_id, sequence
      from ${sql.ref(words)} where terms @@ ${sql.lit(query)}::tsquery)`
  },
}
