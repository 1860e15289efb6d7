import { describe, expect, it } from 'vitest'
import { InvalidConfiguration } from '../errors.js'
import { type Flags, readConfiguration, wantsStack } from './environment.js'
import { type Environment } from './reader.js'
import { UsageFailure } from './failure.js'
import { variables } from './variables.js'

const settings = (environment: Environment, flags: Flags = {}) =>
  readConfiguration(flags, environment).settings

describe('configuration', () => {
  it('has defaults that need no service', () => {
    expect(readConfiguration({}, {})).toEqual({
      settings: {
        database: 'sqlite:./holdfast.db',
        migrationDatabase: undefined,
        mode: 'development',
        ownerPassword: undefined,
        serverPassword: undefined,
        redis: undefined,
        redisPrefix: '',
        rootKey: undefined,
        host: '127.0.0.1',
        port: 7410,
        poolMax: 10,
        acquireTimeoutMs: 5_000,
        statementTimeoutMs: 30_000,
        streamBytesMax: 64 * 1024 * 1024,
        attachments: { bytesMax: 25 * 1024 * 1024, directory: undefined, bucket: undefined },
        bodyLimitBytes: 8 * 1024 * 1024,
        requestTimeoutMs: 30_000,
        drainMs: 0,
        logLevel: 'info',
        trustProxy: false,
        rateLimits: {
          login: { limit: 60, windowSeconds: 60 },
        },
        sessionTimes: { idleSeconds: 86_400, maxSeconds: 604_800 },
        revealRate: { limit: 60, windowSeconds: 60 },
        runScheduler: true,
        backups: {
          directory: './backups', everyHours: undefined, keep: 7, encrypt: false,
          keyFile: undefined, scratch: undefined,
        },
        openFloor: {
          speakerUri: 'tag:holdfast,2026:floor-manager', serviceUrl: undefined, outboundAllow: [],
        },
        auditKey: undefined,
        auditRetentionDays: undefined,
        usageRetentionDays: undefined, runRetentionDays: undefined,
      },
      given: [],
      warnings: [],
    })
  })

  it('reads every setting from the environment', () => {
    const auditKey = Buffer.alloc(32, 7).toString('base64')
    const environment = {
      HOLDFAST_DATABASE_URL: 'memory:', HOLDFAST_REDIS_URL: 'rediss://cache', HOLDFAST_HOST: '::1',
      HOLDFAST_REDIS_PREFIX: 'hf/a-b_1.c:', HOLDFAST_PORT: '0', HOLDFAST_POOL_MAX: '3',
      HOLDFAST_ACQUIRE_TIMEOUT_MS: '4',
      HOLDFAST_STATEMENT_TIMEOUT_MS: '5', HOLDFAST_BODY_LIMIT_BYTES: '2048',
      HOLDFAST_STREAM_BYTES_MAX: '1048577',
      HOLDFAST_ATTACHMENT_BYTES_MAX: '5', HOLDFAST_ATTACHMENT_DIRECTORY: '/attachments',
      HOLDFAST_REQUEST_TIMEOUT_MS: '7', HOLDFAST_DRAIN_MS: '8', HOLDFAST_LOG_LEVEL: 'debug',
      HOLDFAST_TRUST_PROXY: 'true', HOLDFAST_RATE_LIMIT_ADDRESS: 'off',
      HOLDFAST_RATE_LIMIT_LOGIN: '5/0.5', HOLDFAST_RATE_LIMIT_ORGANIZATION: '1000000000/2592000',
      HOLDFAST_RATE_LIMIT_USER: '1/1', HOLDFAST_RATE_LIMIT_TOKEN: 'off',
      HOLDFAST_RUN_SCHEDULER: 'false', HOLDFAST_ROOT_KEY_FILE: '/run/root.key',
      HOLDFAST_RATE_LIMIT_REVEAL: 'off',
      HOLDFAST_SESSION_IDLE_SECONDS: '300', HOLDFAST_SESSION_MAX_SECONDS: '301',
      HOLDFAST_AUDIT_RETENTION_DAYS: '400', HOLDFAST_AUDIT_KEY: auditKey,
      HOLDFAST_USAGE_RETENTION_DAYS: '90', HOLDFAST_RUN_RETENTION_DAYS: '30',
      HOLDFAST_OUTBOUND_ALLOW: '10.0.0.0/8, [::1]:80,a.b',
      HOLDFAST_BACKUP_DIRECTORY: '/backups', HOLDFAST_BACKUP_EVERY_HOURS: '24',
      HOLDFAST_BACKUP_KEEP: '3', HOLDFAST_BACKUP_ENCRYPT: 'true',
      HOLDFAST_BACKUP_KEY_FILE: '/run/backup.keys', HOLDFAST_BACKUP_SCRATCH: '/scratch',
      HOLDFAST_OPEN_FLOOR_URI: 'tag:x', HOLDFAST_OPEN_FLOOR_URL: 'https://x.example/ofp',
      HOLDFAST_MODE: 'production', HOLDFAST_MIGRATION_DATABASE_URL: 'postgres://owner@db/x',
      HOLDFAST_OWNER_PASSWORD: 'owner-password-01', HOLDFAST_SERVER_PASSWORD: 'server-password-1',
    }
    expect(settings(environment)).toEqual({
      database: 'memory:', redis: 'rediss://cache', host: '::1', port: 0, poolMax: 3,
      redisPrefix: 'hf/a-b_1.c:',
      acquireTimeoutMs: 4, statementTimeoutMs: 5, bodyLimitBytes: 2048, requestTimeoutMs: 7,
      streamBytesMax: 1_048_577,
      attachments: { bytesMax: 5, directory: '/attachments', bucket: undefined }, drainMs: 8,
      logLevel: 'debug', trustProxy: true, runScheduler: false,
      sessionTimes: { idleSeconds: 300, maxSeconds: 301 }, revealRate: null,
      rootKey: { file: '/run/root.key' }, auditRetentionDays: 400, auditKey, mode: 'production',
      usageRetentionDays: 90, runRetentionDays: 30,
      backups: {
        directory: '/backups', everyHours: 24, keep: 3, encrypt: true, keyFile: '/run/backup.keys',
        scratch: '/scratch',
      },
      openFloor: {
        speakerUri: 'tag:x', serviceUrl: 'https://x.example/ofp',
        outboundAllow: ['10.0.0.0/8', '[::1]:80', 'a.b'],
      },
      migrationDatabase: 'postgres://owner@db/x', ownerPassword: 'owner-password-01',
      serverPassword: 'server-password-1',
      rateLimits: {
        login: { limit: 5, windowSeconds: 0.5 },
        organization: { limit: 1_000_000_000, windowSeconds: 2_592_000 },
        user: { limit: 1, windowSeconds: 1 },
      },
    })
  })

  it('lets flags win, and does not look at a variable that a flag replaces', () => {
    const environment = {
      HOLDFAST_DATABASE_URL: 'nonsense', HOLDFAST_PORT: 'nonsense', HOLDFAST_LOG_LEVEL: 'nonsense',
    }
    const flags = { database: 'memory:', port: '8000', logLevel: 'warn' }
    expect(settings(environment, flags)).toMatchObject(
      { database: 'memory:', port: 8000, logLevel: 'warn' })
  })

  it.each(['0/60', '10', '10/', '10/0', '10/2592001', '1.5/60', 'no', '10/60/2', '-1/60'])(
    'refuses %s as a rate limit, naming the variable',
    (text) => {
      expect(() => settings({ HOLDFAST_RATE_LIMIT_USER: text }))
        .toThrow(/^HOLDFAST_RATE_LIMIT_USER must be calls\/seconds/)
    },
  )

  it('takes an empty variable for unset', () => {
    expect(settings({ HOLDFAST_PORT: '', HOLDFAST_DATABASE_URL: ' ' }))
      .toMatchObject({ port: 7410, database: 'sqlite:./holdfast.db' })
  })

  it('takes the number of proxies to believe', () => {
    expect(settings({ HOLDFAST_TRUST_PROXY: '2' }).trustProxy).toBe(2)
    expect(settings({ HOLDFAST_TRUST_PROXY: 'false' }).trustProxy).toBe(false)
  })

  it.each([
    ['HOLDFAST_PORT', '70000', /^HOLDFAST_PORT must be a whole number from 0 to 65535, not 70000/],
    ['HOLDFAST_PORT', '0x10', /whole number/],
    ['HOLDFAST_POOL_MAX', '0', /from 1 to 1000/],
    ['HOLDFAST_REDIS_PREFIX', '{a}', /^HOLDFAST_REDIS_PREFIX must be 1 to 64 of letters/],
    ['HOLDFAST_ACQUIRE_TIMEOUT_MS', '-1', /whole number/],
    ['HOLDFAST_STATEMENT_TIMEOUT_MS', '1.5', /whole number/],
    ['HOLDFAST_BODY_LIMIT_BYTES', '8MB', /whole number/],
    ['HOLDFAST_REQUEST_TIMEOUT_MS', '30s', /whole number/],
    ['HOLDFAST_LOG_LEVEL', 'INFO', /one of silent, error, warn, info, debug, not INFO/],
    ['HOLDFAST_TRUST_PROXY', 'yes', /one of true, false/],
    ['HOLDFAST_TRUST_PROXY', '0', /number of proxies from 1 to 99, not 0/],
    ['HOLDFAST_RUN_SCHEDULER', 'on', /one of true, false/],
    ['HOLDFAST_HOST', 'http://localhost', /host name or an address/],
    ['HOLDFAST_DATABASE_URL', 'mysql://x', /^HOLDFAST_DATABASE_URL must be memory:/],
    ['HOLDFAST_DATABASE_URL', '"memory:"', /quotation marks/],
    ['HOLDFAST_REDIS_URL', 'localhost:6379', /^HOLDFAST_REDIS_URL must be redis:/],
    ['HOLDFAST_REDIS_URL', 'http://cache', /must be redis:/],
    ['HOLDFAST_REDIS_URL', 'redis+sentinel://a:26379', /master name/],
    ['HOLDFAST_ATTACHMENT_BUCKET', 'a', /must be the name of a bucket/],
  ])('refuses %s=%s and names the rule', (name, value, message) => {
    const read = () => settings({ [name]: value })
    expect(read).toThrow(message)
    expect(read).toThrow(InvalidConfiguration)
  })

  it('reads a bucket, and says no key of it', () => {
    const environment = {
      HOLDFAST_ATTACHMENT_BUCKET: 'files', HOLDFAST_ATTACHMENT_BUCKET_PREFIX: 'a/b',
      HOLDFAST_ATTACHMENT_BUCKET_ENDPOINT: 'https://s3.internal:9000',
      HOLDFAST_ATTACHMENT_BUCKET_REGION: 'eu-1', HOLDFAST_ATTACHMENT_BUCKET_PATH_STYLE: 'false',
      HOLDFAST_ATTACHMENT_BUCKET_ACCESS_KEY_ID: 'hidden-id',
      HOLDFAST_ATTACHMENT_BUCKET_SECRET_ACCESS_KEY: 'hidden-secret',
      HOLDFAST_ATTACHMENT_BUCKET_TIMEOUT_MS: '9',
    }
    expect(settings(environment).attachments.bucket).toEqual({
      bucket: 'files', prefix: 'a/b', endpoint: 'https://s3.internal:9000', region: 'eu-1',
      pathStyle: false, accessKeyId: 'hidden-id', secretAccessKey: 'hidden-secret', timeoutMs: 9,
    })
    expect(readConfiguration({}, environment).given.join(' ')).not.toContain('hidden')
    for (const [name, value, message] of [
      ['ENDPOINT', 'https://a:b@s3', /without a password/], ['PREFIX', '../a', /slashes between/],
      ['SECRET_ACCESS_KEY', '', /ACCESS_KEY_ID is set alone/],
    ] as const) {
      const wrong = { ...environment, [`HOLDFAST_ATTACHMENT_BUCKET_${name}`]: value }
      expect(() => settings(wrong)).toThrow(message)
    }
    const { HOLDFAST_ATTACHMENT_BUCKET: _, ...rest } = environment
    expect(readConfiguration({}, rest).warnings.join())
      .toMatch(/HOLDFAST_ATTACHMENT_BUCKET_ENDPOINT, .* because HOLDFAST_ATTACHMENT_BUCKET is not/)
  })

  it('refuses a wrong flag as a usage failure that names the flag', () => {
    const read = () => settings({ HOLDFAST_PORT: '1' }, { port: 'x' })
    expect(read).toThrow(/^--port must be a whole number/)
    expect(read).toThrow(UsageFailure)
    expect(() => settings({}, { redis: 'x' })).toThrow(/^--redis must be redis:/)
    expect(() => settings({}, { database: '' })).toThrow(/^--database must not be empty/)
  })
})

