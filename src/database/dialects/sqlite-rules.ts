import { type Kind } from '../columns.js'
import { type MovedColumn, type MovedTable, type Soundness } from '../moving.js'
import { areIds, areInstants, isPlain, type Listed } from './sqlite-faults.js'

const digits = (count: number): string => '[0-9]'.repeat(count)
const hex = (count: number): string => '[0-9a-f]'.repeat(count)
const uuidPattern = `'${[8, 4, 4, 4, 12].map(hex).join('-')}'`
const instantPattern = `'${digits(4)}-${digits(2)}-${digits(2)}T${digits(2)}:${digits(2)}:` +
  `${digits(2)}.${digits(6)}Z'`

const wrongType = (column: string, type: string): string =>
  `when typeof(${column}) not in (${type}) then 'type'`

/** What is short and plain is told by the engine; for the rest a function is faster. */
const ofText = (column: string): string => `when octet_length(${column}) < 40
  and octet_length(${column}) = length(${column}) and ${column} not glob '*[^ -~]*' then null
  else holdfast_text_fault(cast(${column} as blob))`

const rules: Record<Kind, (column: string) => string> = {
  id: (column) => `${wrongType(column, `'text'`)} when ${column} not glob ${uuidPattern}
    then 'uuid'`,
  text: (column) => `${wrongType(column, `'text'`)} ${ofText(column)}`,
  json: (column) => `${wrongType(column, `'text'`)} when ${column} in ('{}', '[]', 'null')
    then null else holdfast_json_fault(cast(${column} as blob))`,
  instant: (column) => `${wrongType(column, `'text'`)}
    when ${column} not glob ${instantPattern} or ${column} like '0000%'
      or strftime('%Y-%m-%dT%H:%M:%S', substr(${column}, 1, 19)) is not substr(${column}, 1, 19)
    then 'instant'`,
  integer: (column) => `${wrongType(column, `'integer'`)}
    when ${column} not between -9007199254740991 and 9007199254740991 then 'beyond_53_bits'`,
  real: (column) => `${wrongType(column, `'real', 'integer'`)}
    when abs(${column}) = 9e999 then 'not_finite'`,
  flag: (column) => `${wrongType(column, `'integer'`)} when ${column} not in (0, 1) then 'flag'`,
  bytes: (column) => wrongType(column, `'blob'`),
  terms: (column) => `${wrongType(column, `'text'`)} ${ofText(column)}`,
}

/** An expression that names the rule which a stored value breaks, or null. */
export function fault({ name, kind, nullable }: MovedColumn): string {
  const column = `"${name}"`
  const absent = `when ${column} is null then ${nullable ? 'null' : `'null'`}`
  return `case ${absent} ${rules[kind](column)} end`
}

const isA = (type: string) => (column: string) => `typeof(${column}) = '${type}'`

/** What holds of no value that breaks a rule of weight; the bytes of texts are looked at apart. */
const sounds: Record<Kind, (column: string) => string> = {
  id: (column) => `typeof(${column}) = 'text' and ${column} glob ${uuidPattern}`,
  text: isA('text'),
  json: (column) => `typeof(${column}) = 'text' and json_valid(${column})`,
  instant: (column) => `typeof(${column}) = 'text' and ${column} glob ${instantPattern}
    and ${column} >= '0001'
    and strftime('%Y-%m-%dT%H:%M:%S', substr(${column}, 1, 19)) = substr(${column}, 1, 19)`,
  integer: isA('integer'),
  real: (column) => `typeof(${column}) in ('real', 'integer') and abs(${column}) <> 9e999`,
  flag: (column) => `typeof(${column}) = 'integer' and ${column} in (0, 1)`,
  bytes: isA('blob'),
  terms: isA('text'),
}

const ofBytes: ReadonlySet<Kind> = new Set(['text', 'json', 'terms'])

const quoted = (columns: readonly MovedColumn[]): string[] =>
  columns.map(({ name }) => `"${name}"`)

const conditionsOf = (
  columns: readonly MovedColumn[],
  of: Record<Kind, (column: string) => string>,
): string[] => columns.map(({ name, kind, nullable }) => {
  const condition = of[kind](`"${name}"`)
  return nullable ? `("${name}" is null or ${condition})` : `(${condition})`
})

/**
 * A condition that holds only of rows in which no value breaks a rule that stops a copy. The
 * engine tells JSON itself, and the bytes of all texts of a row are looked at in one call.
 */
export function sound({ columns }: Pick<MovedTable, 'columns'>): string {
  const each = conditionsOf(columns, sounds)
  const texts = quoted(columns.filter(({ kind }) => ofBytes.has(kind)))
  const plain = texts.length === 0 ? []
    : [`holdfast_plain(cast(concat_ws(char(10), ${texts.join(', ')}) as blob))`]
  return [...each, ...plain].join(' and ')
}

const isThere = (): string => '1 = 1'

/** What the engine has to say when it vouches for types, and what is left to the bytes. */
const ofVouched: Record<Kind, (column: string) => string> = {
  ...sounds, id: isThere, text: isThere, instant: isThere, integer: isThere, bytes: isThere,
  json: (column) => `json_valid(${column})`, terms: isThere,
}

/**
 * The same of many rows at once: a call for each row, and a pattern for each id, take longer than
 * reading them. Ids and instants stand one behind the other, each with a space behind it.
 */
export function soundness(
  { columns }: Pick<MovedTable, 'columns'>,
  isVouched: (column: MovedColumn) => boolean,
): Soundness {
  const of = (...kinds: Kind[]) => quoted(columns.filter(({ kind }) => kinds.includes(kind)))
  const [ids, instants, texts] = [of('id'), of('instant'), of('text', 'json', 'terms')]
  const conditions = [
    ...conditionsOf(columns.filter(isVouched), ofVouched),
    ...conditionsOf(columns.filter((column) => !isVouched(column)),
      { ...sounds, id: isA('text'), instant: isA('text') }),
  ].filter((condition) => !condition.includes(isThere()))
  const counted = (names: string[]) =>
    ['0', ...names.map((name) => `(${name} is not null)`)].join(' + ')
  const listed = (names: string[]) =>
    `concat_ws('', ${['null', ...names.map((name) => `${name} || ' '`)].join(', ')})`
  return {
    fields: `not coalesce(${['1', ...conditions].join(' and ')}, 0) as unsound,
      ${counted(ids)} as id_count, ${listed(ids)} as ids,
      ${counted(instants)} as instant_count, ${listed(instants)} as instants,
      concat_ws(char(10), ${['null', ...texts].join(', ')}) as texts`,
    gathered: `total(unsound) as unsound, total(id_count) as id_count,
      total(instant_count) as instant_count, cast(group_concat(ids, '') as blob) as ids,
      cast(group_concat(instants, '') as blob) as instants,
      cast(group_concat(texts, char(10)) as blob) as texts`,
    isSound: ({ unsound, id_count: idCount, instant_count: instantCount, ...bytes }) =>
      unsound === 0 && areIds(bytes.ids as Listed, Number(idCount)) &&
      areInstants(bytes.instants as Listed, Number(instantCount)) &&
      (bytes.texts === null || isPlain(bytes.texts as Uint8Array) === 1),
  }
}
