/**
 * Writes `src/identity/frequent-passwords.ts` from a list of passwords, the most common first,
 * one a line:
 *
 *     node scripts/frequent-passwords.mjs < passwords.txt
 *
 * Of each password that is long enough to be chosen at all, the file keeps four bytes of its hash:
 * the list stays small, and nobody has to read it.
 */
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, say } from './install.mjs'

const kept = 5_000
const lengthMin = 8
const columns = 96

const seen = new Set()
for (const line of readFileSync(0, 'utf8').split(/\r?\n/)) {
  const password = line.trim().toLowerCase()
  if ([...password].length < lengthMin) continue
  seen.add(createHash('sha256').update(password).digest().readUInt32BE(0))
  if (seen.size === kept) break
}
const marks = Buffer.alloc(seen.size * 4)
;[...seen].sort((a, b) => a - b).forEach((mark, index) => marks.writeUInt32BE(mark, index * 4))
const lines = marks.toString('base64').match(new RegExp(`.{1,${columns}}`, 'g'))

writeFileSync(join(root, 'src', 'identity', 'frequent-passwords.ts'), `\
/**
 * The ${seen.size.toLocaleString('en')} most common passwords of eight characters or more: of each,
 * the first four bytes of the SHA-256 of its lower case, in base64. Written by
 * scripts/frequent-passwords.mjs.
 */
export const frequentPasswordMarks = \`
${lines.join('\n')}
\`
`)
say(`${seen.size} passwords written`)
