import { describe, expect, it } from 'vitest'
import { InvalidInput } from './errors.js'
import { isUuid } from './ids.js'
import { namedId, uuidOf } from './named-ids.js'

const dns = '6ba7b810-9dad-11d1-80b4-00c04fd430c8'

describe('the id of a name', () => {
  it('is that of RFC 9562, appendix B.2', () => {
    expect(namedId(dns, 'www.example.com')).toBe('5c146b14-3c52-8afd-938a-375d0df1fbf6')
  })

  it('is another for another space or another name', () => {
    const ids = [namedId(dns, 'a'), namedId(dns, 'b'), namedId(namedId(dns, 'a'), 'a')]
    expect(new Set(ids).size).toBe(3)
    expect(ids.every(isUuid)).toBe(true)
  })
})

describe('the id behind an id of somewhere else', () => {
  it('is itself where it is a UUID, in lower case', () => {
    expect(uuidOf(dns, dns.toUpperCase(), 'id')).toBe(dns)
  })

  it('is that of its name elsewhere, whatever letters it has', () => {
    expect(uuidOf(dns, 'msg_é😀', 'id')).toBe(namedId(dns, 'msg_é😀'))
    expect(uuidOf(dns, 'a'.repeat(255), 'id')).toSatisfy(isUuid)
  })

  it('is refused for what is no id', () => {
    for (const bad of ['', 'a'.repeat(256), 'a\ud800', '\udc00b', 7, undefined]) {
      expect(() => uuidOf(dns, bad as string, 'thread_id')).toThrow(InvalidInput)
    }
    expect(() => uuidOf(dns, '', 'thread_id')).toThrow(/^thread_id must be/)
  })
})
