import { sql } from 'kysely'
import { type Stored } from '../columns.js'
import {
  type PlacedWords, type WordEngine, type WordPhrase, type WordTables,
} from '../engine.js'

/** What stands where no word is; shorter than any word with its mark. */
const nothing = 'x'

/**
 * The tokenizer splits at blanks only: it knows nothing beyond ASCII, and words have no signs.
 * What is deleted is overwritten in the index, not only marked as gone.
 */
function create({ source, terms, words }: WordTables): readonly string[] {
  const mine = 'organization_id = old.organization_id and message_id = old.id'
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
       when old.content is not new.content begin delete from ${terms} where ${mine}; end`,
    `create trigger ${terms}_deleted after delete on ${source} begin
       delete from ${terms} where ${mine}; end`,
  ]
}

const drop = ({ terms, words }: WordTables): readonly string[] => [
  `drop trigger ${terms}_changed`, `drop trigger ${terms}_deleted`, `drop table ${words}`,
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

/** Full-text search by FTS5, whose rows are numbered in the order that results have. */
export const sqliteWords: WordEngine = {
  create,
  drop,
  encode,
  order: 'sequence',
  appendedNumber: (number, { terms }) => sql`max(${number},
    (select coalesce(max(sequence), 0) + 1 from ${sql.ref(terms)}))`,
  earlierNumber: (number, { terms }) => sql`(select case
    when not exists (select 1 from ${sql.ref(terms)} where sequence = ${number}) then ${number}
    else (select min(t.sequence) + 1 from ${sql.ref(terms)} t where t.sequence >= ${number}
      and not exists (select 1 from ${sql.ref(terms)} n where n.sequence = t.sequence + 1)) end)`,
  found({ terms, words }, { required, excluded }, mark) {
    const wanted = required.map((each) => phrase(each, mark)).join(' AND ')
    const unwanted = excluded.map((each) => ` NOT ${phrase(each, mark)}`).join('')
    const query = unwanted === '' ? wanted : `(${wanted})${unwanted}`
    const name = sql.ref(words)
    return sql`(select t.organization_id, t.conversation_id, t.message_id, f.rowid as sequence
      from ${name} f cross join ${sql.ref(terms)} t on t.sequence = f.rowid
      where ${name} match ${query})`
  },
}
