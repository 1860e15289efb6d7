import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './private-redis.test.harness.js'
import { PrivateServer } from './private-server.test.harness.js'

const program = programOf()

const startMs = 20_000

/** Without it s3rver ends when one object goes from a folder while another one comes to it. */
const keepingFolders =
  'data:text/javascript,import fs from "node:fs"; fs.rmdir = (path, done) => done(null)'

/** A service of the test's own that speaks S3, which may be ended and frozen at will. */
export class PrivateS3 extends PrivateServer {
  readonly bucket = 'holdfast-tests'
  readonly port: number
  readonly #folder: string

  private constructor(port: number) {
    super('S3')
    this.port = port
    this.#folder = mkdtempSync(join(tmpdir(), 'holdfast-s3-'))
    mkdirSync(join(this.#folder, this.bucket))
  }

  /** Why there is none here; undefined when there is. */
  static missing(): string | undefined {
    return program === undefined ? 'no s3rver among the packages installed here' : undefined
  }

  /** Starts one on a free port, with an empty bucket. */
  static async start(): Promise<PrivateS3> {
    const made = new PrivateS3(await freePort())
    await made.start()
    return made
  }

  /** How to reach it. It knows one access key, and no other. */
  get options() {
    return {
      bucket: this.bucket, endpoint: `http://127.0.0.1:${this.port}`,
      accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER',
    }
  }

  /** Starts it on its port with what it has; resolves when it answers. */
  async start(): Promise<void> {
    if (program === undefined) throw new Error('there is no S3 here')
    const words = [
      '--import', keepingFolders, program, '--directory', this.#folder, '--address', '127.0.0.1',
      '--port', String(this.port), '--silent', '--no-vhost-buckets',
    ]
    await this.launch({ program: process.execPath, words, startMs })
  }

  /** The keys of all objects. */
  keys(): string[] {
    return this.#files().flatMap((path) => {
      const [, key] = /^[^/]+\/(.+)\._S3rver_object$/.exec(path) ?? []
      return key === undefined ? [] : [key]
    })
  }

  /** Everything in its files. */
  text(): string {
    return this.#files().map((path) => readFileSync(join(this.#folder, path), 'latin1')).join('\n')
  }

  /** Ends it and removes what it has. */
  async remove(): Promise<void> {
    await this.kill()
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 })
  }

  #files(): string[] {
    return readdirSync(this.#folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name).slice(this.#folder.length + 1))
  }

  protected async answers(): Promise<boolean> {
    return fetch(`http://127.0.0.1:${this.port}/`).then(() => true, () => false)
  }
}

function programOf(): string | undefined {
  try {
    const path = createRequire(import.meta.url).resolve('s3rver/package.json')
    const found = path.replace(/package\.json$/, 'bin/s3rver.js')
    return existsSync(found) ? found : undefined
  } catch {
    return undefined
  }
}
