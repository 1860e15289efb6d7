import { describe, expect, it } from 'vitest'
import { addressOf, hiddenUrl, isLocal, placeOf } from './address.js'

describe('a database address', () => {
  it('is this process, a file or a server by its scheme', () => {
    expect(addressOf('memory:')).toEqual({ kind: 'process' })
    expect(addressOf('sqlite::memory:')).toEqual({ kind: 'process' })
    expect(addressOf('sqlite:./a.db')).toEqual({ kind: 'file', path: './a.db' })
    expect(addressOf('file:///var/a.db')).toEqual({ kind: 'file', path: '/var/a.db' })
    expect(addressOf('postgresql://ada:secret@db:6000/shop?sslmode=require')).toMatchObject({
      kind: 'server', host: 'db', port: 6000, user: 'ada', database: 'shop', sslmode: 'require',
    })
  })

  it('fills in what a server URL leaves out, as PostgreSQL clients do', () => {
    expect(addressOf('postgres://ada@db')).toMatchObject({ port: 5432, database: 'ada' })
    expect(addressOf('postgres:///shop?host=/run/pg&user=ada&port=6000'))
      .toMatchObject({ host: '/run/pg', port: 6000, user: 'ada', database: 'shop' })
    expect(addressOf('postgres://ada@[::1]:6000/a%20b'))
      .toMatchObject({ host: '::1', database: 'a b' })
  })

  it.each(['mysql://host/db', 'holdfast.db', '', 'SQLITE:a.db'])('refuses %j', (url) => {
    expect(() => addressOf(url)).toThrow(/must be memory:, sqlite:/)
  })

  it('refuses a SQLite URL without a path', () => {
    expect(() => addressOf('sqlite:')).toThrow(/needs a path/)
  })

  it.each(['postgres://u:p@ss/w@host/db', 'postgres://u:p/w@host/db', 'postgres://u:a#b@host/db'])(
    'explains how a password is written in %s', (url) => {
      expect(() => addressOf(url)).toThrow(/written as %40/)
    })

  it('is shown as host and port, or as a socket', () => {
    expect(placeOf({ host: 'db', port: 5432 })).toBe('db:5432')
    expect(placeOf({ host: '::1', port: 5432 })).toBe('[::1]:5432')
    expect(placeOf({ host: '/run/pg', port: 5432 })).toBe('/run/pg/.s.PGSQL.5432')
  })

  it('is local over loopback and sockets only', () => {
    expect(['localhost', '127.0.0.1', '127.1.2.3', '::1', '/run/pg'].every(isLocal)).toBe(true)
    expect(['db', '10.0.0.1', 'localhost.example.com'].some(isLocal)).toBe(false)
  })
})

describe('a URL for people', () => {
  it.each([
    'postgres://ada:s3cret@host/db',
    'postgres://ada:s3cr%40et@host/db',
    'postgres://ada:x@s3cret@host/db',
    'postgres:///db?user=ada&password=s3cret',
    'postgres://ada@host/db?sslmode=require&sslpassword=s3cret',
    'redis://:s3cret@host:6379/0',
    'redis+sentinel://:s3cret@a:1,b:2/main',
    'rediss+cluster://ada:s3cret@a:1,b:2',
    'postgres://ada:s3cret/x@host/db',
  ])('shows no part of the password of %s', (url) => {
    expect(hiddenUrl(url)).not.toMatch(/s3cr/)
  })

  it('shows the rest', () => {
    expect(hiddenUrl('postgres://ada:s3cret@host:6000/db?sslmode=require'))
      .toBe('postgres://ada:***@host:6000/db?sslmode=require')
    expect(hiddenUrl('sqlite:./a.db')).toBe('sqlite:./a.db')
    expect(hiddenUrl('memory:')).toBe('memory:')
  })
})
