import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import type { PutObjectCommand, PutObjectCommandInput, S3Client } from '@aws-sdk/client-s3'
import { InvalidConfiguration } from '../errors.js'
import { isUuid } from '../ids.js'
import { AttachmentTooLarge, AttachmentUnavailable } from './errors.js'
import { type S3Options, type S3Settings, s3SettingsOf } from './s3-options.js'
import { Spool } from './spool.js'
import { type BlobKey, type BlobStorage, type ByteRange } from './storage.js'

/** How often a call is made that nobody answered, or that the service was too busy for. */
const attemptsMax = 3

/** The longest pause before the second attempt; each may be four times the one before. */
const pauseMs = 250

/** What one request can put; Amazon's limit. */
const objectBytesMax = 5 * 1024 ** 3

/** Sockets to the service: each download holds one for as long as its reader takes. */
const socketsMax = 256

type Sdk = typeof import('@aws-sdk/client-s3')

/**
 * Keeps each blob as an object of a bucket of Amazon S3, or of a service that speaks as it does.
 * An object appears whole or not at all; its bytes are checked on arrival by their SHA-256.
 */
export class S3Storage implements BlobStorage {
  readonly name = 's3'
  /** An answer may be lost of a request that the service is still at. */
  readonly arrivingMs: number
  readonly #settings: S3Settings
  readonly #sdk: Sdk
  readonly #client: S3Client

  private constructor(sdk: Sdk, settings: S3Settings) {
    const { endpoint, region, pathStyle, credentials, timeoutMs } = settings
    this.#sdk = sdk
    this.#settings = settings
    this.arrivingMs = 60_000 + timeoutMs
    this.#client = new sdk.S3Client({
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(region === undefined ? {} : { region }),
      ...(credentials === undefined ? {} : { credentials }),
      forcePathStyle: pathStyle,
      // Repeated here, since the SDK repeats no call whose bytes come as a stream.
      maxAttempts: 1,
      // Checksums beyond S3 as it long was are unknown to many services.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: {
        connectionTimeout: Math.min(timeoutMs, 5_000),
        httpAgent: { maxSockets: socketsMax },
        httpsAgent: { maxSockets: socketsMax },
      },
      logger: silent,
    })
  }

  /**
   * Uses a bucket that is there. Nothing is asked of it yet: one that is away is no failure before
   * it is needed. Throws InvalidConfiguration, also where `@aws-sdk/client-s3` is not installed.
   */
  static async open(options: S3Options): Promise<S3Storage> {
    const settings = s3SettingsOf(options)
    return new S3Storage(await loaded(), settings)
  }

  async put(key: BlobKey, bytes: AsyncIterable<Uint8Array>): Promise<void> {
    const place = this.#placeOf(key)
    const spool = await Spool.of(bytes)
    try {
      if (spool.size > objectBytesMax) {
        throw new AttachmentTooLarge(`A bucket takes ${objectBytesMax} bytes.`, { field: 'body' })
      }
      await this.#repeated('PutObject', (patience) => {
        const body = Readable.from(patience.giving(spool.pieces()), { objectMode: false })
        const command = this.#putting({ ...place, Body: body }, spool)
        return this.#client.send(command, { abortSignal: patience.signal }).then(tagged)
          .finally(() => body.destroy())
      })
    } finally {
      await spool.close()
    }
  }

  async *read(key: BlobKey, { start, end }: ByteRange): AsyncGenerator<Uint8Array> {
    if (start >= end) return
    const place = this.#placeOf(key)
    const { Body: body, ContentRange: given } = await this.#repeated('GetObject', (patience) =>
      this.#client.send(new this.#sdk.GetObjectCommand({
        ...place, Range: `bytes=${start}-${end - 1}`,
      }), { abortSignal: patience.signal }).then(tagged))
    if (!(body instanceof Readable)) throw this.#failed('GetObject', new Error('no bytes came'))
    const patience = new Patience(this.#settings.timeoutMs, (error) => body.destroy(error))
    // Some services answer with more than the range.
    let at = Number(/^bytes (\d+)-/.exec(given ?? '')?.[1] ?? 0)
    try {
      if (at > start) throw new Error(`the bytes begin at ${at}, and ${start} was asked for`)
      for await (const piece of patience.taking(body)) {
        const from = at
        at += piece.length
        if (at > start) yield piece.subarray(Math.max(0, start - from), end - from)
        if (at >= end) return
      }
      throw new Error(`the bytes ended at ${at} before ${end}`)
    } catch (error) {
      throw this.#failed('GetObject', error)
    } finally {
      patience.end()
      body.destroy()
    }
  }

  async delete(key: BlobKey): Promise<void> {
    const place = this.#placeOf(key)
    await this.#repeated('DeleteObject', async (patience) => {
      const { $metadata: { httpStatusCode: status, requestId } } = await this.#client.send(
        new this.#sdk.DeleteObjectCommand(place), { abortSignal: patience.signal })
      // Nothing is told of an object that is gone; but that a page of something else is not.
      if (status === 204 || requestId !== undefined) return
      throw new Error(`the answer ${status} has no id of a request: it is none of S3`)
    })
  }

  async exists(key: BlobKey): Promise<boolean> {
    const place = this.#placeOf(key)
    return this.#repeated('HeadObject', async (patience) => {
      const command = new this.#sdk.HeadObjectCommand(place)
      try {
        tagged(await this.#client.send(command, { abortSignal: patience.signal }))
        return true
      } catch (error) {
        if (statusOf(error) === 404) return false
        throw error
      }
    })
  }

  /** Puts an object beside the others, and deletes it. */
  async check(): Promise<void> {
    const key = { organizationId: '00000000-0000-0000-0000-000000000000', id: randomUUID() }
    await this.put(key, (async function* () { yield Buffer.from('check') })())
    await this.delete(key)
  }

  #putting(input: PutObjectCommandInput, { size, sha256 }: Spool): PutObjectCommand {
    const command = new this.#sdk.PutObjectCommand({
      ...input, ContentLength: size, ContentType: 'application/octet-stream',
    })
    // Signed in place of "unsigned payload": the service refuses bytes that changed on their way.
    command.middlewareStack.add((next) => (args) => {
      const { headers } = args.request as { headers: Record<string, string> }
      headers['x-amz-content-sha256'] = sha256
      return next(args)
    }, { step: 'build', name: 'holdfastContentSha256' })
    return command
  }

  #placeOf({ organizationId, id }: BlobKey) {
    if (!isUuid(organizationId) || !isUuid(id)) throw new Error('a blob is named by two UUIDs')
    const { bucket: Bucket, prefix } = this.#settings
    return { Bucket, Key: `${prefix}${organizationId.toLowerCase()}/${id.toLowerCase()}` }
  }

  /** Makes a call until it is answered, refused, or its attempts are used up. */
  async #repeated<T>(name: string, call: (patience: Patience) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      const patience = new Patience(this.#settings.timeoutMs)
      try {
        return await call(patience)
      } catch (error) {
        if (attempt === attemptsMax || !isPassing(error)) {
          throw this.#failed(name, patience.signal.aborted ? patience.signal.reason : error)
        }
        await pause(Math.random() * pauseMs * 4 ** (attempt - 1))
      } finally {
        patience.end()
      }
    }
  }

  /** Without the error of the SDK, which holds the request with its signature. */
  #failed(call: string, error: unknown): Error {
    const { name, message } = error as Error
    const status = statusOf(error)
    const cause = new Error(`${call}: ${name}${status ? ` (${status})` : ''}: ${message}`)
    return new AttachmentUnavailable(
      `The bucket "${this.#settings.bucket}" of attachments failed.`, { cause })
  }
}

