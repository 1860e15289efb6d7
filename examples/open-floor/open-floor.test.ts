import { expect } from 'vitest'
import { testExample } from '../example.test.harness.js'

testExample({
  name: 'the floor',
  script: new URL('./play.mjs', import.meta.url),
  built: new URL('../../dist/bundle/cli.js', import.meta.url),
}, 'is kept for three agents under a convener, though the server is killed', (run) => {
  const { code, output, errors } = run
  expect(output).toContain('nothing is delivered yet')
  expect(output).toContain('tag:traveller: How is the weather?')
  expect(output).toContain('tag:weather: It rains in Tallinn.')
  expect(output).toContain('the private word reached tag:weather alone')
  expect([code, errors]).toEqual([0, ''])
})
