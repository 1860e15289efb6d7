import { type JsonValue } from '../database/json.js'

/** A text in a JSON value, and where. */
export interface FoundText {
  /** A JSON pointer (RFC 6901); empty for the value itself. */
  readonly path: string
  readonly text: string
}

/** UTF-16 code units of one value's texts that are looked into. */
export const textLengthMax = 256 * 1024

/** Keys whose values name, type or carry something instead of saying it. */
const silentKeys = new Set([
  'id', 'type', 'role', 'data', 'base64', 'b64_json', 'bytes', 'signature', 'encoding', 'format',
  'encrypted_content', 'mimetype', 'mime_type', 'mediatype', 'media_type', 'contenttype',
  'content_type', 'sha256',
])
const idKey = /(?:_id|Id|_ids|Ids)$/
const dataUrl = /^data:[^,]{0,200},/i
const encodedBytes = /^[A-Za-z0-9+/_=-]{256,}$/

/**
 * The strings of a value in the order they stand, keys left out: those under keys that say nothing
 * (`id`, `…_id`, `type`, `data`, …), `data:` URLs and long rows of base64 hold no words. They are
 * cut where together they exceed 256 Ki code units.
 */
export function textsOf(value: JsonValue): FoundText[] {
  if (typeof value === 'string') return [{ path: '', text: value.slice(0, textLengthMax) }]
  const gathered: Gathered = { texts: [], left: textLengthMax }
  gather(value, '', gathered)
  return gathered.texts
}

interface Gathered {
  readonly texts: FoundText[]
  left: number
}

/** No value is deeper than what the border lets in, so that this ends. */
function gather(value: JsonValue, path: string, gathered: Gathered): void {
  if (gathered.left <= 0 || value === null) return
  if (typeof value === 'string') {
    if (saysNothing(value)) return
    const text = value.slice(0, gathered.left)
    gathered.left -= text.length
    gathered.texts.push({ path, text })
  } else if (Array.isArray(value)) {
    value.forEach((each, index) => gather(each, `${path}/${index}`, gathered))
  } else if (typeof value === 'object') {
    for (const key of Object.keys(value)) {
      if (silentKeys.has(key.toLowerCase()) || idKey.test(key)) continue
      gather(value[key]!, `${path}/${escaped(key)}`, gathered)
    }
  }
}

const saysNothing = (text: string): boolean =>
  text === '' || dataUrl.test(text.slice(0, 256)) || encodedBytes.test(text)

const escaped = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1')