describe('a database given by parts', () => {
  it('becomes a URL in which any password keeps its characters', () => {
    const password = ' p@ss/w?r#d:%é'
    const { database } = settings({ DB_HOST: 'db', DB_PORT: '6000', DB_NAME: 'a b', DB_USER: 'ü',
      DB_PASS: password, DB_SSLMODE: 'verify-full' })
    const url = new URL(database)
    expect(url.host).toBe('db:6000')
    expect(decodeURIComponent(url.username)).toBe('ü')
    expect(decodeURIComponent(url.password)).toBe(password)
    expect(decodeURIComponent(url.pathname)).toBe('/a b')
    expect(url.searchParams.get('sslmode')).toBe('verify-full')
  })

  it('needs only the host', () => {
    expect(settings({ DB_HOST: 'db' }).database).toBe('postgres://holdfast@db:5432/holdfast')
    expect(settings({ DB_HOST: '::1' }).database).toBe('postgres://holdfast@[::1]:5432/holdfast')
  })

  it('may lie behind a Unix socket', () => {
    const url = new URL(settings({ DB_HOST: '/run/pg', DB_PASSWORD: 'a&b' }).database)
    expect(Object.fromEntries(url.searchParams))
      .toEqual({ host: '/run/pg', port: '5432', user: 'holdfast', password: 'a&b' })
  })

  it('stands back behind a URL, with a warning that names what is not used', () => {
    const environment = { HOLDFAST_DATABASE_URL: 'memory:', DB_HOST: 'db', DB_PASS: 'secret' }
    const { settings: read, warnings, given } = readConfiguration({}, environment)
    expect(read.database).toBe('memory:')
    expect(warnings).toEqual([
      'DB_HOST, DB_PASS are set but not used, because HOLDFAST_DATABASE_URL is set.',
    ])
    expect([...warnings, ...given].join()).not.toContain('secret')
  })

  it('is not begun by another part than the host, and a warning says so', () => {
    const { settings: read, warnings } = readConfiguration({}, { DB_NAME: 'shop' })
    expect(read.database).toBe('sqlite:./holdfast.db')
    expect(warnings).toEqual(['DB_NAME is set but not used, because DB_HOST is not set.'])
  })

  it('refuses two passwords that differ, and a wrong part', () => {
    expect(() => settings({ DB_HOST: 'db', DB_PASS: 'a', DB_PASSWORD: 'b' })).toThrow(/differ/)
    expect(() => settings({ DB_HOST: 'db', DB_PORT: 'x' })).toThrow(/^DB_PORT must be/)
    expect(() => settings({ DB_HOST: 'db', DB_SSLMODE: 'on' })).toThrow(/^DB_SSLMODE must be one/)
  })
})

