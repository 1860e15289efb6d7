import { lookup as lookUp, type LookupAddress } from 'node:dns'
import { request as requestHttp, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { JoinedSignal } from '../../joined-signal.js'
import { plainAddress } from './addresses.js'
import { OutboundRefused } from './errors.js'
import { type OpenFloorSettings } from './settings.js'

/** A call of an agent. */
export interface OutboundCall {
  readonly url: string
  /** JSON, in UTF-8. */
  readonly body: Buffer
  /** The same for every attempt. */
  readonly id: string
  readonly signal: AbortSignal
}

/** What an agent answered. */
export interface OutboundAnswer {
  readonly status: number
  /** Undefined when it was longer than allowed, or broke off. */
  readonly body: string | undefined
}

/** The agent could not be reached, or did not answer in time. */
export class OutboundFailed extends Error {
  override readonly name = 'OutboundFailed'
}

/** Calls agents, and nothing else of the inner network. */
export class Outbound {
  readonly #settings: OpenFloorSettings

  constructor(settings: OpenFloorSettings) {
    this.#settings = settings
  }

  /**
   * POSTs to an agent. Redirects are answers like others and are not followed. The address that
   * was checked is the one that is called. Throws OutboundRefused, OutboundFailed.
   */
  async post({ url: given, body, id, signal }: OutboundCall): Promise<OutboundAnswer> {
    const url = this.#target(given)
    const { timeoutMs } = this.#settings
    const ending = new JoinedSignal({ signals: [signal], timeoutMs })
    const options: RequestOptions = {
      method: 'POST', agent: false, lookup: this.#lookup(url),
      signal: ending.signal,
      headers: {
        'content-type': 'application/json; charset=utf-8', accept: 'application/json',
        'content-length': body.length, 'idempotency-key': id,
      },
    }
    try {
      const response = await sent(url, options, body)
      return { status: response.statusCode ?? 0, body: await this.#read(response) }
    } catch (cause) {
      const refused = refusalIn(cause)
      if (refused !== undefined) throw refused
      if (signal.aborted) throw signal.reason
      const reason = ending.isLate ? `no answer within ${timeoutMs} ms` : messageOf(cause)
      throw new OutboundFailed(reason, { cause })
    } finally {
      ending.end()
    }
  }

  /** Throws OutboundRefused. */
  #target(given: string): URL {
    const url = URL.canParse(given) ? new URL(given) : undefined
    if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.hostname === '') {
      throw new OutboundRefused(`${given} is no http or https URL.`)
    }
    if (url.username !== '' || url.password !== '') {
      throw new OutboundRefused('A service URL must not hold a user or a password.')
    }
    // A host that is an address is not looked up; the parser has made one form of all spellings.
    const literal = plainAddress(url.hostname)
    if (isIP(literal) !== 0) this.#check(literal, url)
    return url
  }

  #lookup(url: URL): LookupFunction {
    return (host, options, done) => {
      lookUp(host, { ...options, all: true }, (error, found: LookupAddress[]) => {
        if (error !== null) return done(error, [])
        try {
          // Of several addresses any may be called.
          for (const { address } of found) this.#check(address, url)
        } catch (refused) {
          return done(refused as Error, [])
        }
        if (options.all === true) return done(null, found)
        done(null, found[0]!.address, found[0]!.family)
      })
    }
  }

  #check(address: string, { hostname, port: given, protocol }: URL): void {
    const port = given === '' ? (protocol === 'https:' ? 443 : 80) : Number(given)
    const { allowed } = this.#settings
    if (allowed.hasHost(hostname, port) || allowed.hasAddress(address, port)) return
    throw new OutboundRefused(
      `${hostname} is ${address}, which is not public; if it is to be called, allow it.`)
  }

  async #read(response: IncomingMessage): Promise<string | undefined> {
    const pieces: Buffer[] = []
    let length = 0
    for await (const piece of response as AsyncIterable<Buffer>) {
      length += piece.length
      if (length > this.#settings.answerBytesMax) {
        response.destroy()
        return undefined
      }
      pieces.push(piece)
    }
    return Buffer.concat(pieces).toString('utf8')
  }
}

function sent(url: URL, options: RequestOptions, body: Buffer): Promise<IncomingMessage> {
  return new Promise((done, fail) => {
    const request = url.protocol === 'https:' ? requestHttps : requestHttp
    request(url, options, done).once('error', fail)
      // One that is answered with another protocol ends without an error, and without an answer.
      .once('close', () => fail(new Error('the connection was closed without an answer')))
      .end(body)
  })
}

function refusalIn(cause: unknown): Error | undefined {
  for (let each = cause; each instanceof Error; each = each.cause) {
    if (each instanceof OutboundRefused) return each
  }
  return undefined
}

function messageOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  const { code } = cause as NodeJS.ErrnoException
  return cause.message === '' ? code ?? cause.name : cause.message
}
