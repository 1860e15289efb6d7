import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { type DatabaseLease, drawnEngines } from '../testing/engines.js'
import { Random } from './random.js'
import { ServerProcess } from './server-process.js'
import { StreamReaderClient } from './stream-reader.js'

/** How often the producer is killed; a release asks for 50. */
const kills = Number(process.env.HOLDFAST_TEST_STREAM_KILLS ?? 3)

/** Every so many kills the server is killed with it. */
const serverEvery = 3
const readerCount = 20
const tokensAtLast = 50
/** Machines that test much at once are slow to start anything. */
const startMs = 60_000
const script = fileURLToPath(new URL('./stream-producer.mjs', import.meta.url))

const tokenOf = (number: number) => `${String(number).padStart(7, '0')}\n`

/** The producer that takes its turn; tells the greatest token it was told is durable. */
function produce(words: readonly string[]) {
  const child = spawn(process.execPath, [script, ...words], { stdio: ['ignore', 'pipe', 'pipe'] })
  let [said, failure, durable] = ['', '', -1]
  let begin = () => {}
  const begun = new Promise<void>((resolve) => (begin = resolve))
  child.stderr.on('data', (text) => (failure += String(text)))
  child.stdout.on('data', (text) => {
    said += String(text)
    const lines = said.split('\n')
    said = lines.pop()!
    durable = Number(lines.at(-1) ?? durable)
    begin()
  })
  const ended = once(child, 'close')
  return {
    begun: Promise.race([begun, ended]), ended,
    kill: () => child.kill('SIGKILL'),
    report: () => ({ durable, failure }),
  }
}

/** A stream over HTTP whose server may be killed and started anew. */
class Stage {
  readonly #lease: DatabaseLease
  server: ServerProcess
  readonly token: string

  private constructor(lease: DatabaseLease, server: ServerProcess) {
    this.#lease = lease
    this.server = server
    this.token = server.adminToken!
  }

  static async on(lease: DatabaseLease): Promise<Stage> {
    const stage = new Stage(lease, await ServerProcess.start({ database: lease.url, startMs }))
    const headers = { authorization: `Bearer ${stage.token}`, 'content-type': 'text/plain' }
    await fetch(stage.url(), { method: 'PUT', headers })
    return stage
  }

  url(): string {
    return `${this.server.url}/v1/streams/answers/of-the-agent`
  }

  async restart(): Promise<void> {
    await this.server.stop('SIGKILL')
    this.server = await ServerProcess.start({ database: this.#lease.url, startMs })
  }

  async close(): Promise<void> {
    await this.server.stop('SIGKILL')
    await this.#lease.drop()
  }
}

// What is in memory ends with its process.
for (const engine of drawnEngines()) {
  const reason = engine.missing === undefined ? '' : `: did not run: ${engine.missing}`
  describe.skipIf(engine.missing !== undefined)(`[${engine.name}] streams${reason}`, () => {
    it('reach all readers whole and once, though producer and server are killed', async () => {
      const stage = await Stage.on(await engine.create())
      const random = new Random()
      const { token } = stage
      const readers = Array.from({ length: readerCount }, () =>
        new StreamReaderClient({ url: () => stage.url(), token, random }))
      const reading = Promise.all(readers.map((reader) => reader.read()))
      try {
        let durable = -1
        for (let epoch = 0; epoch < kills; epoch += 1) {
          const producer = produce([stage.url(), token, 'agent', String(epoch)])
          await producer.begun
          await sleep(random.between(0, 400))
          const withServer = epoch % serverEvery === serverEvery - 1
          if (withServer) await stage.restart()
          producer.kill()
          await producer.ended
          const report = producer.report()
          // It may see the server go before it goes itself.
          if (!withServer) expect(report.failure).toBe('')
          durable = Math.max(durable, report.durable)
        }
        const last = produce([stage.url(), token, 'agent', String(kills), String(tokensAtLast)])
        await last.ended
        expect(last.report().failure).toBe('')
        await reading
        const count = readers[0]!.text.length / 8
        const expected = Array.from({ length: count }, (_, index) => tokenOf(index)).join('')
        for (const { text } of readers) expect(text === expected).toBe(true)
        expect(count).toBe(last.report().durable + 1)
        expect(count).toBeGreaterThan(durable + tokensAtLast)
        const connections = readers.reduce((sum, reader) => sum + reader.connections, 0)
        console.log(`${engine.name}: ${kills} kills, ${count} tokens, ${connections} connections`)
      } finally {
        for (const reader of readers) reader.isDone = true
        await reading
        await stage.close()
      }
    }, 180_000 + kills * 20_000)
  })
}