describe('Redis given by parts', () => {
  it('becomes a URL', () => {
    expect(settings({ REDIS_HOST: 'cache' }).redis).toBe('redis://cache:6379')
    expect(settings({ REDIS_HOST: 'cache', REDIS_PORT: '1', REDIS_PASSWORD: 'a/b' }).redis)
      .toBe('redis://:a%2Fb@cache:1')
    expect(() => settings({ REDIS_HOST: '/run/redis.sock' }))
      .toThrow(/^REDIS_HOST must be a host name or an address/)
  })

  it('stands back behind a URL', () => {
    const read = readConfiguration({ redis: 'redis://one' }, { REDIS_HOST: 'two' })
    expect(read.settings.redis).toBe('redis://one')
    expect(read.warnings).toEqual(['REDIS_HOST is set but not used, because --redis is set.'])
  })

  it('is missed by a prefix', () => {
    expect(readConfiguration({}, { HOLDFAST_REDIS_PREFIX: 'a:' }).warnings)
      .toEqual(['HOLDFAST_REDIS_PREFIX is set but not used, because no Redis is set.'])
  })
})

describe('Redis given by a URL', () => {
  it('may be Sentinels or a Cluster, with a password that is never told', () => {
    for (const redis of ['redis+sentinel://:s3cret@a:1,b:2/main/3', 'rediss+cluster://:s3cret@a']) {
      const read = readConfiguration({}, { HOLDFAST_REDIS_URL: redis })
      expect(read.settings.redis).toBe(redis)
      expect(read.given.join()).toContain('***@a')
      expect(read.given.join()).not.toContain('s3cret')
    }
  })
})

