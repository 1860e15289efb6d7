import { sql } from 'kysely'
import { type Stored } from '../columns.js'
import {
  type PlacedWords, type WordEngine, type WordPhrase, type WordPlace, type WordsAsked,
  type WordTables,
} from '../engine.js'
import { lastOf, sequenceBits, sequenceOf } from './word-sequence.js'

/** What stands where no word is; shorter than any word with its mark. */
export const nothing = 'x'

/**
 * The tokenizer splits at blanks only: it knows nothing beyond ASCII, and words have no signs.
 * What is deleted is overwritten in the index, not only marked as gone.
 */
function create({ source, terms, words, progress, dirty, horizon }: WordTables): readonly string[] {
  const mine = `organization_id = new.organization_id
    and conversation_id = new.conversation_id and message_id = new.id`
  const takeOut = `insert into ${words} (${words}, rowid, terms)
    values ('delete', old.sequence, old.terms)`
  return [
    `create unique index ${terms}_sequence on ${terms} (sequence)`,
    `create virtual table ${words} using fts5 (terms, content = '${terms}',
       content_rowid = 'sequence', tokenize = 'ascii', columnsize = 0)`,
    `insert into ${words} (${words}, rank) values ('secure-delete', 1)`,
    `create trigger ${terms}_inserted after insert on ${terms} begin
       insert into ${words} (rowid, terms) values (new.sequence, new.terms); end`,
    `create trigger ${terms}_removed after delete on ${terms} begin ${takeOut}; end`,
    `create trigger ${terms}_changed after update of content on ${source}
       when old.content is not new.content begin
         insert into ${progress} (organization_id, conversation_id, position, version)
           values (new.organization_id, new.conversation_id, 0, 1)
           on conflict (organization_id, conversation_id) do update set version = version + 1;
         delete from ${terms} where ${mine};
         insert into ${dirty} (organization_id, conversation_id, message_id)
           select new.organization_id, new.conversation_id, new.id
           where new.deleted_at is null on conflict do nothing;
       end`,
    // Numbers are given again once the highest rows are gone; the horizon stays with a row.
    `create trigger ${terms}_receded after delete on ${source}
       when exists (select 1 from ${horizon} h where h.message_id = old.id
         and h.of_conversation_id = old.conversation_id
         and h.of_organization_id = old.organization_id) begin
         update ${horizon} set (of_organization_id, of_conversation_id, message_id) = (
           select m.organization_id, m.conversation_id, m.id from ${source} m
           where m.rowid < old.rowid order by m.rowid desc limit 1);
       end`,
  ]
}

const drop = ({ terms, words }: WordTables): readonly string[] => [
  `drop trigger ${terms}_receded`, `drop trigger ${terms}_changed`, `drop table ${words}`,
  `drop table ${terms}`,
]

function encode({ words, places }: PlacedWords, mark: string) {
  if (words.size === 0) return null
  const list = new Array<string>(places).fill(nothing)
  for (const [word, at] of words) {
    const marked = mark + word
    for (const place of at) list[place] = marked
  }
  return list.join(' ') as Stored<'terms'>
}

/** Words have letters, digits and marks only: none has to be escaped. */
function phrase({ words, isPrefix }: WordPhrase, mark: string): string {
  return `"${words.map((word) => mark + word).join(' ')}"${isPrefix ? ' *' : ''}`
}

const behind = ({ createdAt, messageId, conversationId, milliseconds }: WordPlace) => sql`
  and f.rowid <= ${lastOf(milliseconds)}
  and (w.created_at, w.message_id, w.conversation_id)
    < (${createdAt}, ${messageId}, ${conversationId})`

/** The first free number in the second, from the wanted one on and then from its begin. */
export function openPlaces(number: ReturnType<typeof sql>, terms: string) {
  const name = sql.ref(terms)
  const bits = sql.lit(sequenceBits)
  const begin = sql`((${number} >> ${bits}) << ${bits})`
  const after = (from: typeof number) => sql`(
    select t.sequence + 1 from ${name} t
    where t.sequence >= ${from} and t.sequence >> ${bits} = ${number} >> ${bits}
      and (t.sequence + 1) >> ${bits} = ${number} >> ${bits}
      and not exists (select 1 from ${name} n where n.sequence = t.sequence + 1)
    order by t.sequence limit 1)`
  return sql`(case
    when not exists (select 1 from ${name} where sequence = ${number}) then ${number}
    else coalesce(${after(number)}, ${after(begin)}) end)`
}

function matching({ query, mark }: WordsAsked): string {
  const wanted = query.required.map((each) => phrase(each, mark)).join(' AND ')
  const unwanted = query.excluded.map((each) => ` NOT ${phrase(each, mark)}`).join('')
  return unwanted === '' ? wanted : `(${wanted})${unwanted}`
}

/**
 * Full-text search by FTS5, whose rows are numbered by time: it reads the newest first and stops.
 * Within the last second read so there may be others that come before in order of their moments and
 * ids, which the second part looks up.
 */
export const sqliteWords: WordEngine = {
  arrival: 'rowid',
  create,
  drop,
  encode,
  sequence: sequenceOf,
  freeSequence: (number, { terms }) => openPlaces(number, terms),
  found({ terms, words }, asked) {
    const { organizationId, joins, filters, before, limit } = asked
    const name = sql.ref(words)
    const bits = sql.lit(sequenceBits)
    const from = sql`from ${name} f cross join ${sql.ref(terms)} w on w.sequence = f.rowid ${joins}
      where ${name} match ${matching(asked)} and w.organization_id = ${organizationId}
        ${before === undefined ? sql`` : behind(before)} ${filters}`
    const columns = sql`w.created_at, w.message_id, w.conversation_id`
    return sql`(with newest as materialized (
        select ${columns}, f.rowid as number ${from} order by f.rowid desc limit ${sql.lit(limit)})
      select created_at, message_id, conversation_id from newest
      union all
      select * from (
        select ${columns} ${from}
          and f.rowid < (select min(number) from newest)
          and f.rowid >= (select (min(number) >> ${bits}) << ${bits} from newest)
        order by w.created_at desc, w.message_id desc, w.conversation_id desc
        limit ${sql.lit(limit)}))`
  },
}
