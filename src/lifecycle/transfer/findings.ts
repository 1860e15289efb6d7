/** Something that a transfer would meet. */
export interface Finding {
  /** A `failure` stops the copy; a `warning` travels exactly and is worth knowing. */
  readonly level: 'failure' | 'warning'
  readonly rule: Rule
  readonly table?: string
  readonly column?: string
  /** Values of the primary key of the first row it is found in. */
  readonly key?: readonly (string | null)[]
  /** How many rows, as far as they were counted. */
  readonly rows?: number
  readonly message: string
}

/** Sentences of what a stored value may be, by rule. */
export const valueRules = {
  null: 'is missing where there must be a value',
  type: 'is of another type than its column, such as text in a column of integers',
  nul: 'holds U+0000, which text of a server cannot',
  utf8: 'is not UTF-8: a lone surrogate or broken bytes',
  uuid: 'is no UUID of 36 characters in lower case',
  instant: 'is no moment such as 2026-01-31T12:00:00.000000Z (a naive time, or no date at all)',
  not_finite: 'is not a finite number',
  negative_zero: 'is -0, whose sign another engine drops',
  flag: 'is neither 0 nor 1',
  json: 'is not JSON, or holds a number no database can',
  json_nul: 'holds an escaped U+0000, which JSON of a server cannot',
  json_surrogate: 'holds a lone surrogate, which JSON of a server cannot',
  json_depth: 'is nested deeper than a server reads',
  index_entry: 'is longer than an entry of an index on the target may be',
  beyond_53_bits: 'is an integer beyond 2^53, which travels exactly and programs round',
  json_number: 'holds a number that travels exactly and programs round (2^53 + 1, 1e400)',
  json_duplicate: 'holds a key twice in one object; it travels so, and programs see one of them',
} as const

export type ValueRule = keyof typeof valueRules

/** Rules whose values travel exactly. */
const mild: ReadonlySet<string> = new Set<ValueRule>([
  'beyond_53_bits', 'json_number', 'json_duplicate',
])

export type Rule =
  | ValueRule | 'source_missing' | 'source_unreadable' | 'source_damaged' | 'source_version'
  | 'source_moved' | 'target_unreadable' | 'target_version' | 'target_filled' | 'target_login'
  | 'target_folder' | 'target_space' | 'target_busy' | 'same_database' | 'unknown_table'
  | 'unknown_column' | 'missing_table' | 'missing_column' | 'orphan'

/** The finding of a value that breaks a rule. */
export function valueFinding(
  rule: ValueRule,
  place: Required<Pick<Finding, 'table' | 'column' | 'key' | 'rows'>>,
): Finding {
  const { table, column } = place
  const level = mild.has(rule) ? 'warning' : 'failure'
  return { level, rule, ...place, message: `${table}.${column} ${valueRules[rule]}.` }
}

/** A finding without a place in a row. */
export function failure(rule: Rule, message: string, place: Partial<Finding> = {}): Finding {
  return { level: 'failure', rule, message, ...place }
}
