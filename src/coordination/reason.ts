import { ErrorReply } from '@redis/client'
import { Late } from './deadline.js'
import { HoldfastError } from '../errors.js'

/** Why a Redis is of no use, after its name: `does not answer in time`. Never with a secret. */
export function reasonOf(error: unknown): string {
  if (HoldfastError.isInstance(error)) return error.message
  if (error instanceof Late) return 'does not answer in time'
  if (error instanceof ErrorReply) return replyReason(error.message)
  const { code, message, name } = error as NodeJS.ErrnoException
  if (name === 'AggregateError' || code === 'ECONNREFUSED') return 'refuses the connection'
  if (code !== undefined && /SSL|TLS|CERT|SIGN|EPROTO/.test(code)) {
    return `does not speak TLS, or its certificate is not trusted (${code})`
  }
  if (code !== undefined) return `cannot be reached (${code})`
  if (/timeout/i.test(message)) return 'does not answer in time'
  return /closed|disconnect/i.test(message) ? 'closed the connection' : `failed: ${message}`
}

const replies: readonly (readonly [RegExp, string])[] = [
  [/^(WRONGPASS|ERR AUTH|ERR invalid password)/, 'refuses the password'],
  [/^NOAUTH/, 'asks for a password'],
  [/^(NOPERM|ERR The user executing the script can't)/, 'does not allow this user what is needed'],
  [/^READONLY/, 'is a replica and takes no writes'],
  [/^OOM/, 'has no memory left (maxmemory)'],
  [/^MISCONF/, 'takes no writes because it cannot save to its disk'],
  [/^LOADING/, 'is loading its data'],
  [/^BUSY/, 'is busy with a script'],
  [/^ERR max number of clients/, 'takes no more connections (maxclients)'],
  [/^(CLUSTERDOWN|MASTERDOWN|TRYAGAIN)/, 'is between two leaders'],
]

/** True for what a server says of its own state, whoever asks. */
export function isCondition(error: unknown): boolean {
  return error instanceof ErrorReply && replies.some(([pattern]) => pattern.test(error.message))
}

function replyReason(reply: string): string {
  return replies.find(([pattern]) => pattern.test(reply))?.[1] ?? `answers: ${reply.slice(0, 200)}`
}
