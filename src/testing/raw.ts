import { connect, type Socket } from 'node:net'

/** A connection on which bytes go out as they are. */
export interface RawConnection {
  readonly socket: Socket
  /** Everything received once the server has closed the connection. */
  readonly received: Promise<string>
  /** Resolves once this much of the received text matches. Rejects when the connection ends. */
  until(pattern: RegExp): Promise<string>
}

/** Connects and sends the bytes; the server decides when it ends, and for how long it is silent. */
export async function rawConnection(
  url: string, bytes: string | Buffer, { silenceMs = 10_000 } = {},
): Promise<RawConnection> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port) })
  socket.setTimeout(silenceMs, () => socket.destroy(new Error('the server says nothing')))
  let text = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  const received = new Promise<string>((resolve, reject) => {
    socket.once('close', () => resolve(text))
    // A server that refuses half-way may reset the connection; what it said before counts.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error)
    })
  })
  received.catch(() => undefined)
  const until = (pattern: RegExp) => matched({ socket, text: () => text, received }, pattern)
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve).once('error', reject)
  })
  socket.write(bytes)
  return { socket, received, until }
}

/** Sends the bytes on a connection of their own; what came back by the time it closed. */
export async function rawExchange(url: string, bytes: string | Buffer): Promise<string> {
  const { received } = await rawConnection(url, bytes)
  return received
}

interface Receiving {
  readonly socket: Socket
  readonly received: Promise<string>
  text(): string
}

function matched({ socket, received, text }: Receiving, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    const look = () => {
      if (!pattern.test(text())) return
      socket.off('data', look)
      resolve(text())
    }
    socket.on('data', look)
    look()
    received.then(() => reject(new Error(`ended after: ${text().slice(0, 500)}`)), reject)
  })
}

/** The parts of one HTTP answer as it came over the wire. */
export function wireAnswer(text: string): {
  readonly status: number
  readonly head: string
  readonly body: string
} {
  const end = text.indexOf('\r\n\r\n')
  const head = text.slice(0, end)
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]), head, body: text.slice(end + 4) }
}
