import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('../', import.meta.url))

const stuck = `
it('comes back', () => undefined)
it('never comes back', () => { for (;;); })`

it('a run of tests in which nothing ends any more is ended, and says what did not', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-stalled-'))
  writeFileSync(join(folder, 'stuck.test.mjs'), stuck)
  // In a group of its own, which is ended with what is stuck in it, as `npm test` does.
  const child = spawn(process.execPath, [
    join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', '--root', folder,
    '--globals', `--reporter=${join(root, 'scripts', 'stalled.mjs')}`,
  ], {
    env: { ...process.env, HOLDFAST_TEST_STALLED_MS: '3000', NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'inherit'], detached: process.platform !== 'win32',
  })
  let output = ''
  child.stdout.on('data', (data) => { output += String(data) })
  try {
    const [code] = await once(child, 'exit') as [number]
    expect(code).toBe(1)
    expect(output).toContain('Not ended:\n  stuck.test.mjs')
  } finally {
    try {
      process.kill(process.platform === 'win32' ? child.pid! : -child.pid!, 'SIGKILL')
    } catch {
      // Nobody is left.
    }
    rmSync(folder, { recursive: true, force: true })
  }
})
