import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, it } from 'vitest'
import { drawnEngines } from '../src/testing/engines.js'

/** An example and what it needs. */
export interface Example {
  /** What it plays, as the title says it. */
  readonly name: string
  /** Its script. */
  readonly script: URL
  /** The file of the built package that it loads. */
  readonly built: URL
  /** How long a run may take. @default 60000 */
  readonly timeoutMs?: number
}

/** How a run of an example ended. */
export interface ExampleRun {
  readonly code: number | null
  readonly output: string
  readonly errors: string
}

/** Runs an example on every engine that other processes see, which memory is not. */
export function testExample(
  { name, script, built, timeoutMs = 60_000 }: Example,
  behaviour: string,
  check: (run: ExampleRun) => void,
): void {
  beforeAll(() => {
    if (!existsSync(built)) throw new Error('The example runs the built package: npm run build')
  })
  for (const { name: engine, missing, createReady } of drawnEngines()) {
    const title = `${name} on ${engine}${missing === undefined ? '' : `: did not run: ${missing}`}`
    describe.skipIf(missing !== undefined)(title, () => {
      it(behaviour, async () => {
        const lease = await createReady()
        try {
          check(await run(fileURLToPath(script), lease.url))
        } finally {
          await lease.drop()
        }
      }, timeoutMs)
    })
  }
}

async function run(script: string, database: string): Promise<ExampleRun> {
  const child = spawn(process.execPath, [script], {
    stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, HOLDFAST_DATABASE_URL: database },
  })
  const ended = new Promise<number | null>((done) => child.once('close', done))
  const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { code, output, errors }
}
