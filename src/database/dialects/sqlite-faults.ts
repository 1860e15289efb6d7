import { isUtf8 } from 'node:buffer'
import { jsonFault } from '../json-faults.js'

/** The rule that stored text breaks, or null: `utf8` for a lone surrogate and any other bytes. */
export function textFault(bytes: Uint8Array): string | null {
  return isUtf8(bytes) ? null : 'utf8'
}

/** The rule that stored JSON breaks, or null. */
export function jsonTextFault(bytes: Uint8Array): string | null {
  if (!isUtf8(bytes)) return 'utf8'
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()
  return text.includes('\0') ? 'nul' : jsonFault(text)
}
