import { sql } from 'kysely'
import { type Stored } from '../columns.js'
import {
  type PlacedWords, type WordEngine, type WordPhrase, type WordPlace, type WordsAsked,
  type WordTables,
} from '../engine.js'
import { lastOf, sequenceBits, sequenceOf } from './word-sequence.js'

/** What stands where no word is; shorter than any word with its mark. */
export const nothing = 'x'

/** Where words wait that leave the index. */
const leavingOf = (terms: string) => `${terms}_leaving`

/** The words of a row leave the index. */
const takenOut = ({ terms, words }: WordTables, when = '') => `
  create trigger ${terms}_removed after delete on ${terms} ${when} begin
    insert into ${words} (${words}, rowid, terms)
      values ('delete', old.sequence, old.terms); end`

/**
 * The tokenizer splits at blanks only: it knows nothing beyond ASCII, and words have no signs.
 * What is deleted is overwritten in the index, not only marked as gone.
 */
function create(tables: WordTables): readonly string[] {
  const { source, terms, words, progress, dirty, horizon } = tables
  const mine = `organization_id = new.organization_id
    and conversation_id = new.conversation_id and message_id = new.id`
  return [
    `create unique index ${terms}_sequence on ${terms} (sequence)`,
    `create virtual table ${words} using fts5 (terms, content = '${terms}',
       content_rowid = 'sequence', tokenize = 'ascii', columnsize = 0)`,
    `insert into ${words} (${words}, rank) values ('secure-delete', 1)`,
    `create trigger ${terms}_inserted after insert on ${terms} begin
       insert into ${words} (rowid, terms) values (new.sequence, new.terms); end`,
    takenOut(tables),
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

/** Overwriting the words of a row takes some ten times as long as deleting the row. */
function postpone(tables: WordTables): readonly string[] {
  const { terms, progress } = tables
  const isThere = `exists (select 1 from ${progress} p
    where p.organization_id = old.organization_id and p.conversation_id = old.conversation_id)`
  return [
    `create table ${leavingOf(terms)} (sequence integer primary key, terms text not null) strict`,
    `drop trigger ${terms}_removed`,
    takenOut(tables, `when ${isThere}`),
    `create trigger ${terms}_left after delete on ${terms} when not ${isThere} begin
       insert into ${leavingOf(terms)} (sequence, terms) values (old.sequence, old.terms); end`,
  ]
}

function hurry(tables: WordTables): readonly string[] {
  const { terms, words } = tables
  return [
    `insert into ${words} (${words}, rowid, terms)
       select 'delete', sequence, terms from ${leavingOf(terms)}`,
    `drop trigger ${terms}_left`,
    `drop trigger ${terms}_removed`,
    `drop table ${leavingOf(terms)}`,
    takenOut(tables),
  ]
}

function takeOut({ terms, words }: WordTables, limit: number) {
  const leaving = sql.ref(leavingOf(terms))
  const index = sql.ref(words)
  const first = sql`${leaving} order by sequence limit ${sql.lit(limit)}`
  return [
    sql`insert into ${index} (${index}, rowid, terms)
      select 'delete', sequence, terms from ${first}`,
    sql`delete from ${leaving} where sequence in (select sequence from ${first})`,
  ]
}

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

/**
 * The first free number in the second, from the wanted one on and then from its begin. One whose
 * words still leave the index is not free.
 */
export function openPlaces(number: ReturnType<typeof sql>, terms: string) {
  const bits = sql.lit(sequenceBits)
  const begin = sql`((${number} >> ${bits}) << ${bits})`
  const tables = [sql.ref(terms), sql.ref(leavingOf(terms))]
  const isFree = (wanted: typeof number) => sql.join(tables.map((name) =>
    sql`not exists (select 1 from ${name} n where n.sequence = ${wanted})`), sql` and `)
  const after = (from: typeof number) => sql`(
    select t.sequence + 1 from (${sql.join(tables.map((name) => sql`
      select sequence from ${name} where sequence >= ${from}
        and sequence >> ${bits} = ${number} >> ${bits}`), sql` union all `)}) t
    where (t.sequence + 1) >> ${bits} = ${number} >> ${bits}
      and ${isFree(sql`t.sequence + 1`)}
    order by t.sequence limit 1)`
  return sql`(case
    when ${isFree(number)} then ${number}
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
  postpone,
  hurry,
  takeOut,
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
