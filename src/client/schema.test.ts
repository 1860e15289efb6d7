import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { openApiDocument } from '../server/index.js'
import { endpoints } from './schema.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const remedy = 'run: npm run build && node scripts/openapi.mjs'

/** What the script makes of the document that these very sources yield, whatever dist holds. */
function generated(): Promise<{ readonly document: string; readonly schema: string }> {
  return new Promise((resolve, reject) => {
    const script = [join(root, 'scripts', 'openapi.mjs'), '--stdin']
    const options = { maxBuffer: 64 * 1024 * 1024 }
    const child = execFile(process.execPath, script, options, (error, stdout, stderr) => {
      if (error) reject(new Error(stderr, { cause: error }))
      else resolve(JSON.parse(stdout) as { document: string; schema: string })
    })
    child.stdin?.end(JSON.stringify(openApiDocument()))
  })
}

describe('generated files', () => {
  let fresh: Awaited<ReturnType<typeof generated>>

  beforeAll(async () => {
    fresh = await generated()
  })

  it.each([
    ['openapi.json', 'document'],
    ['src/client/schema.ts', 'schema'],
  ] as const)('%s is what the routes yield', async (path, name) => {
    const stored = await readFile(join(root, path), 'utf8')
    expect(stored === fresh[name], `${path} is out of date; ${remedy}`).toBe(true)
  })

  it('knows every operation of the document, and which of them may be repeated', () => {
    const { paths } = openApiDocument() as {
      paths: Record<string, Record<string, { operationId: string }>>
    }
    const ids = Object.values(paths).flatMap((item) =>
      Object.values(item).map(({ operationId }) => operationId),
    )
    expect(Object.keys(endpoints).sort()).toEqual(ids.sort())
    const unkeyed = Object.entries(endpoints).filter(
      ([, { method, isKeyed, ...more }]) => method !== 'GET' && (method as string) !== 'HEAD' &&
        !isKeyed && !('isRepeatable' in more),
    )
    // What is shown once, or never kept, cannot be repeated from a record; a hint need not be.
    expect(unkeyed.map(([id]) => id)).toEqual([
      'logIn', 'logOut', 'changePassword', 'tellTyping', 'claimJobs', 'extendJob', 'revealSecret',
      'revealMySecret',
    ])
  })
})
