import { type Kind } from '../columns.js'
import { type Statement } from '../engine.js'
import {
  columnList, marks, type Moved, type MovedColumn, type MovedTable, type Moving, putEach,
  readWords, writeWords,
} from '../moving.js'
import { postgresChanges } from './postgres-changes.js'
import { read } from './postgres-read.js'

const asked = (sql: string): Statement => ({ sql, parameters: [], readOnly: true, reach: null })
const done = (sql: string): Statement => ({ sql, parameters: [], reach: null })

const types: Record<Kind, string> = {
  id: 'uuid', text: 'text', json: 'json', instant: 'timestamptz', integer: 'bigint',
  real: 'double precision', flag: 'boolean', bytes: 'bytea', terms: 'tsvector',
}

function moved(kind: Kind, stored: unknown): Moved {
  if (stored === null) return null
  const text = stored as string
  if (kind === 'bytes') return Buffer.from(text.slice(2), 'hex')
  if (kind === 'real') return String(Number(text))
  return kind === 'terms' ? writeWords(wordsOf(text)) : text
}

/** A `tsvector` as the server writes it: words of letters, digits and marks, quoted. */
function wordsOf(text: string): Map<string, number[]> {
  const words = new Map<string, number[]>()
  for (const [, word, places] of text.matchAll(/'([^']*)':([\d,]+)/g)) {
    words.set(word!, places!.split(',').map((place) => Number(place) - 1))
  }
  return words
}

const vectorOf = (words: string): string =>
  [...readWords(words)].map(([word, places]) =>
    `'${word}':${places.map((place) => place + 1).join(',')}`).join(' ')

function bound(kind: Kind, value: Moved): unknown {
  return kind === 'terms' && value !== null ? vectorOf(value as string) : value
}

/** Read apart from how a transfer reads. */
function canonical(kind: Kind, column: string): string {
  const name = `"${column}"`
  switch (kind) {
    case 'instant':
      return `(${name} at time zone 'UTC')::date::text || 'T' ||
        to_char(${name} at time zone 'UTC', 'HH24:MI:SS.US') || 'Z'`
    case 'bytes': return `encode(${name}, 'hex')`
    case 'flag': return `case ${name} when true then '1' when false then '0' end`
    default: return `${name}::text`
  }
}

function comparable(kind: Kind, stored: unknown): string | null {
  if (stored === null) return null
  const text = stored as string
  if (kind === 'real') return `${Number(text)}`
  if (kind !== 'terms') return text
  return text.split(' ').map((each) => {
    const end = each.lastIndexOf(':')
    const places = each.slice(end + 1).split(',').map((place) => +place - 1)
    return `${each.slice(1, end - 1)}@${places.join('+')}`
  }).sort().join(' ')
}

const special = /[\\\n\r\u001f]/
const specials = new RegExp(special, 'g')
const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\', '\n': '\\n', '\r': '\\r', [marks.field]: `\\${marks.field}`,
}

/** A value in the text form of `copy`. */
function field(kind: Kind, value: Moved): string {
  if (value === null) return '\\N'
  if (typeof value !== 'string') return `\\\\x${Buffer.from(value).toString('hex')}`
  const text = kind === 'terms' ? vectorOf(value) : value
  return special.test(text) ? text.replace(specials, (sign) => escapes[sign]!) : text
}

/**
 * By `copy`, which is a quarter faster than arrays; it is refused where policies bind who copies,
 * so that the owner of the table steps out of them for this transaction.
 */
function insert(
  { name, columns }: MovedTable,
  rows: readonly (readonly Moved[])[],
  walled: boolean,
): Statement[] {
  let text = ''
  for (const row of rows) {
    for (let index = 0; index < columns.length; index++) {
      text += (index > 0 ? marks.field : '') + field(columns[index]!.kind, row[index]!)
    }
    text += '\n'
  }
  return copying({ name, columns }, Buffer.from(text), walled)
}

function copying(
  { name, columns }: Pick<MovedTable, 'name' | 'columns'>,
  copied: Uint8Array,
  walled: boolean,
): Statement[] {
  const copy: Statement = {
    sql: `copy "${name}" (${columnList(columns.map((each) => each.name))})
      from stdin (delimiter '${marks.field}')`,
    parameters: [], reach: 'all', copied,
  }
  if (!walled) return [copy]
  const wall = (force: string) => done(`alter table "${name}" ${force} row level security`)
  return [wall('no force'), copy, wall('force')]
}

function fault({ name, kind }: MovedColumn): string | undefined {
  const column = `"${name}"`
  switch (kind) {
    case 'real':
      return `case when ${column} in ('NaN', 'Infinity', '-Infinity') then 'not_finite'
        when ${column}::text = '-0' then 'negative_zero' end`
    case 'instant':
      return `case when not isfinite(${column}) or ${column} < '0001-01-01 00:00:00+00'
        or ${column} >= '10000-01-01 00:00:00+00' then 'instant' end`
    case 'integer':
      return `case when ${column} not between -9007199254740991 and 9007199254740991
        then 'beyond_53_bits' end`
    default:
      return undefined
  }
}

