import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { testEngines } from '../../src/testing/engines.js'

const script = fileURLToPath(new URL('./jobs.mjs', import.meta.url))
const built = fileURLToPath(new URL('../../dist/index.js', import.meta.url))

async function run(database: string) {
  const child = spawn(process.execPath, [script], {
    stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, HOLDFAST_DATABASE_URL: database },
  })
  const ended = new Promise<number | null>((done) => child.once('close', done))
  const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { code, output, errors }
}

beforeAll(() => {
  if (!existsSync(built)) throw new Error('The example runs the built package: npm run build')
})

// Workers are other processes, which cannot see what is in memory.
for (const { name, missing, createReady } of testEngines().slice(1)) {
  const title = `the jobs on ${name}${missing === undefined ? '' : `: did not run: ${missing}`}`
  describe.skipIf(missing !== undefined)(title, () => {
    it('are each done once, though a worker is killed, and recur', async () => {
      const lease = await createReady()
      try {
        const { code, output, errors } = await run(lease.url)
        expect(output).toContain('Killed a worker in the middle of its work.')
        expect(output).toMatch(/Verified: 40 answers to 40 questions, \d+ digests/)
        expect([code, errors]).toEqual([0, ''])
      } finally {
        await lease.drop()
      }
    }, 120_000)
  })
}
