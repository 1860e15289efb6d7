import { describe, expect, it } from 'vitest'
import { InvalidConfiguration } from '../errors.js'
import { placesOf, redisAddressOf } from './address.js'

const plain = {
  kind: 'server', tls: false, username: undefined, password: undefined, database: 0, master: '',
}

describe('a Redis URL', () => {
  it.each([
    ['redis://cache', { places: [{ host: 'cache', port: 6379 }] }],
    ['redis://cache:1/', { places: [{ host: 'cache', port: 1 }] }],
    ['redis://[::1]:7/15', { places: [{ host: '::1', port: 7 }], database: 15 }],
    ['redis://:a%2Fb%40@cache', { places: [{ host: 'cache', port: 6379 }], password: 'a/b@' }],
    ['rediss://me:p:w@cache', {
      places: [{ host: 'cache', port: 6379 }], tls: true, username: 'me', password: 'p:w',
    }],
    ['redis+sentinel://:pw@a,b:2,[::1]:3/main/4', {
      kind: 'sentinel', password: 'pw', master: 'main', database: 4,
      places: [{ host: 'a', port: 26379 }, { host: 'b', port: 2 }, { host: '::1', port: 3 }],
    }],
    ['rediss+sentinel://a/my%20main', {
      kind: 'sentinel', tls: true, master: 'my main', places: [{ host: 'a', port: 26379 }],
    }],
    ['redis+cluster://a:1,b', {
      kind: 'cluster', places: [{ host: 'a', port: 1 }, { host: 'b', port: 6379 }],
    }],
  ])('is read: %s', (url, expected) => {
    expect(redisAddressOf(url)).toEqual({ ...plain, ...expected })
  })

  it.each([
    ['cache:6379', /must be redis:/], ['http://cache', /must be redis:/],
    ['redis://', /must be redis:/], ['redis:///0', /must be redis:/],
    ['redis://:s3cr/et@cache', /must be redis:.* %2F /s],
    ['redis://:s3cr@et@cache', /must be redis:/], ['redis://cache?db=3', /must be redis:/],
    ['redis://cache:0', /host:port/], ['redis://cache:70000', /host:port/],
    ['redis://cache:s3cret', /host:port/], ['redis://a,b', /several hosts/],
    ['redis://cache/x', /number of a database/], ['redis://cache/1/2', /number of a database/],
    ['redis+sentinel://a:1', /master name/], ['redis+cluster://a/1', /has only 0/],
    ['redis+other://a', /must be redis:/],
  ])('is refused with its rule and without its password: %s', (url, rule) => {
    expect(() => redisAddressOf(url)).toThrow(rule)
    expect(() => redisAddressOf(url)).toThrow(InvalidConfiguration)
    expect(() => redisAddressOf(url)).not.toThrow(/s3cr/)
  })

  it('is told to people by its places', () => {
    expect(placesOf(redisAddressOf('redis+cluster://:pw@a:1,[::1]'))).toBe('a:1, [::1]:6379')
  })
})
