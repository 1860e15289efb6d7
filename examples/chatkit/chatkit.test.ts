import { expect } from 'vitest'
import { testExample } from '../example.test.harness.js'

testExample({
  name: 'the threads',
  script: new URL('./play.mjs', import.meta.url),
  built: new URL('../../dist/bundle/chatkit.js', import.meta.url),
}, 'hold all that was told, though the server is killed', ({ code, output, errors }) => {
  expect(output).toContain('Answered with user_message, widget, assistant_message.')
  expect(output).toContain('all 6 items that were told are there')
  expect(output).toContain('Verified: renamed, deleted, gone.')
  expect([code, errors]).toEqual([0, ''])
})
