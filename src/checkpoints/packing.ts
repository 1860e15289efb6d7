import { promisify } from 'node:util'
import { deflateRaw, deflateRawSync, inflateRawSync } from 'node:zlib'
import { dictionary, framedDictionary } from './dictionary.js'
import { SmallDeflate } from './small-deflate.js'

/** How bytes stand in the database; the first byte says it. */
const forms = { plain: 0, oldSmall: 1, large: 2, small: 3 } as const

/** What is smaller is compressed in the window of the dictionary and at once, hint included. */
const smallMax = 4 * 1024

/**
 * Fewer bytes are never compressed: to pack and unpack them costs as much as for ten times as many,
 * and saves less than what the row around them takes.
 */
const compressedMin = 256

/** Results as small as these need no 16 KiB each, which is what zlib takes unless told. */
const small = { level: 6, memLevel: 4, windowBits: 12, chunkSize: 1024 }
const large = { level: 3 }

/** What bytes are likely to hold, and whoever reads them has. */
export type Hint = string | Uint8Array

const bytesOf = (hint: Hint): Uint8Array =>
  typeof hint === 'string' ? Buffer.from(hint) : hint

const withHint = (words: Buffer, hint: Hint) =>
  hint.length === 0 ? words : Buffer.concat([words, bytesOf(hint)])

const quick = new SmallDeflate(framedDictionary, smallMax)

const deflated = promisify(deflateRaw) as (
  bytes: Uint8Array, options: object,
) => Promise<Buffer>

/** Bytes as they are stored: compressed where that pays. */
export async function packed(bytes: Uint8Array, hint: Hint = ''): Promise<Buffer> {
  if (bytes.length < compressedMin) return formed(forms.plain, bytes)
  const isSmall = bytes.length + hint.length <= smallMax
  const dense = isSmall
    ? quick.deflate(bytes, bytesOf(hint))
      ?? deflateRawSync(bytes, { ...small, dictionary: withHint(framedDictionary, hint) })
    : await deflated(bytes, { ...large, dictionary: withHint(dictionary, hint) })
  // Reading costs time, too: a little gain is none.
  if (dense.length > bytes.length * 0.9) return formed(forms.plain, bytes)
  return formed(isSmall ? forms.small : forms.large, dense)
}

/** The bytes behind what `packed` made; of their own. Throws RangeError for anything else. */
export function unpacked(stored: Uint8Array, hint: Hint = ''): Uint8Array {
  const [form] = stored
  const rest = stored.subarray(1)
  if (form === forms.plain) return new Uint8Array(rest)
  if (form === forms.small) {
    return inflateRawSync(rest, { dictionary: withHint(framedDictionary, hint), windowBits: 12 })
  }
  const words = withHint(dictionary, hint)
  if (form === forms.oldSmall) return inflateRawSync(rest, { dictionary: words, windowBits: 12 })
  if (form === forms.large) return inflateRawSync(rest, { dictionary: words })
  throw new RangeError('bytes of an unknown form')
}

function formed(form: number, bytes: Uint8Array): Buffer {
  const stored = Buffer.allocUnsafe(bytes.length + 1)
  stored[0] = form
  stored.set(bytes, 1)
  return stored
}
