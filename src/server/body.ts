import { isUtf8 } from 'node:buffer'
import { type FastifyInstance, type FastifyRequest } from 'fastify'
import { jsonDepthMax, stringifyJson } from '../database/json.js'
import { RequestFaults, UnsupportedMediaType } from '../http/problem.js'

/** Writes JSON answers so that every number arrives as it was stored, -0 included. */
export function writeJsonBodies(server: FastifyInstance): void {
  server.setReplySerializer(stringifyJson)
}

/** Reads JSON bodies; refuses what is not UTF-8 or not JSON instead of repairing it. */
export function readJsonBodies(server: FastifyInstance): void {
  server.removeAllContentTypeParsers()
  server.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    (request, bytes, done) => {
      try {
        refuseEncoding(request)
        done(null, parseJson(bytes as Buffer))
      } catch (error) {
        done(error as Error)
      }
    },
  )
}

/** Compressed bodies are refused as such; read as they are, they would be garbage. */
export function refuseEncoding({ headers }: FastifyRequest): void {
  const encoding = headers['content-encoding']
  if (encoding === undefined || encoding.toLowerCase() === 'identity') return
  throw new UnsupportedMediaType('Send the body without Content-Encoding.', {
    field: 'header.content-encoding',
  })
}

/** A value at its own limit, inside the list and object of a request. */
const depthMax = jsonDepthMax + 5

const quote = 0x22
const backslash = 0x5c

/** Looks at brackets outside strings only; what is not JSON is the parser's to refuse. */
function isTooDeep(bytes: Buffer): boolean {
  if (bytes.length <= depthMax) return false
  let depth = 0
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index]
    if (byte === 0x5b || byte === 0x7b) depth += 1
    else if (byte === 0x5d || byte === 0x7d) depth -= 1
    else if (byte === quote) index = endOfString(bytes, index + 1)
    if (depth > depthMax) return true
  }
  return false
}

/** Where the string that begins at `start` ends; the end of the bytes when it does not. */
function endOfString(bytes: Buffer, start: number): number {
  let end = bytes.indexOf(quote, start)
  while (end !== -1 && isEscaped(bytes, end)) end = bytes.indexOf(quote, end + 1)
  return end === -1 ? bytes.length : end
}

function isEscaped(bytes: Buffer, at: number): boolean {
  let first = at
  while (bytes[first - 1] === backslash) first -= 1
  return (at - first) % 2 === 1
}

function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined
  if (!isUtf8(bytes)) throw fault('is not valid UTF-8')
  if (isTooDeep(bytes)) throw fault(`is nested deeper than ${depthMax} levels`)
  try {
    return JSON.parse(bytes.toString()) as unknown
  } catch (error) {
    throw fault(`is not valid JSON${placeIn(error as Error)}`)
  }
}

/** Where the fault is. The parser's own message shows what stands there, which may be a secret. */
function placeIn({ message }: Error): string {
  const place = /at position \d+/.exec(message)?.[0]
  if (place !== undefined) return `: look ${place}`
  return /end of JSON|Unterminated/.test(message) ? ': it ends too early' : ''
}

const fault = (message: string) => new RequestFaults([{ field: 'body', message }])
