import { request } from 'node:http'
import { type AddressInfo } from 'node:net'
import fastify from 'fastify'
import { expect, it } from 'vitest'
import { openHoldfast } from '../holdfast.js'
import { eventHeaders, eventStream } from '../http/events.js'
import { type RawAnswer, rawRoute } from '../http/raw.js'
import { Lifecycle } from './health.js'
import { serveRaw } from './raw.js'
import { rawRoutes, type ServerContext } from './routes.js'

/** Answers with what `answer` makes, once the client that asked has gone. */
async function answering(answer: (signal: AbortSignal) => Promise<RawAnswer>) {
  const route = rawRoute<ServerContext>()({
    operationId: 'late', method: 'GET', path: '/late', tag: 'Tests', summary: 'Answer too late',
    action: 'public', scope: 'none', input: {}, errors: [], idempotency: 'none',
    answers: { 200: { description: 'Too late' } },
    async handle(_context, { signal }) {
      const answered = await answer(signal)
      if (!signal.aborted) {
        await new Promise((done) => signal.addEventListener('abort', done, { once: true }))
      }
      return answered
    },
  })
  const holdfast = await openHoldfast()
  const server = fastify()
  const limits = { admitAddress: async () => undefined }
  serveRaw(server, holdfast, {
    routes: [route], serving: { limits: limits as never, lifecycle: new Lifecycle() },
  })
  await server.listen({ host: '127.0.0.1', port: 0 })
  const { port } = server.server.address() as AddressInfo
  return {
    /** Asks, and goes before it is answered. */
    ask() {
      const asking = request({ host: '127.0.0.1', port, path: '/late', agent: false })
      asking.on('error', () => undefined).end()
      return { leave: () => asking.destroy() }
    },
    async close() {
      await server.close()
      await holdfast.close()
    },
  }
}

it('an answer whose client goes before it begins lets go of what it holds', async () => {
  let held = 0
  async function* events() {
    held += 1
    try {
      for (;;) yield { data: 'x' }
    } finally {
      held -= 1
    }
  }
  const world = await answering(async (signal) => {
    const source = events()
    const { value } = await source.next()
    const all = async function* () {
      try {
        yield value as { data: string }
        yield* source
      } finally {
        await source.return()
      }
    }
    const body = eventStream(all(), { heartbeatMs: 1_000, signal })
    return { status: 200, headers: eventHeaders, body }
  })
  const { leave } = world.ask()
  await expect.poll(() => held).toBe(1)
  leave()
  await expect.poll(() => held).toBe(0)
  await world.close()
})

it('events of a conversation let go of it when their reader goes behind the first', async () => {
  let held = 0
  async function* events() {
    held += 1
    try {
      for (;;) yield { id: '0', type: 'ready' }
    } finally {
      held -= 1
    }
  }
  const route = rawRoutes.find(({ operationId }) => operationId === 'followConversation')!
  const leaving = new AbortController()
  const { body } = await route.handle({ conversations: { events } } as never, {
    params: { conversation_id: '00000000-0000-7000-8000-000000000000' }, query: {},
    header: () => undefined, signal: leaving.signal,
  } as never)
  const reading = (body as AsyncIterable<string>)[Symbol.asyncIterator]()
  await reading.next()
  expect(held).toBe(1)
  leaving.abort()
  await reading.return?.()
  await expect.poll(() => held).toBe(0)
})
