/** The part of Node's Buffer that is used where there is one; nothing here needs it. */
interface Fast {
  from(given: string | Uint8Array, encoding?: string): Uint8Array & {
    toString(encoding: string): string
  }
}

const fast = (globalThis as { readonly Buffer?: Fast }).Buffer

/** Characters that one call takes as arguments. */
const sliceMax = 8_192

/** Bytes as base64. */
export function toBase64(bytes: Uint8Array): string {
  if (fast !== undefined) return fast.from(bytes).toString('base64')
  let text = ''
  for (let at = 0; at < bytes.length; at += sliceMax) {
    text += String.fromCharCode(...bytes.subarray(at, at + sliceMax))
  }
  return btoa(text)
}

/** The bytes of base64, in an array of their own. */
export function fromBase64(text: string): Uint8Array {
  if (fast !== undefined) return new Uint8Array(fast.from(text, 'base64'))
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
}
