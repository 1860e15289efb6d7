import { databaseUrlForms } from './connect.js'
import { InvalidConfiguration } from '../errors.js'

/** Where a database URL points: into this process, to a file, or to a server. */
export type DatabaseAddress =
  | { readonly kind: 'process' }
  | { readonly kind: 'file'; readonly path: string }
  | ServerAddress

/** A database on a server. */
export interface ServerAddress {
  readonly kind: 'server'
  readonly url: URL
  /** A host name, an address, or the folder of a Unix socket. */
  readonly host: string
  readonly port: number
  readonly user: string | undefined
  /** The database's name; the user's when the URL names none. */
  readonly database: string
  readonly sslmode: string | undefined
}

const forms: readonly { pattern: RegExp; read: (url: string) => DatabaseAddress }[] = [
  { pattern: /^memory:/, read: () => ({ kind: 'process' }) },
  { pattern: /^(sqlite|file):/, read: fileAddress },
  { pattern: /^postgres(ql)?:/, read: serverAddress },
]

/** Reads a database URL. Throws InvalidConfiguration for another form. */
export function addressOf(url: string): DatabaseAddress {
  const form = forms.find(({ pattern }) => pattern.test(url))
  if (form !== undefined) return form.read(url)
  throw new InvalidConfiguration(`must be ${databaseUrlForms}`)
}

/** True for hosts that lead to this machine, over loopback or a Unix socket. */
export function isLocal(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.') || host.startsWith('/')
}

/** `host:port` for people. */
export function placeOf({ host, port }: { readonly host: string; readonly port: number }): string {
  if (host.startsWith('/')) return `${host}/.s.PGSQL.${port}`
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** A URL for people, every password in it replaced by stars; also one that cannot be read. */
export function hiddenUrl(url: string): string {
  return url
    .replace(/^([\w+]+:\/\/[^:@/?#]*):[^?#]*@/, '$1:***@')
    .replace(/([?&](?:ssl)?pass\w*=)[^&#]*/gi, '$1***')
}

function fileAddress(url: string): DatabaseAddress {
  const path = url.replace(/^(sqlite|file):(\/\/)?/, '')
  if (path === '') throw new InvalidConfiguration('needs a path, such as sqlite:./holdfast.db')
  return path === ':memory:' ? { kind: 'process' } : { kind: 'file', path }
}

function serverAddress(text: string): ServerAddress {
  const url = parsed(text)
  // A second @ can only be part of a password that was not encoded.
  if (url === undefined || url.pathname.includes('@')) {
    const hint = 'characters such as @ / ? # in a password are written as %40 %2F %3F %23'
    throw new InvalidConfiguration(`cannot be read as ${databaseUrlForms}; ${hint}`)
  }
  const parameter = (name: string) => url.searchParams.get(name) || undefined
  const user = parameter('user') ?? (decoded(url.username) || undefined)
  return {
    kind: 'server',
    url,
    host: parameter('host') ?? (url.hostname.replace(/^\[(.+)\]$/, '$1') || 'localhost'),
    port: Number(parameter('port') ?? (url.port || 5432)),
    user,
    database: decoded(url.pathname.slice(1)) || (user ?? ''),
    sslmode: parameter('sslmode'),
  }
}

function parsed(text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
