import { InvalidConfiguration } from '../errors.js'

/** One server of Redis. */
export interface Place {
  readonly host: string
  readonly port: number
}

/** Where a Redis URL points. */
export interface RedisAddress {
  /** One server; Sentinels that know which server leads; or nodes that know a Cluster. */
  readonly kind: 'server' | 'sentinel' | 'cluster'
  /** The server, some Sentinels, or some nodes. */
  readonly places: readonly Place[]
  readonly tls: boolean
  readonly username: string | undefined
  readonly password: string | undefined
  /** Number of the database, 0 to 65535; a Cluster has only 0. */
  readonly database: number
  /** The name under which Sentinels know the leading server; empty otherwise. */
  readonly master: string
}

/** The forms of a Redis URL, for people. */
export const redisUrlForms = 'redis://:password@host:6379/0, rediss://… for TLS, ' +
  'redis+sentinel://:password@host:26379,host:26379/name/0 or redis+cluster://host:6379,host:6379'

const kinds = { '': 'server', '+sentinel': 'sentinel', '+cluster': 'cluster' } as const
const portOf = { server: 6379, sentinel: 26379, cluster: 6379 } as const
const form = /^redis(s?)(|\+sentinel|\+cluster):\/\/(?:([^@/]*)@)?([^@/?#]+)((?:\/[^@/?#]*)*)$/

/** Reads a Redis URL. Throws InvalidConfiguration with the rule, and never with a password. */
export function redisAddressOf(url: string): RedisAddress {
  const found = form.exec(url)
  if (found === null) refuse(`must be ${redisUrlForms}; @ / ? # in a password as %40 %2F %3F %23`)
  const [, secure, suffix, credentials, hosts, path] = found
  const kind = kinds[suffix as keyof typeof kinds]
  const places = hosts!.split(',').map((text) => placeOf(text, portOf[kind]))
  if (kind === 'server' && places.length > 1) {
    refuse('names several hosts; write redis+sentinel:// or redis+cluster://')
  }
  const [username, password] = credentialsOf(credentials)
  const [master, database] = targetOf(kind, (path ?? '').split('/').slice(1).filter(Boolean))
  return { kind, places, tls: secure === 's', username, password, database, master }
}

/** `host:port` of every place, for people. */
export function placesOf({ places }: Pick<RedisAddress, 'places'>): string {
  return places.map(written).join(', ')
}

/** `host:port`, an IPv6 address in brackets. */
export function written({ host, port }: Place): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function placeOf(text: string, portDefault: number): Place {
  const found = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/.exec(text)
  const port = Number(found?.[3] ?? portDefault)
  if (found === null || port < 1 || port > 65_535) {
    refuse(`needs host:port, with IPv6 addresses in brackets: ${redisUrlForms}`)
  }
  return { host: (found[1] ?? found[2])!, port }
}

function credentialsOf(text = ''): [string | undefined, string | undefined] {
  const colon = text.indexOf(':')
  const parts = colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)]
  return [decoded(parts[0]!) || undefined, decoded(parts[1]!) || undefined]
}

function targetOf(kind: RedisAddress['kind'], words: readonly string[]): [string, number] {
  const [master = '', ...rest] = kind === 'sentinel' ? words.map(decoded) : ['', ...words]
  if (kind === 'sentinel' && master === '') refuse('needs the master name: …:26379/name')
  const database = Number(rest[0] ?? 0)
  if (rest.length > 1 || !/^\d{1,5}$/.test(rest[0] ?? '0') || database > 65_535) {
    refuse('must end with the number of a database, such as /0, or with nothing')
  }
  if (kind === 'cluster' && database !== 0) refuse('names a database, but a Cluster has only 0')
  return [master, database]
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function refuse(rule: string): never {
  throw new InvalidConfiguration(rule)
}
