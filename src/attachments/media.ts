import { isUtf8 } from 'node:buffer'

/** Bytes of the beginning that are looked at. */
export const headBytes = 4_096

/** What the type is of bytes that look like nothing known. */
export const unknownType = 'application/octet-stream'

/** What text is served as, whatever it says: no browser runs it. */
export const textType = 'text/plain; charset=utf-8'

/** Bytes at a place, in hexadecimal; all of them must be there. */
type Signature = readonly (readonly [place: number, hex: string])[]

const ascii = (text: string): string => Buffer.from(text, 'latin1').toString('hex')

const signatures: readonly (readonly [type: string, signature: Signature])[] = [
  ['image/png', [[0, '89504e470d0a1a0a']]],
  ['image/jpeg', [[0, 'ffd8ff']]],
  ['image/gif', [[0, ascii('GIF87a')]]],
  ['image/gif', [[0, ascii('GIF89a')]]],
  ['image/webp', [[0, ascii('RIFF')], [8, ascii('WEBP')]]],
  ['image/avif', [[4, ascii('ftypavif')]]],
  ['image/heic', [[4, ascii('ftypheic')]]],
  ['image/bmp', [[0, ascii('BM')], [6, '00000000']]],
  ['image/tiff', [[0, '49492a00']]],
  ['image/tiff', [[0, '4d4d002a']]],
  ['application/pdf', [[0, ascii('%PDF-')]]],
  ['audio/wav', [[0, ascii('RIFF')], [8, ascii('WAVE')]]],
  ['audio/flac', [[0, ascii('fLaC')]]],
  ['audio/ogg', [[0, ascii('OggS')]]],
  ['audio/mpeg', [[0, ascii('ID3')]]],
  ['audio/mpeg', [[0, 'fffb']]],
  ['audio/mp4', [[4, ascii('ftypM4A')]]],
  ['video/mp4', [[4, ascii('ftyp')]]],
  ['video/webm', [[0, '1a45dfa3']]],
  ['application/zip', [[0, '504b0304']]],
  ['application/gzip', [[0, '1f8b08']]],
]

/** Types that may be shown in a browser: it decodes them and runs nothing. No SVG, no PDF. */
const shown = /^(?:image\/(?:png|jpeg|gif|webp|avif|bmp)|audio\/.*|video\/.*|text\/plain;.*)$/

/** Whether bytes of this type may be shown instead of saved. */
export const mayBeShown = (mediaType: string): boolean => shown.test(mediaType)

/** The type of bytes by their beginning alone; what their owner said of them counts nothing. */
export function mediaTypeOf(head: Uint8Array): string {
  const found = signatures.find(([, signature]) => signature.every(([place, hex]) =>
    Buffer.from(head.subarray(place, place + hex.length / 2)).toString('hex') === hex))
  if (found !== undefined) return found[0]
  return looksLikeText(head) ? textType : unknownType
}

/** UTF-8 without control characters but white space; the last character may be cut. */
function looksLikeText(head: Uint8Array): boolean {
  if (head.length === 0 || head.some((byte) => byte < 9 || (byte > 13 && byte < 32))) return false
  const cuts = head.length < headBytes ? [0] : [0, 1, 2, 3]
  return cuts.some((cut) => isUtf8(head.subarray(0, head.length - cut)))
}
