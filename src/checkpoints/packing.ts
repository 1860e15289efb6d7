import { promisify } from 'node:util'
import { deflateRaw, deflateRawSync, inflateRawSync } from 'node:zlib'
import { dictionary } from './dictionary.js'

/** How bytes stand in the database; the first byte says it. */
const forms = { plain: 0, small: 1, large: 2 } as const

/** What is smaller is compressed in the window of the dictionary and at once. */
const smallMax = 4 * 1024

/** Fewer bytes are never compressed. */
const compressedMin = 48

const small = { level: 6, memLevel: 4, windowBits: 12 }
const large = { level: 3 }

const dictionaryWith = (hint: string) =>
  hint === '' ? dictionary : Buffer.concat([dictionary, Buffer.from(hint)])

const deflated = promisify(deflateRaw) as (
  bytes: Uint8Array, options: object,
) => Promise<Buffer>

/**
 * Bytes as they are stored: compressed where that pays. `hint` is a text that they are likely to
 * hold, and that whoever reads them has.
 */
export async function packed(bytes: Uint8Array, hint = ''): Promise<Buffer> {
  if (bytes.length < compressedMin) return formed(forms.plain, bytes)
  const isSmall = bytes.length <= smallMax
  const words = dictionaryWith(hint)
  const dense = isSmall
    ? deflateRawSync(bytes, { ...small, dictionary: words })
    : await deflated(bytes, { ...large, dictionary: words })
  // Reading costs time, too: a little gain is none.
  if (dense.length > bytes.length * 0.9) return formed(forms.plain, bytes)
  return formed(isSmall ? forms.small : forms.large, dense)
}

/** The bytes behind what `packed` made; of their own. Throws RangeError for anything else. */
export function unpacked(stored: Uint8Array, hint = ''): Uint8Array {
  const [form] = stored
  const rest = stored.subarray(1)
  if (form === forms.plain) return new Uint8Array(rest)
  const words = dictionaryWith(hint)
  if (form === forms.small) return inflateRawSync(rest, { dictionary: words, windowBits: 12 })
  if (form === forms.large) return inflateRawSync(rest, { dictionary: words })
  throw new RangeError('bytes of an unknown form')
}

function formed(form: number, bytes: Uint8Array): Buffer {
  const stored = Buffer.allocUnsafe(bytes.length + 1)
  stored[0] = form
  stored.set(bytes, 1)
  return stored
}
