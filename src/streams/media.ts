import { InvalidInput } from '../errors.js'

/** Of streams created without a content type. */
export const contentTypeDefault = 'application/octet-stream'

/** Streams of this type keep their messages apart. */
export const jsonType = 'application/json'

/** Stands for every type but JSON, for appends that name none. */
export const anyBytes = '*'

/** Characters of a content type at most. */
const contentTypeMax = 255

const pattern = /^[\w!#$&^.+-]+\/[\w!#$&^.+*-]+(\s*;[\t\x20-\x7e]*)?$/

/** The type alone, in lower case: what two content types are compared by. */
export function mediaTypeOf(contentType: string): string {
  return contentType.split(';', 1)[0]!.trim().toLowerCase()
}

/** Whether a text is a content type at all. */
export function isContentType(text: string): boolean {
  return text.length <= contentTypeMax && pattern.test(text.trim())
}

/** Throws InvalidInput for what is no content type. */
export function checkContentType(contentType: string): void {
  if (typeof contentType === 'string' && isContentType(contentType)) return
  const rule = 'must be a media type such as text/plain'
  throw new InvalidInput(`content_type ${rule}`, { field: 'content_type' })
}

/** Whether what is read can be shown as text. */
export function isText(mediaType: string): boolean {
  return mediaType === jsonType || mediaType.startsWith('text/')
}
