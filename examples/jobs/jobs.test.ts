import { expect } from 'vitest'
import { testExample } from '../example.test.harness.js'

testExample({
  name: 'the jobs',
  script: new URL('./jobs.mjs', import.meta.url),
  built: new URL('../../dist/bundle/index.js', import.meta.url),
  timeoutMs: 120_000,
}, 'are each done once, though a worker is killed, and recur', ({ code, output, errors }) => {
  expect(output).toContain('Killed a worker in the middle of its work.')
  expect(output).toMatch(/Verified: 40 answers to 40 questions, \d+ digests/)
  expect([code, errors]).toEqual([0, ''])
})
