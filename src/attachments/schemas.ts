import { z } from 'zod'
import { idSchema, instantSchema, named, shownAs } from '../http/schema.js'
import { nameLengthMax, namePattern, sha256Pattern, typeLengthMax, typePattern } from './rules.js'
import { type Attachment } from './tables.js'

const name = shownAs(z.string().min(1).max(nameLengthMax).regex(namePattern,
  'must have no / and \\ and no control characters'), {
  type: 'string', minLength: 1, maxLength: nameLengthMax, description: 'A name without a folder.',
})
const type = shownAs(z.string().max(typeLengthMax).regex(typePattern, 'must be a media type'), {
  type: 'string', maxLength: typeLengthMax,
  description: 'What the bytes are said to be; they are served as what they look like.',
})
const sha256 = shownAs(z.string().regex(sha256Pattern, 'must be 64 hexadecimal digits'), {
  type: 'string', pattern: '^[0-9a-fA-F]{64}$', description: 'SHA-256 of the bytes.',
})
const size = z.int().nonnegative().describe('Bytes.')

/** Body of `POST /v1/attachments`. */
export const newAttachmentSchema = named('NewAttachment', z.strictObject({
  name,
  media_type: type.nullable().optional(),
  size: size.nullable().optional(),
  sha256: sha256.nullable().optional(),
  conversation_id: idSchema('It goes when this conversation is deleted.').nullable().optional(),
}))

/** Body of `POST …/complete`. */
export const completionSchema = named('AttachmentCompletion', z.strictObject({
  size: size.nullable().optional(),
  sha256: sha256.nullable().optional(),
}))

/** An attachment as the API shows it. */
export const attachmentSchema = named('Attachment', z.object({
  id: idSchema('UUIDv7.'),
  conversation_id: idSchema('The conversation it is bound to.').nullable(),
  user_id: idSchema('Who created it.').nullable(),
  name,
  state: z.enum(['pending', 'ready']),
  declared_media_type: type.nullable(),
  media_type: z.string().nullable().describe('What it is served as; null until it is ready.'),
  size: size.nullable(),
  sha256: sha256.nullable(),
  created_at: instantSchema('When it was created.'),
  completed_at: instantSchema('When it became ready.').nullable(),
  expires_at: instantSchema('When it goes unless it is completed.').nullable(),
}))


/** An attachment in the API's names. */
export function presentAttachment(attachment: Attachment) {
  return {
    id: attachment.id,
    conversation_id: attachment.conversationId,
    user_id: attachment.userId,
    name: attachment.name,
    state: attachment.state,
    declared_media_type: attachment.declaredType,
    media_type: attachment.mediaType,
    size: attachment.size,
    sha256: attachment.sha256,
    created_at: attachment.createdAt,
    completed_at: attachment.completedAt,
    expires_at: attachment.expiresAt,
  }
}
