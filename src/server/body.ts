import { isUtf8 } from 'node:buffer'
import { type FastifyInstance } from 'fastify'
import { RequestFaults } from '../http/problem.js'

/** Reads JSON bodies; refuses what is not UTF-8 or not JSON instead of repairing it. */
export function readJsonBodies(server: FastifyInstance): void {
  server.removeAllContentTypeParsers()
  server.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    (_request, bytes, done) => {
      try {
        done(null, parseJson(bytes as Buffer))
      } catch (error) {
        done(error as Error)
      }
    },
  )
}

function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined
  if (!isUtf8(bytes)) throw fault('is not valid UTF-8')
  try {
    return JSON.parse(bytes.toString()) as unknown
  } catch (error) {
    throw fault(`is not valid JSON: ${(error as Error).message.slice(0, 200)}`)
  }
}

const fault = (message: string) => new RequestFaults([{ field: 'body', message }])
