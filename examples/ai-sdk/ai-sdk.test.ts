import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { testEngines } from '../../src/testing/engines.js'

const script = fileURLToPath(new URL('./play.mjs', import.meta.url))
const built = fileURLToPath(new URL('../../dist/adapters/ai-sdk/index.js', import.meta.url))

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

// The server is another process, which is killed: what is in memory would be gone.
for (const { name, missing, createReady } of testEngines().slice(1)) {
  const title = `the chats on ${name}${missing === undefined ? '' : `: did not run: ${missing}`}`
  describe.skipIf(missing !== undefined)(title, () => {
    it('go on after a reload and a kill, and stop when they are told', async () => {
      const lease = await createReady()
      try {
        const { code, output, errors } = await run(lease.url)
        expect(output).toContain('both tabs saw the same')
        expect(output).toContain('what it had said is kept, and it answered again')
        expect(output).toContain('Verified: three questions, an answer each.')
        expect([code, errors]).toEqual([0, ''])
      } finally {
        await lease.drop()
      }
    }, 60_000)
  })
}
