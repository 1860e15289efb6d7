import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Where files of other applications are looked for, in this order. */
const places = [
  process.env.HOLDFAST_TEST_FIXTURES, join(root, '../shared/fixtures'),
].filter((place): place is string => place !== undefined && place !== '')

/**
 * Runs a suite over the files of a folder of fixtures. Where they are not, the suite is skipped
 * under a name that says where they were looked for.
 */
export function withFixtures(
  folder: string, name: string, define: (path: string) => void,
): void {
  const found = places.map((place) => resolve(place, folder)).find((path) => existsSync(path))
  const missing = `there is no ${folder} in ${places.join(' or ')} (HOLDFAST_TEST_FIXTURES)`
  if (found !== undefined) describe(`[fixtures] ${name}`, () => define(found))
  // The files are not part of the project: the name says which were missing, and where.
  else describe.skip(`[fixtures] ${name}: DID NOT RUN: ${missing}`, () => define(''))
}