const namespace = `current_schema()::regnamespace`
const namesOf = (relation: string, numbers: string) => `(
  select json_agg(a.attname order by named.place)::text
  from unnest(${numbers}) with ordinality as named(number, place)
  join pg_attribute a on a.attrelid = ${relation} and a.attnum = named.number)`

/** Indexes in the order in which they were made, since the planner takes the newest of equals. */
const pieces = `
select "table", name, parent, "drop", "create", case part when 1 then 'yes' else 'no' end as late
from (
  select 1 as part, 0::oid as place, c.relname as "table", k.conname as name,
    p.relname as parent,
    format('alter table %I drop constraint %I', c.relname, k.conname) as "drop",
    format('alter table %I add constraint %I %s', c.relname, k.conname,
      pg_get_constraintdef(k.oid)) as "create"
  from pg_constraint k join pg_class c on c.oid = k.conrelid
  join pg_class p on p.oid = k.confrelid
  where k.contype = 'f' and c.relnamespace = ${namespace} and c.relname = any($1)
  union all
  select 0, i.indexrelid, c.relname, x.relname, null,
    case when k.oid is null then format('drop index %I', x.relname)
      else format('alter table %I drop constraint %I', c.relname, k.conname) end,
    case when k.oid is null then pg_get_indexdef(i.indexrelid)
      else format('alter table %I add constraint %I %s', c.relname, k.conname,
        pg_get_constraintdef(k.oid)) end
  from pg_index i join pg_class c on c.oid = i.indrelid join pg_class x on x.oid = i.indexrelid
  left join pg_constraint k on k.conindid = i.indexrelid and k.contype in ('p', 'u')
  where c.relnamespace = ${namespace} and c.relname = any($1)
) as found order by part, place, name collate "C"`

/** Reading and writing whole tables in PostgreSQL. */
export const postgresMoving: Moving = {
  read,
  moved,
  canonical,
  comparable,
  lumped(kind, column) {
    if (kind === 'real' || kind === 'terms') return undefined
    const text = canonical(kind, column)
    return kind === 'text' ? `octet_length(${text}) || ':' || ${text}` : text
  },
  joined: (fields) => `concat_ws(chr(31), ${fields.map((field) =>
    `coalesce(${field}, chr(29))`).join(', ')} || chr(30))`,
  gathered: (row) => `string_agg(${row}, '')`,
  // Row by row: each copy of the whole text costs the server fresh pages of memory.
  digested: (row) => `encode(sha256(string_agg(convert_to(${row}, 'UTF8'), ''::bytea)), 'hex')`,
  insertLines: copying,
  slot: (kind, index) => `$${index}::${types[kind]}`,
  bound,
  size(kind, column) {
    const name = `"${column}"`
    if (kind === 'terms') return `coalesce(pg_column_size(${name}), 0)`
    return `coalesce(octet_length(${name}${kind === 'bytes' ? '' : '::text'}), 0)`
  },
  insert,
  put: (table, rows) => rows.map(putEach(table, postgresMoving)),
  weigh: (tables) => [done(`analyze ${tables.map((table) => `"${table}"`).join(', ')}`)],
  snapshot: [done('set transaction isolation level repeatable read')],
  fault,
  check: undefined,
  foreignKeys: asked(`
    select c.relname as "table", p.relname as parent,
      ${namesOf('k.conrelid', 'k.conkey')} as columns,
      ${namesOf('k.confrelid', 'k.confkey')} as parent_columns
    from pg_constraint k
    join pg_class c on c.oid = k.conrelid join pg_class p on p.oid = k.confrelid
    where k.contype = 'f' and c.relnamespace = ${namespace}`),
  indexes: asked(`
    select c.relname as "table", ${namesOf('i.indrelid', 'i.indkey')} as columns
    from pg_index i join pg_class c on c.oid = i.indrelid
    where c.relnamespace = ${namespace}`),
  indexBytesMax: 2_600,
  walledTables: asked(`
    select c.relname as name from pg_class c
    where c.relnamespace = ${namespace} and c.relforcerowsecurity and row_security_active(c.oid)`),
  pieces: asked(pieces),
  loading: [done('set local synchronous_commit = off')],
  // Sorted in memory, by as many processes as the server lets work on one index.
  piecing: [asked(`select set_config('maintenance_work_mem', '256MB', true)
    where pg_size_bytes(current_setting('maintenance_work_mem')) < pg_size_bytes('256MB')`)],
  analyze: done('analyze'),
  obstacles: asked(`
    select 'its encoding is not UTF8' as sentence where getdatabaseencoding() <> 'UTF8'
    union all
    select 'there is no schema to create tables in' where current_schema() is null
    union all
    select 'the login may not create tables in the schema ' || current_schema()
    where not has_schema_privilege(current_schema(), 'create')
    union all
    select 'the login does not own the table ' || min(relname collate "C") from pg_class
    where relnamespace = to_regnamespace(current_schema()) and relkind = 'r'
      and not pg_has_role(relowner, 'member')
    having count(*) > 0`),
  databaseBytes: asked('select pg_database_size(current_database()) as bytes'),
  changes: postgresChanges,
}
