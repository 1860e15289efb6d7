import { expect } from 'vitest'
import { testExample } from '../example.test.harness.js'

testExample({
  name: 'the chats',
  script: new URL('./play.mjs', import.meta.url),
  built: new URL('../../dist/bundle/ai-sdk.js', import.meta.url),
}, 'go on after a reload and a kill, and stop when they are told', ({ code, output, errors }) => {
  expect(output).toContain('both tabs saw the same')
  expect(output).toContain('what it had said is kept, and it answered again')
  expect(output).toContain('Verified: three questions, an answer each.')
  expect([code, errors]).toEqual([0, ''])
})
