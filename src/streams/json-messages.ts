import { isUtf8 } from 'node:buffer'
import { jsonDepthMax } from '../database/json.js'
import { InvalidInput } from '../errors.js'

/** A list of messages, and each at its own limit. */
const depthMax = jsonDepthMax + 5

/**
 * The messages in a JSON text, each as it was written: the elements of a list, or the one value
 * itself. Nothing is written anew, so that numbers of any size come back as they came. Throws
 * InvalidInput.
 */
export function messagesIn(bytes: Uint8Array, field = 'body'): string[] {
  if (!isUtf8(bytes)) throw fault(field, 'is not valid UTF-8')
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()
  const commas = commasIn(text, field)
  try {
    JSON.parse(text)
  } catch (error) {
    throw fault(field, `is not valid JSON: ${(error as Error).message.slice(0, 200)}`)
  }
  const start = text.search(/\S/)
  if (text[start] !== '[') return [text.trim()]
  const ends = [...commas, text.trimEnd().length - 1]
  const parts = ends.map((end, index) => text.slice((ends[index - 1] ?? start) + 1, end).trim())
  return parts.length === 1 && parts[0] === '' ? [] : parts
}

/** Messages as a JSON stream keeps them. */
export function joined(messages: readonly string[]): Uint8Array {
  return Buffer.from(messages.join(','))
}

/** The messages of a chunk of a JSON stream. */
export function messagesOf(chunk: Uint8Array): string[] {
  return messagesIn(Buffer.concat([Buffer.from('['), chunk, Buffer.from(']')]))
}

/** Where the commas of the outermost list stand. Throws InvalidInput for a text nested too deep. */
function commasIn(text: string, field: string): number[] {
  const commas: number[] = []
  let depth = 0
  for (let index = 0; index < text.length; index++) {
    const unit = text[index]
    if (unit === '"') index = endOfString(text, index + 1)
    else if (unit === '[' || unit === '{') depth += 1
    else if (unit === ']' || unit === '}') depth -= 1
    else if (unit === ',' && depth === 1) commas.push(index)
    if (depth > depthMax) throw fault(field, `is nested deeper than ${depthMax} levels`)
  }
  return commas
}

/** Where the string that begins at `start` ends; the end of the text when it does not. */
function endOfString(text: string, start: number): number {
  for (let index = start; index < text.length; index++) {
    if (text[index] === '\\') index += 1
    else if (text[index] === '"') return index
  }
  return text.length
}

const fault = (field: string, rule: string) => new InvalidInput(`${field} ${rule}`, { field })
