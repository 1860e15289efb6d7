import { existsSync } from 'node:fs'
import { type AttachmentSettings, attachmentsOf } from '../attachment-settings.js'
import { type Check, ok, problem, warning } from './check.js'

/**
 * Whether bytes of attachments can be kept in the folder or bucket; nothing when they are in the
 * database. An object is put in a bucket and deleted.
 */
export async function checkAttachments(settings: AttachmentSettings): Promise<Check[]> {
  const { directory, bucket } = settings
  if (directory === undefined && bucket === undefined) return []
  if (directory !== undefined && !existsSync(directory)) {
    const message = `There is no folder ${directory} yet.`
    return [warning('attachments', message, 'holdfast serve makes it; or correct its path.')]
  }
  const place = bucket === undefined ? `the folder ${directory}` : `the bucket ${bucket.bucket}`
  try {
    const { storage } = await attachmentsOf(settings)
    await storage?.check?.()
    return [ok('attachments', `${place} takes bytes`)]
  } catch (error) {
    const { message, cause } = error as Error
    const told = cause instanceof Error ? `${message} ${cause.message}` : message
    const fix = bucket === undefined
      ? 'Let the user of the server write there, or set HOLDFAST_ATTACHMENT_DIRECTORY.'
      : 'Check HOLDFAST_ATTACHMENT_BUCKET… and that the key may put, get and delete objects there.'
    return [problem('attachments', told, fix)]
  }
}
