import { connect } from 'node:net'
import { Histogram } from '../harness/histogram.mjs'
import { anyOf, inTurn, messages } from '../harness/workload.mjs'

const perConnection = 64

/**
 * Keep-alive connections that post one message after another to conversations at random. The
 * requests are written beforehand and of an answer only its status and its end are looked at: a
 * client that works hard would take the processor from the servers it measures.
 */
export async function open({ url, token, conversations, path }) {
  const { hostname, port, host } = new URL(url)
  const conversation = anyOf(conversations)
  const message = inTurn(messages(500))
  const request = () => {
    const body = JSON.stringify(message())
    return Buffer.from(
      `POST /v1/conversations/${conversation()}/${path} HTTP/1.1\r\nHost: ${host}\r\n` +
      `Authorization: Bearer ${token}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
  }
  return callersOf({ hostname, port, request, status: '201' })
}

/** Slices of so many connections, each with one request in flight; `status` is what must come. */
export function callersOf({ hostname, port, request, status }) {
  const clients = []

  async function slice(callers, sliceMs) {
    while (clients.length < callers) {
      clients.push(await Client.open({ hostname, port, request, status }))
    }
    const histogram = new Histogram()
    const cpu = process.cpuUsage()
    const started = performance.now()
    const counts = await Promise.all(
      clients.slice(0, callers).map((client) => client.run(started + sliceMs, histogram)))
    const elapsedMs = performance.now() - started
    const { user, system } = process.cpuUsage(cpu)
    const operations = counts.reduce((sum, count) => sum + count, 0)
    return { operations, elapsedMs, cpuMs: (user + system) / 1000, histogram }
  }

  return { slice, close: () => clients.forEach((client) => client.close()) }
}

/** One connection with one request in flight. */
class Client {
  #socket
  #requests
  #next = 0
  #answered
  #status

  static async open({ hostname, port, request, status }) {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true })
    await new Promise((done, failed) => socket.once('connect', done).once('error', failed))
    return new Client(socket, Array.from({ length: perConnection }, request), status)
  }

  constructor(socket, requests, expected) {
    this.#socket = socket
    this.#status = expected
    this.#requests = requests
    let answer = ''
    socket.setEncoding('latin1')
    socket.on('data', (text) => {
      answer += text
      if (!isWhole(answer)) return
      const status = answer.slice(9, 12)
      answer = ''
      this.#answered(status)
    })
    socket.on('close', () => this.#answered?.('none: the connection was closed'))
  }

  async run(deadline, histogram) {
    let count = 0
    for (let before = performance.now(); before < deadline; count++) {
      const answered = new Promise((done) => { this.#answered = done })
      this.#socket.write(this.#requests[this.#next++ % perConnection])
      const status = await answered
      if (status !== this.#status) throw new Error(`the status was ${status}`)
      const now = performance.now()
      histogram.add(now - before)
      before = now
    }
    return count
  }

  close() {
    this.#answered = undefined
    this.#socket.destroy()
  }
}

function isWhole(answer) {
  const head = answer.indexOf('\r\n\r\n')
  if (head === -1) return false
  const length = /\r\ncontent-length: (\d+)/i.exec(answer)
  // An answer without a body has no length.
  if (length === null) return answer.startsWith('HTTP/1.1 204')
  return answer.length >= head + 4 + Number(length[1])
}
