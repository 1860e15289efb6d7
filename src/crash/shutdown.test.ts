import { afterEach, describe, expect, it, vi } from 'vitest'
import pg from 'pg'
import { openSqlite } from '../database/dialects/sqlite-connection.js'
import { type DatabaseLease, drawnEngines } from '../testing/engines.js'
import { Arena } from './arena.js'
import { kindOf, pause, until } from './load.js'
import { figuresOf } from './scene.js'
import { entryPoint, ServerProcess } from './server-process.js'
import { Watch } from './watch.js'
import { Wire } from './wire.js'

/** Holds up every write; the function it gives lets them go on. */
type HoldUp = (url: string) => Promise<() => Promise<void>>

const holdUpFile: HoldUp = async (url) => {
  const connection = await openSqlite(url.replace('sqlite:', ''))
  connection.exec('begin immediate')
  return async () => connection.close()
}

const holdUpTable: HoldUp = async (url) => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query('begin; lock table messages in exclusive mode')
  return () => client.end()
}

const [file, server] = drawnEngines()
const kinds = [
  { engine: file!, holdUp: holdUpFile },
  { engine: server!, holdUp: holdUpTable },
]

vi.setConfig({ testTimeout: 60_000 })

/** What a run leaves to be cleaned up. */
const leftovers: (() => unknown)[] = []

afterEach(async () => {
  for (const clean of leftovers.splice(0).reverse()) await clean()
})

for (const { engine, holdUp } of kinds) {
  const reason = engine.missing === undefined ? '' : `: did not run: ${engine.missing}`
  describe.skipIf(engine.missing !== undefined)(`[${engine.name}] SIGTERM${reason}`, () => {
    it('lets what is in flight be answered, then ends with 0', async () => {
      const { server, arena, lease } = await begin(() => engine.create())
      const release = await holdUp(lease.url)
      const url = `${server.url}/v1/conversations/${arena.conversations[0]}/messages`
      const body = { role: 'user', content: 'in flight' }
      const append = { method: 'POST', url, token: arena.token, body } as const
      const calls = Array.from({ length: 20 }, () => arena.wire.send(append))
      const answers = Promise.all(calls.map((call) => call.then(({ status }) => status, String)))
      await haveArrived(server)
      const ending = server.stop('SIGTERM')
      await pause(300)
      expect(server.isRunning).toBe(true)
      await release()
      expect(await answers).toEqual(Array.from({ length: 20 }, () => 201))
      expect(await ending).toEqual({ code: 0, signal: null })
    })

    it('under load loses nothing that was acknowledged', async () => {
      const { server, arena, lease } = await begin(() => engine.create())
      let starting = Promise.resolve(server)
      const target = async () => (await starting).url
      const load = arena.load({ target, writers: 64, keyed: true })
      await until('writers write', () => load.acknowledged > 500)
      expect(await server.stop('SIGTERM')).toEqual({ code: 0, signal: null })
      starting = ServerProcess.start({ database: lease.url })
      leftovers.push(() => starting.then((server) => server.stop('SIGKILL'), () => undefined))
      await load.stop()
      const judgement = await arena.judgement(await starting)
      console.log(`${engine.name}: ${figuresOf(judgement, load)}`)
      expect({ faults: load.faults, breaches: judgement.breaches })
        .toEqual({ faults: [], breaches: [] })
      expect(judgement.kept).toBe(judgement.attempted)
    })
  })
}

describe('draining', () => {
  it('says not ready first, and serves until the time is over', async () => {
    const { server, arena } = await begin(() => file!.create(), 2_500)
    const watch = Watch.start(server)
    leftovers.push(() => watch.stop())
    await until('the server is ready', () => watch.isReady)
    const ending = server.stop('SIGTERM')
    await until('readyz says no', () => !watch.isReady, 1_000)
    const url = `${server.url}/v1/conversations/${arena.conversations[0]}/messages`
    const body = { role: 'user', content: 'while draining' }
    const answer = await arena.wire.send({ method: 'POST', url, token: arena.token, body })
    expect(kindOf(answer)).toBe('201 no code')
    const ready = await arena.wire.send({ url: `${server.url}/readyz` })
    const { checks } = JSON.parse(ready.text) as { checks: object }
    expect(checks).toEqual({ serving: 'draining', database: 'ok', coordination: 'ok' })
    await watch.stop()
    expect(watch.deaths).toEqual([])
    expect(await ending).toEqual({ code: 0, signal: null })
  })
})

/** What was sent before has been read when later questions have been answered one by one. */
async function haveArrived({ url }: ServerProcess): Promise<void> {
  const wire = new Wire(1)
  for (let count = 0; count < 50; count += 1) await wire.ask({ url: `${url}/livez` })
  wire.close()
}

async function begin(create: () => Promise<DatabaseLease>, drainMs?: number) {
  const lease = await create()
  leftovers.push(() => lease.drop())
  const instead = drainMs === undefined ? undefined : drainingServer(lease.url, drainMs)
  const server = await ServerProcess.start({ database: lease.url, instead })
  leftovers.push(() => server.stop('SIGKILL'))
  const arena = await Arena.on(server)
  leftovers.push(() => arena.close())
  return { server, arena, lease }
}

/** A server on the library's surface alone, with the one option that the command does not have. */
function drainingServer(database: string, drainMs: number): readonly string[] {
  const part = (name: string) => JSON.stringify(entryPoint(name))
  return ['--input-type=module', '--eval', `
    import { openHoldfast } from ${part('index')}
    import { startServer } from ${part('server')}
    const holdfast = await openHoldfast({ database: ${JSON.stringify(database)} })
    const { serviceTokens } = holdfast.organization()
    const { token } = await serviceTokens.create({ name: 'test', scopes: ['*'] })
    const server = await startServer({ holdfast, port: 0, drainMs: ${drainMs}, logLevel: 'warn' })
    process.once('SIGTERM', () => server.close().then(() => holdfast.close()))
    console.log(JSON.stringify({ url: server.url, database: '', admin_token: token }))
  `]
}
