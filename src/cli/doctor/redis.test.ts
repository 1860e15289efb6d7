import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensureBuilt, runCli, temporaryFolder } from '../../testing/command-line.test.harness.js'
import { freePort, PrivateRedis } from '../../testing/private-redis.test.harness.js'
import { type Check } from './check.js'
import { checkRedis } from './redis.js'

const missing = PrivateRedis.missing()
const reason = missing === undefined ? '' : `: did not run: ${missing}`

function named(checks: readonly Check[], name: string): Check {
  const found = checks.find((check) => check.name === name)
  if (found === undefined) throw new Error(`no check is called ${name}`)
  return found
}

/** A certificate of its own issuer for localhost. */
function certify(folder: string): [key: string, certificate: string] {
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  execFileSync('openssl', [
    'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost',
    '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', certificate,
  ], { stdio: 'ignore' })
  return [key, certificate]
}

const hasOpenssl = spawnSync('openssl', ['version'], { stdio: 'ignore' }).status === 0

const withOpenssl = hasOpenssl ? '' : ': did not run: no openssl on this machine'

const states = (checks: readonly Check[]) =>
  Object.fromEntries(checks.map(({ name, state }) => [name, state]))

describe.skipIf(missing !== undefined)(`doctor on Redis${reason}`, () => {
  let redis: PrivateRedis

  beforeAll(async () => {
    redis = await PrivateRedis.start()
  })
  afterAll(() => redis?.remove())

  it('has nothing to say when none is configured', async () => {
    expect(await checkRedis(undefined)).toEqual([])
  })

  it('finds nothing wrong with a Redis as it should be, and leaves nothing behind', async () => {
    const checks = await checkRedis(redis.url)
    expect(states(checks))
      .toEqual({ redis: 'ok', 'redis-version': 'ok', 'redis-memory': 'ok' })
    await expect.poll(() => redis.command('DBSIZE'), { timeout: 5_000 }).toBe(0)
  })

  it('says what would be evicted', async () => {
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru')
    const checks = await checkRedis(redis.url)
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction')
    const { state, message, fix } = named(checks, 'redis-memory')
    expect([state, message, fix]).toEqual([
      'warning', expect.stringContaining('allkeys-lru Redis evicts hint locks, rate limits'),
      expect.stringContaining('config set maxmemory-policy noeviction'),
    ])
  })

  it('tells a replica that takes no writes', async () => {
    await redis.command('REPLICAOF', '127.0.0.1', '1')
    const checks = await checkRedis(redis.url)
    await redis.command('REPLICAOF', 'NO', 'ONE')
    const { state, message, fix } = named(checks, 'redis')
    expect([state, message, fix]).toEqual([
      'problem', expect.stringContaining('is a replica and takes no writes'),
      expect.stringContaining('Sentinels'),
    ])
  })

  it('tells a missing and a wrong password, and shows neither', async () => {
    const own = await PrivateRedis.start({ lines: ['requirepass s3cret'] })
    const guest = named(await checkRedis(own.url), 'redis')
    expect([guest.state, guest.message]).toEqual(['problem', expect.stringMatching(/password/)])
    const wrong = named(await checkRedis(own.url.replace('//', '//:s3crux@')), 'redis')
    expect([wrong.state, wrong.message])
      .toEqual(['problem', expect.stringContaining('refuses the password')])
    expect(wrong.fix).toContain('REDIS_PASSWORD')
    expect(JSON.stringify([guest, wrong])).not.toContain('s3cr')
    expect(states(await checkRedis(own.url.replace('//', '//:s3cret@'))).redis).toBe('ok')
    await own.remove()
  })

  it('tells a user who may not listen, publish or wait, with a remedy that helps', async () => {
    const own = await PrivateRedis.start()
    const url = own.url.replace('//', '//app:s3cret@')
    const allow = (...rules: string[]) =>
      own.command('ACL', 'SETUSER', 'app', 'reset', 'on', '>s3cret', ...rules)
    let remedy: string[] = []
    for (const rules of [[], ['&*', '-publish'], ['&*', '-blpop'], ['&*', '-subscribe']]) {
      await allow('+@all', '~*', ...rules)
      const { state, message, fix } = named(await checkRedis(url), 'redis')
      expect([rules, state, message])
        .toEqual([rules, 'problem', expect.stringContaining('does not allow')])
      remedy = fix!.split('… ')[1]!.replace('.', '').split(' ')
    }
    await allow(...remedy)
    expect(states(await checkRedis(url))).toMatchObject({ redis: 'ok' })
    await own.remove()
  })

  it('tells a server that is not there, and one that does not speak TLS', async () => {
    const nobody = named(await checkRedis('redis://127.0.0.1:1'), 'redis')
    expect([nobody.state, nobody.message])
      .toEqual(['problem', 'Redis at 127.0.0.1:1 refuses the connection.'])
    expect(nobody.fix).toContain('HOLDFAST_REDIS_URL')
    const plain = named(await checkRedis(redis.url.replace('redis:', 'rediss:')), 'redis')
    expect(plain.state).toBe('problem')
  })

  it.skipIf(!hasOpenssl)(`speaks TLS where the issuer is known only${withOpenssl}`, async () => {
    const folder = temporaryFolder()
    const [key, certificate] = certify(folder.path)
    const port = await freePort()
    const own = await PrivateRedis.start({
      lines: [
        `tls-port ${port}`, `tls-key-file ${key}`, `tls-cert-file ${certificate}`,
        `tls-ca-cert-file ${certificate}`, 'tls-auth-clients no',
      ],
    })
    await ensureBuilt()
    const words = ['doctor', '--json', '--database', 'memory:', '--port', '0',
      '--redis', `rediss://localhost:${port}`]
    const outcome = async (environment: Record<string, string>) => {
      const { stdout } = await runCli(words, { cwd: folder.path, environment })
      return named((JSON.parse(stdout) as { checks: Check[] }).checks, 'redis')
    }
    expect((await outcome({ NODE_EXTRA_CA_CERTS: certificate })).state).toBe('ok')
    const stranger = await outcome({})
    expect([stranger.state, stranger.message, stranger.fix]).toEqual([
      'problem', expect.stringContaining('certificate is not trusted'),
      expect.stringContaining('NODE_EXTRA_CA_CERTS'),
    ])
    await own.remove()
    folder.remove()
  }, 240_000)

  it('warns of another machine without TLS', async () => {
    const checks = await checkRedis('redis://redis.invalid')
    expect(states(checks)).toEqual({ redis: 'problem', 'redis-transport': 'warning' })
  })
})
