import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { createClient } from './index.js'

const guide = new URL('../../docs/guides/client.md', import.meta.url)

/** What each row of the guide's table says of parts of the client. */
function documented(): Map<string, string[]> {
  const rows = readFileSync(guide, 'utf8').matchAll(/^\| ((?:`client\.\w+`(?:, )?)+) \| (.+) \|$/gm)
  return new Map([...rows].flatMap(([, parts = '', methods = '']) => {
    const named = [...methods.matchAll(/`(\w+)`/g)].map(([, method]) => method!).sort()
    return [...parts.matchAll(/`client\.(\w+)`/g)].map(([, part]) => [part!, named] as const)
  }))
}

it('the guide lists every part of the client with every call, and no other', () => {
  const client = createClient({ url: 'http://127.0.0.1:1' })
  const parts = Object.entries(client) as [string, object][]
  const known = new Map(parts.map(([name, part]) => [
    name,
    Object.getOwnPropertyNames(Object.getPrototypeOf(part))
      .filter((method) => method !== 'constructor').sort(),
  ]))
  expect(Object.fromEntries(documented())).toEqual(Object.fromEntries(known))
})
