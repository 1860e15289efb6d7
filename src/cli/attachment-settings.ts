import {
  type AttachmentOptions, DirectoryStorage, isBucket, isEndpoint, isPrefix, S3Storage,
  type S3Options,
} from '../attachments/index.js'
import { InvalidConfiguration } from '../errors.js'
import { anyText, integer, oneOf, type Reader, type Rule, warnUnused } from './reader.js'

/** How attachments are kept. */
export interface AttachmentSettings {
  readonly bytesMax: number
  /** Undefined without one; with a bucket as well, what is there stays readable. */
  readonly directory: string | undefined
  /** Undefined without one. Without either, bytes are kept in the database. */
  readonly bucket: S3Options | undefined
}

const ofBucket = [
  'HOLDFAST_ATTACHMENT_BUCKET_ENDPOINT', 'HOLDFAST_ATTACHMENT_BUCKET_REGION',
  'HOLDFAST_ATTACHMENT_BUCKET_PREFIX', 'HOLDFAST_ATTACHMENT_BUCKET_PATH_STYLE',
  'HOLDFAST_ATTACHMENT_BUCKET_ACCESS_KEY_ID', 'HOLDFAST_ATTACHMENT_BUCKET_SECRET_ACCESS_KEY',
  'HOLDFAST_ATTACHMENT_BUCKET_TIMEOUT_MS',
] as const

/** Reads how attachments are kept. Throws InvalidConfiguration. */
export function attachmentSettingsOf(reader: Reader): AttachmentSettings {
  return {
    bytesMax: reader.read('HOLDFAST_ATTACHMENT_BYTES_MAX', integer(1, 1_099_511_627_776)),
    directory: reader.readOptional('HOLDFAST_ATTACHMENT_DIRECTORY', anyText),
    bucket: bucketOf(reader),
  }
}

function bucketOf(reader: Reader): S3Options | undefined {
  const bucket = reader.readOptional('HOLDFAST_ATTACHMENT_BUCKET',
    asking(isBucket, 'must be the name of a bucket'))
  if (bucket === undefined) {
    warnUnused(reader, ofBucket, 'HOLDFAST_ATTACHMENT_BUCKET is not set')
    return undefined
  }
  const keys = ofBucket.filter((name) => /_KEY/.test(name))
  const [given, ...more] = reader.present(keys)
  if (given !== undefined && more.length === 0) {
    throw new InvalidConfiguration(`${given} is set alone; set ${keys.join(' and ')}, or neither.`)
  }
  const pathStyle = reader.readOptional('HOLDFAST_ATTACHMENT_BUCKET_PATH_STYLE',
    oneOf(['true', 'false']))
  return {
    bucket,
    endpoint: reader.readOptional('HOLDFAST_ATTACHMENT_BUCKET_ENDPOINT',
      asking(isEndpoint, 'must be a URL such as https://minio.internal:9000, without a password')),
    region: reader.readOptional('HOLDFAST_ATTACHMENT_BUCKET_REGION', anyText),
    pathStyle: pathStyle === undefined ? undefined : pathStyle === 'true',
    prefix: reader.readOptional('HOLDFAST_ATTACHMENT_BUCKET_PREFIX',
      asking(isPrefix, 'must be names with slashes between them, such as holdfast/')),
    accessKeyId: reader.readOptional('HOLDFAST_ATTACHMENT_BUCKET_ACCESS_KEY_ID', anyText),
    secretAccessKey: reader.readOptional('HOLDFAST_ATTACHMENT_BUCKET_SECRET_ACCESS_KEY', anyText),
    timeoutMs: reader.read('HOLDFAST_ATTACHMENT_BUCKET_TIMEOUT_MS', integer(1, 600_000)),
  }
}

function asking(holds: (text: string) => boolean, rule: string): Rule<string> {
  return (text) => {
    if (holds(text)) return text
    throw new Error(rule)
  }
}

/** Opens what attachments are kept in. Throws InvalidConfiguration. */
export async function attachmentsOf(settings: AttachmentSettings): Promise<AttachmentOptions> {
  const { bytesMax, directory, bucket } = settings
  const folder = directory === undefined ? undefined : await DirectoryStorage.open(directory)
  if (bucket === undefined) return { bytesMax, storage: folder }
  const olderStorages = folder === undefined ? [] : [folder]
  return { bytesMax, storage: await S3Storage.open(bucket), olderStorages }
}
