import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../testing/command-line.test.harness.js'
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

const missing = PrivateS3.missing()
const reason = missing === undefined ? '' : `: did not run: ${missing}`

describe.skipIf(missing !== undefined)(`doctor on a bucket${reason}`, () => {
  let s3: PrivateS3
  beforeAll(async () => {
    s3 = await PrivateS3.start()
  })
  afterAll(() => s3?.remove())

  it('tells one that takes bytes, a wrong key, a wrong name and a service that is away', async () => {
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
