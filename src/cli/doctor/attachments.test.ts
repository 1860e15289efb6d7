import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensureBuilt, runCli, temporaryFolder } from '../../testing/command-line.test.harness.js'
import { PrivateS3 } from '../../testing/private-s3.test.harness.js'
import { checkAttachments } from './attachments.js'

const none = { bytesMax: 1, directory: undefined, bucket: undefined }

describe('doctor on a folder of attachments', () => {
  const folder = temporaryFolder()
  afterAll(() => folder.remove())

  it('has nothing to say when bytes are kept in the database', async () => {
    expect(await checkAttachments(none)).toEqual([])
  })

  it('tells one that can be used, one to be made, and one that is none', async () => {
    const about = async (name: string) => {
      const [check] = await checkAttachments({ ...none, directory: join(folder.path, name) })
      return [check?.state, check?.message]
    }
    writeFileSync(join(folder.path, 'file'), '')
    expect(await about('')).toEqual(['ok', expect.stringContaining('takes bytes')])
    expect(await about('new')).toEqual(['warning', expect.stringContaining('new yet')])
    expect(await about('file')).toEqual(['problem', expect.stringContaining('cannot be used')])
  })
})

/** Makes a process believe that a package is not installed. */
function without(name: string): string {
  const hook = `export async function resolve(asked, context, next) {
    if (asked !== ${JSON.stringify(name)}) return next(asked, context)
    throw Object.assign(new Error('not found'), { code: 'ERR_MODULE_NOT_FOUND' })
  }`
  const code = `import { register } from 'node:module'
    register('data:text/javascript,' + ${JSON.stringify(encodeURIComponent(hook))})`
  return `--import=data:text/javascript,${encodeURIComponent(code)}`
}

it('a bucket without the package that speaks S3 is a problem that names it', async () => {
  await ensureBuilt()
  const folder = temporaryFolder()
  const doctor = async (environment: Record<string, string>) => {
    const given = { NODE_OPTIONS: without('@aws-sdk/client-s3'), ...environment }
    const words = ['doctor', '--json', '--database', 'memory:', '--port', '0']
    const { stdout } = await runCli(words, { cwd: folder.path, environment: given })
    const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: { message: string }[] }
    return [ok, checks.map(({ message }) => message).join('\n')]
  }
  const [, told] = await doctor({ HOLDFAST_ATTACHMENT_BUCKET: 'files' })
  expect(told).toContain('npm install @aws-sdk/client-s3')
  // Whoever has no bucket needs no package.
  expect((await doctor({}))[0]).toBe(true)
  folder.remove()
}, 240_000)

const missing = PrivateS3.missing()
const reason = missing === undefined ? '' : `: did not run: ${missing}`

describe.skipIf(missing !== undefined)(`doctor on a bucket${reason}`, () => {
  let s3: PrivateS3
  beforeAll(async () => {
    s3 = await PrivateS3.start()
  })
  afterAll(() => s3?.remove())

  it('tells one that takes bytes, a wrong key or name, and a service that is away', async () => {
    const about = async (change: object) => {
      const bucket = { ...s3.options, timeoutMs: 2_000, ...change }
      const [check] = await checkAttachments({ ...none, bucket })
      return check!
    }
    expect((await about({})).state).toBe('ok')
    expect(s3.keys()).toEqual([])
    const wrong = [
      [await about({ accessKeyId: 'nobody', secretAccessKey: 'hidden' }), /InvalidAccessKeyId/],
      [await about({ bucket: 'nowhere' }), /NoSuchBucket/],
      [await about({ endpoint: 'http://127.0.0.1:1' }), /ECONNREFUSED/],
    ] as const
    for (const [check, message] of wrong) {
      expect([check.state, check.message]).toEqual(['problem', expect.stringMatching(message)])
      expect(check.fix).toContain('HOLDFAST_ATTACHMENT_BUCKET')
    }
    expect(JSON.stringify(wrong)).not.toContain('hidden')
  })
})
