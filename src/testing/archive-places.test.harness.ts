import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import { type Holdfast, openHoldfast } from '../holdfast.js'

const made: string[] = []
const opened: Holdfast[] = []
afterEach(async () => {
  for (const path of made.splice(0)) rmSync(path, { recursive: true, force: true })
  await Promise.all(opened.splice(0).map((each) => each.close()))
})

/** A new folder, removed after the test. */
export function archiveFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-archive-'))
  made.push(path)
  return path
}

/** The root key of homes of which nobody asks more. */
export const archiveKey =
  Buffer.from(Array.from({ length: 32 }, (_, at) => at)).toString('base64url')

/** A new home in memory, closed after the test. */
export async function freshHome(
  rootKey: string | readonly string[] = archiveKey,
): Promise<Holdfast> {
  const holdfast = await openHoldfast({ rootKey })
  opened.push(holdfast)
  return holdfast
}

/** What an archive holds, but for what every database founds by itself. */
export const contentOfArchive = (path: string): [name: string, text: string][] => readdirSync(path)
  .filter((name) => !['manifest.json', 'root_keys.jsonl'].includes(name))
  .map((name) => [name, readFileSync(join(path, name), 'utf8')])
