import { PassThrough } from 'node:stream'
import { expect, it } from 'vitest'
import { type Job } from '../queues/index.js'
import { Terminal } from './terminal.js'
import { WorkLog } from './work-log.js'

/** What is told of a job that failed so. */
function told(error: unknown): string {
  const [input, output, told] = [new PassThrough(), new PassThrough(), new PassThrough()]
  const log = new WorkLog(new Terminal({ input, output, error: told }), 'info')
  const job = { id: 'a', queue: 'mail', attempt: 1 } as Job
  log.worker({ kind: 'failed', job, error })
  return String(told.read() ?? '')
}

it('a failure is one line, whatever stands in its message', () => {
  const message = 'one\r\n  two\u2028three\u001b[31m\u0007 four'
  expect(told(new Error(message)))
    .toBe('holdfast: job a of mail, attempt 1, failed: one two three [31m four\n')
  expect(told(new Error('x'.repeat(300_000)))).toMatch(/: x{1000}…\n$/)
  const odd = Object.assign(new Error(), { message: { code: 1 } })
  expect(told(odd)).toContain('failed: [object Object]')
})
