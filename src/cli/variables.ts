/** One environment variable; `.env.example` and docs/reference/configuration.md list the same. */
export interface Variable {
  readonly name: string
  /** As one would write it; empty when there is none. */
  readonly default: string
  /** One line for people. */
  readonly meaning: string
  /** Never printed. */
  readonly secret?: true
}

/** Every variable that the program reads, in the order people read them. */
export const variables = [
  {
    name: 'HOLDFAST_DATABASE_URL',
    default: 'sqlite:./holdfast.db',
    meaning: 'memory:, sqlite:./path.db or postgres://user:password@host:5432/database',
  },
  {
    name: 'HOLDFAST_MIGRATION_DATABASE_URL',
    default: '',
    meaning: 'The same database for the login that owns the tables: serve migrates with it',
  },
  {
    name: 'HOLDFAST_MODE',
    default: 'development',
    meaning: 'production refuses to serve with a login that row-level security does not bind',
  },
  {
    name: 'HOLDFAST_OWNER_PASSWORD',
    default: '',
    meaning: 'init-db --roles: password of the login that owns the tables; made if it is new',
    secret: true,
  },
  {
    name: 'HOLDFAST_SERVER_PASSWORD',
    default: '',
    meaning: 'init-db --roles: password of the login that serves; made if it is new',
    secret: true,
  },
  {
    name: 'DB_HOST',
    default: '',
    meaning: 'PostgreSQL by parts, when no URL is set: host, address or socket folder',
  },
  { name: 'DB_PORT', default: '5432', meaning: 'PostgreSQL by parts: port' },
  { name: 'DB_NAME', default: 'holdfast', meaning: 'PostgreSQL by parts: name of the database' },
  { name: 'DB_USER', default: 'holdfast', meaning: 'PostgreSQL by parts: user' },
  { name: 'DB_PASS', default: '', meaning: 'PostgreSQL by parts: password', secret: true },
  { name: 'DB_PASSWORD', default: '', meaning: 'Another name for DB_PASS', secret: true },
  {
    name: 'DB_SSLMODE',
    default: '',
    meaning: 'PostgreSQL by parts: disable, require, verify-ca or verify-full',
  },
  {
    name: 'HOLDFAST_REDIS_URL',
    default: '',
    meaning: 'Redis, for several processes: redis[s]://…, redis+sentinel://… or redis+cluster://…',
  },
  { name: 'REDIS_HOST', default: '', meaning: 'Redis by parts, when no URL is set: host' },
  { name: 'REDIS_PORT', default: '6379', meaning: 'Redis by parts: port' },
  { name: 'REDIS_PASSWORD', default: '', meaning: 'Redis by parts: password', secret: true },
  {
    name: 'HOLDFAST_REDIS_PREFIX',
    default: '',
    meaning: 'Before every key and channel in Redis, such as staging: where several share one',
  },
  {
    name: 'HOLDFAST_ROOT_KEY',
    default: '',
    meaning: 'What secrets are under: 32 bytes in base64; to replace it: the new one, then the old',
    secret: true,
  },
  {
    name: 'HOLDFAST_ROOT_KEY_FILE',
    default: '',
    meaning: 'A file of such keys, mode 0600; beside a SQLite file by default, made at first start',
  },
  {
    name: 'HOLDFAST_VAULT_KEY_URL',
    default: '',
    meaning: 'Instead of a key: one in Vault or OpenBao Transit, https://host:8200/transit/name',
  },
  { name: 'HOLDFAST_VAULT_TOKEN', default: '', meaning: 'The token for it', secret: true },
  { name: 'HOLDFAST_HOST', default: '127.0.0.1', meaning: 'Address to listen on; 0.0.0.0 for all' },
  { name: 'HOLDFAST_PORT', default: '7410', meaning: 'Port to listen on; 0 picks a free one' },
  { name: 'HOLDFAST_POOL_MAX', default: '10', meaning: 'PostgreSQL connections at most' },
  {
    name: 'HOLDFAST_ACQUIRE_TIMEOUT_MS',
    default: '5000',
    meaning: 'Longest wait for a connection or for the write lock, in milliseconds',
  },
  {
    name: 'HOLDFAST_STATEMENT_TIMEOUT_MS',
    default: '30000',
    meaning: 'Longest run of one PostgreSQL statement, in milliseconds',
  },
  {
    name: 'HOLDFAST_STREAM_BYTES_MAX',
    default: '67108864',
    meaning: 'Longest stream, in bytes',
  },
  {
    name: 'HOLDFAST_ATTACHMENT_BYTES_MAX',
    default: '26214400',
    meaning: 'Largest attachment, in bytes',
  },
  {
    name: 'HOLDFAST_ATTACHMENT_DIRECTORY',
    default: '',
    meaning: 'Folder for the bytes of attachments; the database when unset',
  },
  {
    name: 'HOLDFAST_ATTACHMENT_BUCKET',
    default: '',
    meaning: 'Bucket for the bytes of attachments; needs the package @aws-sdk/client-s3',
  },
  {
    name: 'HOLDFAST_ATTACHMENT_BUCKET_ENDPOINT',
    default: '',
    meaning: 'The service of the bucket, https://minio.internal:9000; Amazon S3 when unset',
  },
  {
    name: 'HOLDFAST_ATTACHMENT_BUCKET_REGION',
    default: '',
    meaning: 'Its region; else AWS_REGION or the profile, with an endpoint us-east-1',
  },
  {
    name: 'HOLDFAST_ATTACHMENT_BUCKET_PREFIX',
    default: '',
    meaning: 'What the keys of its objects begin with, such as holdfast/',
  },
  {
    name: 'HOLDFAST_ATTACHMENT_BUCKET_PATH_STYLE',
    default: '',
    meaning: 'true when the bucket stands in the path of URLs, false in the host; endpoints: true',
  },
  {
    name: 'HOLDFAST_ATTACHMENT_BUCKET_ACCESS_KEY_ID',
    default: '',
    meaning: 'Access key; without both, a role, a profile or AWS_ACCESS_KEY_ID is looked for',
    secret: true,
  },
  {
    name: 'HOLDFAST_ATTACHMENT_BUCKET_SECRET_ACCESS_KEY',
    default: '',
    meaning: 'The secret of that key',
    secret: true,
  },
  {
    name: 'HOLDFAST_ATTACHMENT_BUCKET_TIMEOUT_MS',
    default: '10000',
    meaning: 'How long the service may neither take, give nor answer anything, in milliseconds',
  },
  {
    name: 'HOLDFAST_BODY_LIMIT_BYTES',
    default: '8388608',
    meaning: 'Largest body of a request, in bytes',
  },
  {
    name: 'HOLDFAST_REQUEST_TIMEOUT_MS',
    default: '30000',
    meaning: 'A request must have arrived whole within this, in milliseconds',
  },
  {
    name: 'HOLDFAST_DRAIN_MS',
    default: '0',
    meaning: 'How long /readyz says no before connections are refused, in milliseconds',
  },
  {
    name: 'HOLDFAST_LOG_LEVEL',
    default: 'info',
    meaning: 'silent, error, warn, info or debug; logs go to standard error',
  },
  {
    name: 'HOLDFAST_TRUST_PROXY',
    default: 'false',
    meaning: 'Proxies before the server that add to X-Forwarded-For: true for one, or their number',
  },
  {
    name: 'HOLDFAST_RATE_LIMIT_ADDRESS',
    default: 'off',
    meaning: 'Calls of one address in any so many seconds, as calls/seconds, or off',
  },
  {
    name: 'HOLDFAST_RATE_LIMIT_LOGIN',
    default: '60/60',
    meaning: 'Logins of one address, right or wrong, as calls/seconds, or off',
  },
  {
    name: 'HOLDFAST_RATE_LIMIT_ORGANIZATION',
    default: 'off',
    meaning: 'Calls in one organization, as calls/seconds, or off',
  },
  {
    name: 'HOLDFAST_RATE_LIMIT_USER',
    default: 'off',
    meaning: 'Calls of one user in one organization, as calls/seconds, or off',
  },
  {
    name: 'HOLDFAST_RATE_LIMIT_TOKEN',
    default: 'off',
    meaning: 'Calls with one session or service token, as calls/seconds, or off',
  },
  {
    name: 'HOLDFAST_RATE_LIMIT_REVEAL',
    default: '60/60',
    meaning: 'Secrets revealed by one user or token, as calls/seconds, or off',
  },
  {
    name: 'HOLDFAST_SESSION_IDLE_SECONDS',
    default: '86400',
    meaning: 'A login session that nobody uses for so long ends, 300 or more',
  },
  {
    name: 'HOLDFAST_SESSION_MAX_SECONDS',
    default: '604800',
    meaning: 'A login session ends after so long, however it is used; at least the idle time',
  },
  {
    name: 'HOLDFAST_RUN_SCHEDULER',
    default: 'true',
    meaning: 'false when schedules are fired by holdfast scheduler alone, not by every server',
  },
  {
    name: 'HOLDFAST_BACKUP_DIRECTORY',
    default: './backups',
    meaning: 'The folder of backups',
  },
  {
    name: 'HOLDFAST_BACKUP_EVERY_HOURS',
    default: '',
    meaning: 'serve and scheduler make a backup so often, 1 or more; empty makes none',
  },
  {
    name: 'HOLDFAST_BACKUP_KEEP',
    default: '7',
    meaning: 'Verified backups that are kept of those made so, 1 or more',
  },
  {
    name: 'HOLDFAST_BACKUP_ENCRYPT',
    default: 'false',
    meaning: 'true encrypts backups, under the key file below or else the root key',
  },
  {
    name: 'HOLDFAST_BACKUP_KEY_FILE',
    default: '',
    meaning: 'Keys of backups: 32 bytes in base64, one a line, the newest first',
  },
  {
    name: 'HOLDFAST_BACKUP_SCRATCH',
    default: '',
    meaning: 'A folder for plain bytes while encrypted backups are made; empty: beside the ' +
      'database, or the folder for temporary files',
  },
  {
    name: 'HOLDFAST_OUTBOUND_ALLOW',
    default: '',
    meaning: 'Private addresses where agents may be: 10.0.0.0/8, agents.internal, 127.0.0.1:80',
  },
  {
    name: 'HOLDFAST_OPEN_FLOOR_URI',
    default: 'tag:holdfast,2026:floor-manager',
    meaning: 'How the floor manager calls itself in envelopes',
  },
  {
    name: 'HOLDFAST_OPEN_FLOOR_URL',
    default: '',
    meaning: 'Where agents reach it, https://holdfast.example.com/ofp; not told when unset',
  },
  {
    name: 'HOLDFAST_AUDIT_KEY',
    default: '',
    meaning: 'Signs heads of the audit log: openssl rand -base64 32; older keys after commas',
    secret: true,
  },
  {
    name: 'HOLDFAST_AUDIT_RETENTION_DAYS',
    default: '',
    meaning: 'Entries of the audit log are pruned after so many days; empty keeps them for ever',
  },
  {
    name: 'HOLDFAST_USAGE_RETENTION_DAYS',
    default: '',
    meaning: 'Events of usage are deleted after so many days, their sums stay; ' +
      'empty keeps them for ever',
  },
  {
    name: 'HOLDFAST_RUN_RETENTION_DAYS',
    default: '',
    meaning: 'Runs of workflows are deleted with their steps so many days after their end; ' +
      'empty keeps them for ever',
  },
] as const satisfies readonly Variable[]

/** The name of a variable that the program reads. */
export type VariableName = (typeof variables)[number]['name']
