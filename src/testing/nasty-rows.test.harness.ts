import fc from 'fast-check'
import { connect } from '../database/connect.js'
import { type Backend, type Session } from '../database/engine.js'
import { type Moved, type MovedColumn, type MovedTable, type Moving } from '../database/moving.js'
import { encodeJson, encodeText } from '../database/values.js'
import { anyJson, anyText } from './arbitraries.test.harness.js'

/** Values a table holds of each kind, most of which some engine or protocol treats specially. */
const arbitraries: Record<MovedColumn['kind'], fc.Arbitrary<Moved>> = {
  id: fc.uuid(),
  text: anyText.map((text) => encodeText(text, 'text')),
  json: fc.oneof(
    anyJson.map((value) => encodeJson(value, 'json')),
    fc.constantFrom('1.0', '{"b":1,"a":2}', '{ "a" : 1 }', '1e-07', '-0', '[1E22]', '""',
      '{\n\t"a":\r\n1}', '"\\\\\\n"'),
  ),
  instant: fc.record({
    ms: fc.integer({ min: -62_000_000_000_000, max: 250_000_000_000_000 }),
    micros: fc.integer({ min: 0, max: 999 }),
  }).map(({ ms, micros }) => new Date(ms).toISOString()
    .replace('Z', `${String(micros).padStart(3, '0')}Z`)),
  integer: fc.oneof(fc.maxSafeInteger(), fc.constantFrom(0, 1, -1, 2 ** 31, 2 ** 53 - 1))
    .map((value) => String(Object.is(value, -0) ? 0 : value)),
  real: fc.double({ noNaN: true, noDefaultInfinity: true })
    .map((value) => String(Object.is(value, -0) ? 0 : value)),
  flag: fc.constantFrom('0', '1'),
  bytes: fc.uint8Array({ maxLength: 300 }),
  terms: fc.constantFrom('axé 0,2\nbwo 1', 'one 3'),
}

interface Reference {
  readonly columns: readonly string[]
  readonly parent: string
  readonly parentColumns: readonly string[]
}

/**
 * Adds rows of hard values to every table of a SQLite file, so that none is empty and what refers
 * to others finds them. How many each table has got.
 */
export async function addNastyRows(
  url: string,
  tables: readonly MovedTable[],
  { rows, seed }: { readonly rows: number; readonly seed: number },
): Promise<Map<string, number>> {
  const backend = await connect(url)
  try {
    const references = await referencesOf(backend)
    const made = new Map<string, number>()
    for (const [index, table] of tables.entries()) {
      const own = references.get(table.name) ?? []
      made.set(table.name, await backend.transaction((session) =>
        fill({ session, moving: backend.engine.moving }, table, {
          own, rows, seed: seed + index,
        })))
    }
    return made
  } finally {
    await backend.close()
  }
}

async function referencesOf(backend: Backend): Promise<Map<string, Reference[]>> {
  const { rows } = await backend.run(backend.engine.moving.foreignKeys)
  const names = (text: unknown) => JSON.parse(String(text)) as string[]
  const found = new Map<string, Reference[]>()
  for (const row of rows) {
    const reference = {
      columns: names(row.columns), parent: String(row.parent),
      parentColumns: names(row.parent_columns),
    }
    found.set(String(row.table), [...found.get(String(row.table)) ?? [], reference])
  }
  return found
}

interface Filling {
  readonly own: readonly Reference[]
  readonly rows: number
  readonly seed: number
}

interface Writing {
  readonly session: Session
  readonly moving: Moving
}

async function fill(
  { session, moving }: Writing,
  table: MovedTable,
  { own, rows, seed }: Filling,
): Promise<number> {
  const [like] = (await session.run({ sql: `select * from "${table.name}" limit 1`,
    parameters: [], readOnly: true })).rows
  let made = 0
  for (let at = 0; at < rows; at++) {
    const values = table.columns.map((column, index) =>
      valueOf(column, { seed: seed * 1_000 + at * 50 + index, like }))
    for (const reference of own) await point(session, table, { reference, values, at })
    const [statement] = moving.insert(table, [values], false)
    // A rule of the table may refuse a value, or a key may be there already.
    made += await session.transaction((nested) => nested.run(statement!))
      .then(({ changed }) => changed, () => 0)
  }
  return made
}

/** Words that rules of tables ask for stay as they are in another row. */
function valueOf(
  { kind, nullable, name }: MovedColumn,
  { seed, like }: { readonly seed: number; readonly like: Record<string, unknown> | undefined },
): Moved {
  const [value] = fc.sample(arbitraries[kind], { seed, numRuns: 1 })
  if (nullable && seed % 4 === 0) return null
  const isRuled = ['role', 'state', 'status', 'kind', 'type', 'grain', 'visibility'].includes(name)
  return isRuled && typeof like?.[name] === 'string' ? like[name] : value!
}

/** Has a row refer to one that is there. */
async function point(
  session: Session,
  { columns }: MovedTable,
  { reference, values, at }: { reference: Reference; values: Moved[]; at: number },
): Promise<void> {
  const { parent, parentColumns } = reference
  const { rows } = await session.run({
    sql: `select * from "${parent}" order by 1 limit 1 offset
      ?1 % max(1, (select count(*) from "${parent}"))`,
    parameters: [at], readOnly: true,
  })
  if (rows[0] === undefined) return
  for (const [index, column] of reference.columns.entries()) {
    const value = rows[0][parentColumns[index]!]
    values[columns.findIndex(({ name }) => name === column)] =
      value === null ? null : String(value as string | number)
  }
}
