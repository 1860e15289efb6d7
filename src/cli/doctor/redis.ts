import { redisAddressOf } from '../../coordination/address.js'
import { inspectRedis, type RedisFacts } from '../../coordination/inspect.js'
import { isLocal } from '../../database/address.js'
import { type Check, ok, problem, warning } from './check.js'

/** The oldest version whose commands and scripts are used. */
const versionMin = [6, 2] as const

/** Checks of a Redis; none without a URL. The only thing written is a key that expires at once. */
export async function checkRedis(url: string | undefined, prefix = ''): Promise<Check[]> {
  if (url === undefined) return []
  try {
    const facts = await inspectRedis(url, prefix)
    const found = ok('redis', `version ${facts.version} at ${facts.place} answers and takes writes`)
    return [found, checkVersion(facts), checkMemory(facts), ...checkTransport(url)]
  } catch (error) {
    const { message } = error as Error
    return [problem('redis', message, remedyOf(message)), ...checkTransport(url)]
  }
}

const remedies: readonly (readonly [RegExp, string])[] = [
  [/password/, 'Set the right password in HOLDFAST_REDIS_URL (or REDIS_PASSWORD).'],
  [/maxclients/, 'Raise maxclients there, or close what holds the connections.'],
  [/replica/, 'Name the server that leads, or its Sentinels: redis+sentinel://…'],
  [/maxmemory/, 'Raise maxmemory there, or give Holdfast a Redis of its own.'],
  [/TLS/, 'rediss:// is for servers with TLS; NODE_EXTRA_CA_CERTS names an issuer of your own.'],
  [/closed the connection/, 'Check the address; a server with TLS needs rediss://.'],
  [/does not allow/, 'Allow the user all commands, keys and channels: ACL SETUSER … +@all ~* &*.'],
]

function remedyOf(message: string): string {
  const found = remedies.find(([pattern]) => pattern.test(message))
  return found?.[1] ??
    'Check HOLDFAST_REDIS_URL (or REDIS_HOST, REDIS_PORT) and that Redis listens there.'
}

/** Scripts and blocking commands as they are used here. */
function checkVersion({ version }: RedisFacts): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const isOld = major < versionMin[0] || (major === versionMin[0] && minor < versionMin[1])
  const least = versionMin.join('.')
  if (!isOld) return ok('redis-version', `${version} (${least} or newer is needed)`)
  const message = `Redis ${version} is older than ${least}.`
  return problem('redis-version', message, 'Upgrade Redis, or use a Valkey.')
}

function checkMemory({ maxmemoryPolicy, maxmemoryBytes }: RedisFacts): Check {
  if (maxmemoryPolicy === 'noeviction') return ok('redis-memory', 'nothing is evicted')
  const when = maxmemoryBytes === 0 ? 'should maxmemory ever be set' : 'when memory is full'
  const message = `With ${maxmemoryPolicy} Redis evicts hint locks, rate limits, presence and ` +
    `wake-ups ${when}: locks are held twice and limits forgotten.`
  const fix = 'Run there: redis-cli config set maxmemory-policy noeviction'
  return warning('redis-memory', message, fix)
}

/** A password, and every id, can be read on the way. */
function checkTransport(url: string): Check[] {
  const { tls, places } = redisAddressOf(url)
  if (tls || places.every(({ host }) => isLocal(host))) return []
  const message = 'The connection to Redis is not encrypted.'
  return [warning('redis-transport', message, 'Use rediss://… unless the network is trusted.')]
}