describe('what is told of the configuration', () => {
  it('names what was given and where, without any secret', () => {
    const { given } = readConfiguration(
      { redis: 'redis://:s3cret@cache' },
      { DB_HOST: 'db', DB_PASS: 's3cret', HOLDFAST_PORT: '8000' },
    )
    expect(given).toContain('DB_HOST=db')
    expect(given).toContain('DB_PASS=***')
    expect(given).toContain('HOLDFAST_PORT=8000')
    expect(given).toContain('--redis=redis://:***@cache')
    expect(given.join()).not.toContain('s3cret')
  })

  it('warns of unknown variables with the name that was meant', () => {
    const environment = { HOLDFAST_DATABASE: 'x', HOLDFAST_PROT: '1', HOLDFAST_QQQQQQQQQ: '1' }
    expect(readConfiguration({}, environment).warnings).toEqual([
      'HOLDFAST_DATABASE is not a setting of this version and is not used. ' +
        'Did you mean HOLDFAST_DATABASE_URL?',
      'HOLDFAST_PROT is not a setting of this version and is not used. ' +
        'Did you mean HOLDFAST_PORT?',
      'HOLDFAST_QQQQQQQQQ is not a setting of this version and is not used.',
    ])
  })

  it('leaves the variables of the tests and of other programs alone', () => {
    const environment = { HOLDFAST_TEST_POSTGRES_URL: 'x', PATH: '/bin', DB_KIND: 'x' }
    expect(readConfiguration({}, environment).warnings).toEqual([])
  })

  it('passes over what Kubernetes sets for a Service of the same name', () => {
    const { settings: read, warnings } = readConfiguration({}, {
      HOLDFAST_PORT: 'tcp://10.0.0.7:7410', HOLDFAST_SERVICE_HOST: '10.0.0.7',
      HOLDFAST_PORT_7410_TCP_ADDR: '10.0.0.7',
    })
    expect(read.port).toBe(7410)
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain('enableServiceLinks: false')
  })

  it('knows whether failures are told with their stack before anything else is read', () => {
    expect(wantsStack([], {})).toBe(false)
    expect(wantsStack([], { HOLDFAST_LOG_LEVEL: 'debug' })).toBe(true)
    expect(wantsStack(['x', '--log-level', 'debug'], {})).toBe(true)
    expect(wantsStack(['--log-level=debug'], {})).toBe(true)
    expect(wantsStack(['--log-level', 'info'], { HOLDFAST_LOG_LEVEL: 'debug' })).toBe(false)
    expect(wantsStack(['--log-level'], {})).toBe(false)
  })
})

describe('the list of variables', () => {
  it('has defaults that their own rules accept', () => {
    const listed = variables.filter((each) => each.default !== '')
    const environment = Object.fromEntries(listed.map((each) => [each.name, each.default]))
    const { DB_PORT: _, DB_NAME: __, DB_USER: ___, REDIS_PORT: ____, ...own } = environment
    expect(settings(own)).toEqual(settings({}))
    expect(settings({ DB_HOST: 'db', ...environment, HOLDFAST_DATABASE_URL: '' }))
      .toEqual(settings({ DB_HOST: 'db' }))
  })
})
