import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { connect } from '../database/connect.js'
import { type DatabaseLease } from './engines.js'

/** The forms in which a word may lie about: as it is, escaped, in hexadecimal and in base64. */
function formsOf(word: string): string[] {
  const bytes = Buffer.from(word)
  // Base64 of a longer text holds one of three forms of the word, but for its ends.
  const shifted = [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64')
    return text.slice(shift === 0 ? 0 : 4, -4)
  })
  const [core = word] = word.split('"')
  return [
    core, JSON.stringify(word).slice(1, -1), Buffer.from(core).toString('hex'),
    Buffer.from(core).toString('hex').toUpperCase(), ...shifted,
    ...shifted.map((each) => each.replaceAll('+', '-').replaceAll('/', '_')),
  ]
}

/** Which of the words lie in a haystack, in whatever form. */
export function foundIn(haystack: string, words: readonly string[]): string[] {
  return words.filter((word) => formsOf(word).some((form) => haystack.includes(form)))
}

/** All that the database holds, as a backup would. */
export async function contentOf(
  { url, adminUrl }: Pick<DatabaseLease, 'url' | 'adminUrl'>,
): Promise<string> {
  const file = url.replace(/^sqlite:/, '')
  if (file !== url) {
    return [file, `${file}-wal`].filter((each) => existsSync(each))
      .map((each) => readFileSync(each, 'utf8') + readFileSync(each, 'latin1')).join('')
  }
  const dump = spawnSync('pg_dump', ['--inserts', adminUrl], { maxBuffer: 2 ** 30 })
  if (dump.error === undefined && dump.status === 0) return dump.stdout.toString()
  return rowsOf(adminUrl)
}

/** Where there is no pg_dump, or none of the server's age: every row of every table, as text. */
async function rowsOf(url: string): Promise<string> {
  const backend = await connect(url, { poolMax: 1 })
  const tables = new Set((await backend.introspect()).map(({ table }) => table))
  const all: unknown[] = []
  for (const table of tables) {
    const sql = `select t::text as row from ${table} t`
    all.push((await backend.run({ sql, parameters: [], readOnly: true })).rows)
  }
  await backend.close()
  return all.map((rows) => (rows as { row: string }[]).map(({ row }) => row).join('\n')).join('\n')
}