/** Ends what has not moved for so long. */
class Patience {
  readonly #controller = new AbortController()
  readonly #timeoutMs: number
  readonly #onEnd: (error: Error) => void
  #timer: NodeJS.Timeout | undefined
  #isOver = false

  constructor(timeoutMs: number, onEnd: (error: Error) => void = () => undefined) {
    this.#timeoutMs = timeoutMs
    this.#onEnd = onEnd
    this.#begin()
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** The same bytes on their way to the service, whose time begins anew with each piece. */
  async *giving(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const piece of bytes) {
      this.#begin()
      yield piece
    }
    this.#begin()
  }

  /** The same bytes on their way from the service; the time of their reader does not count. */
  async *taking(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const piece of bytes) {
      clearTimeout(this.#timer)
      yield piece
      this.#begin()
    }
  }

  end(): void {
    this.#isOver = true
    clearTimeout(this.#timer)
  }

  #begin(): void {
    clearTimeout(this.#timer)
    if (this.#isOver) return
    this.#timer = setTimeout(() => {
      const error = new Error(`nothing came or went for ${this.#timeoutMs} ms`)
      error.name = 'TimeoutError'
      this.#controller.abort(error)
      this.#onEnd(error)
    }, this.#timeoutMs)
  }
}

const silent = {
  trace() {}, debug() {}, info() {}, warn() {}, error() {},
}

/**
 * The answer of a service that speaks S3, which names the ETag of each object. What stands in
 * between may answer as well: a page of it is no object that was kept, and not its bytes.
 */
function tagged<T extends { readonly ETag?: string | undefined }>(answer: T): T {
  if (answer.ETag === undefined) throw new Error('the answer has no ETag: it is none of S3')
  return answer
}

/** Refusals of a call that may go well the next time. */
const passing = new Set(['RequestTimeout', 'BadDigest', 'XAmzContentSHA256Mismatch'])

function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode
}

/** Whether the same call may succeed in a moment: it was not answered, or not refused for good. */
function isPassing(error: unknown): boolean {
  const status = statusOf(error)
  return status === undefined || status >= 500 || status === 429 || status === 408 ||
    passing.has((error as Error).name)
}

async function loaded(): Promise<Sdk> {
  try {
    return await import('@aws-sdk/client-s3')
  } catch (cause) {
    if ((cause as { code?: string }).code !== 'ERR_MODULE_NOT_FOUND') throw cause
    throw new InvalidConfiguration('Attachments in a bucket need the package @aws-sdk/client-s3, ' +
      'which is not installed here: npm install @aws-sdk/client-s3', { cause })
  }
}
