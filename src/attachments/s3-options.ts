import { InvalidConfiguration } from '../errors.js'

/** A bucket, and how to reach it. */
export interface S3Options {
  readonly bucket: string
  /** Where the service is, such as `https://minio.internal:9000`. @default Amazon S3 */
  readonly endpoint?: string | undefined
  /** @default what the environment and profile of the SDK say; `us-east-1` with an endpoint */
  readonly region?: string | undefined
  /** Whether the bucket stands in the path of URLs, not in the host. @default with an endpoint */
  readonly pathStyle?: boolean | undefined
  /** What each key begins with, such as `holdfast/`. @default nothing */
  readonly prefix?: string | undefined
  /** With `secretAccessKey`; without both, the SDK looks for a role, a profile, its variables. */
  readonly accessKeyId?: string | undefined
  readonly secretAccessKey?: string | undefined
  /**
   * How long the service may neither take, give nor answer anything, in milliseconds; a call that
   * fails so is made up to three times. @default 10000
   */
  readonly timeoutMs?: number | undefined
}

/** Options as they are used. */
export interface S3Settings {
  readonly bucket: string
  readonly endpoint: string | undefined
  readonly region: string | undefined
  readonly pathStyle: boolean
  readonly prefix: string
  readonly credentials: { accessKeyId: string; secretAccessKey: string } | undefined
  readonly timeoutMs: number
}

/** What a bucket may be called: what Amazon asks for, and what others allow beyond. */
const bucketPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/

/** Characters that need no care in keys; no part is empty, `.` or `..`. */
const prefixPattern = /^(?:(?!\.{1,2}\/)[A-Za-z0-9!_.*'()-]+\/)*$/

/** Options with their defaults. Throws InvalidConfiguration. */
export function s3SettingsOf(options: S3Options): S3Settings {
  const { bucket, endpoint, accessKeyId, secretAccessKey, timeoutMs = 10_000 } = options
  const { prefix: given = '' } = options
  require(isBucket(bucket), 'bucket', 'must be the name of a bucket')
  require(endpoint === undefined || isEndpoint(endpoint), 'endpoint',
    'must be a URL such as https://minio.internal:9000, without user and password')
  require(isPrefix(given), 'prefix',
    'must be names with slashes between them, such as holdfast/')
  require((accessKeyId === undefined) === (secretAccessKey === undefined), 'accessKeyId',
    'and secretAccessKey must be given both or neither')
  require(Number.isInteger(timeoutMs) && timeoutMs >= 1 && timeoutMs <= 600_000, 'timeoutMs',
    'must be a whole number from 1 to 600000')
  return {
    bucket, endpoint, timeoutMs, prefix: closed(given),
    region: options.region ?? (endpoint === undefined ? undefined : 'us-east-1'),
    pathStyle: options.pathStyle ?? endpoint !== undefined,
    credentials: accessKeyId === undefined || secretAccessKey === undefined
      ? undefined
      : { accessKeyId, secretAccessKey },
  }
}

/** Whether a text may be the name of a bucket. */
export const isBucket = (text: string): boolean => bucketPattern.test(text)

/** Whether keys may begin with a text; a slash at its end is not needed. */
export const isPrefix = (text: string): boolean =>
  text.length <= 500 && prefixPattern.test(closed(text))

const closed = (prefix: string): string =>
  prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`

/** Whether a text is the address of a service. */
export function isEndpoint(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password, search, hash } = new URL(text)
  return /^https?:$/.test(protocol) && [username, password, search, hash].join('') === ''
}

function require(condition: boolean, field: string, rule: string): void {
  if (!condition) throw new InvalidConfiguration(`${field} ${rule}`, { field })
}
