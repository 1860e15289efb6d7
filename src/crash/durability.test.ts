import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Arena } from './arena.js'
import { pause } from './load.js'
import { ServerProcess } from './server-process.js'
import { readTrace, type SystemCall, traced, tracingMissing } from './trace.js'

const appends = 25
const missing = tracingMissing()
const reason = missing === undefined ? '' : `: did not run: ${missing}`

describe.skipIf(missing !== undefined)(`durability of a SQLite file${reason}`, () => {
  let folder: string
  let calls: SystemCall[]

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-trace-'))
    const file = join(folder, 'trace')
    const database = `sqlite:${join(folder, 'test.db')}`
    const server = await ServerProcess.start({ database, under: traced(file) })
    const arena = await Arena.on(server, 1)
    const url = `${server.url}/v1/conversations/${arena.conversations[0]}/messages`
    for (let count = 1; count <= appends; count += 1) {
      const body = { role: 'user', content: `append ${count}.` }
      await arena.wire.ask({ method: 'POST', url, token: arena.token, body }, 201)
    }
    await arena.close()
    await endTraced(server)
    calls = readTrace(file)
  })

  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('answers an append only after what it wrote to the log was synced to disk', () => {
    const undurable = []
    for (let count = 1; count <= appends; count += 1) {
      const fault = faultOf(between(calls, `append ${count}.`))
      if (fault !== undefined) undurable.push(`append ${count}: ${fault}`)
    }
    expect(undurable).toEqual([])
  })

  it('is watched closely enough to see an answer that came too early', () => {
    const withoutSync = calls.filter(({ name }) => !/sync/.test(name))
    expect(faultOf(between(withoutSync, 'append 1.'))).toBe('the log was not synced after it')
    const withoutWrite = calls.filter(({ name }) => name !== 'pwrite64')
    expect(faultOf(between(withoutWrite, 'append 1.'))).toBe('nothing was written to the log')
  })
})

/** What the process did from the arrival of a request to the beginning of its answer. */
function between(calls: readonly SystemCall[], content: string): readonly SystemCall[] {
  const arrived = calls.findIndex(
    ({ name, text }) => /^(read|recv)/.test(name) && text.includes(content),
  )
  if (arrived === -1) throw new Error(`the trace shows no request with ${content}`)
  const rest = calls.slice(arrived + 1)
  const answered = rest.findIndex(({ text }) => text.includes('HTTP/1.1 201'))
  if (answered === -1) throw new Error(`the trace shows no answer to ${content}`)
  return rest.slice(0, answered)
}

function faultOf(calls: readonly SystemCall[]): string | undefined {
  const onLog = calls.filter(({ target }) => target.endsWith('-wal'))
  const lastWrite = onLog.findLastIndex(({ name, result }) => name === 'pwrite64' && result > 0)
  if (lastWrite === -1) return 'nothing was written to the log'
  const synced = onLog.slice(lastWrite + 1).some(
    ({ name, result }) => /^(fsync|fdatasync)$/.test(name) && result === 0,
  )
  return synced ? undefined : 'the log was not synced after it'
}

/** The server is the tracer's only child; when it has gone the tracer goes too. */
async function endTraced(server: ServerProcess): Promise<void> {
  const path = `/proc/${server.pid}/task/${server.pid}/children`
  const children = readFileSync(path, 'utf8').trim().split(' ')
  for (const pid of children) process.kill(Number(pid), 'SIGTERM')
  await Promise.race([server.ended, pause(10_000)])
  if (server.isRunning) throw new Error('the traced server did not end')
}
