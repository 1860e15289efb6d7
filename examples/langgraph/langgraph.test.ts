import { expect } from 'vitest'
import { testExample } from '../example.test.harness.js'

testExample({
  name: 'the graph',
  script: new URL('./play.mjs', import.meta.url),
  built: new URL('../../dist/bundle/langgraph.js', import.meta.url),
}, 'waits across a restart, keeps one of two answers, and branches', ({ code, output, errors }) => {
  expect(output).toContain('Restarted; it still waits for an answer to "Book it?"')
  expect(output).toContain('Two processes answered at once; one was kept')
  expect(output).toContain('the branch: Oslo!, planned, by train.')
  expect(output).toContain('Verified: both branches are there')
  expect([code, errors]).toEqual([0, ''])
})
