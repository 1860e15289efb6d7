import type { ResumableStreamContext as Original } from 'resumable-stream'
import { expect, it } from 'vitest'
import { contract, type ContractWorld } from '../../testing/index.js'
import { createResumableStreamContext, type ResumableStreamContext } from './resumable.js'

/** A source of strings that the test feeds. */
function tap() {
  let controller!: ReadableStreamDefaultController<string>
  let isCancelled = false
  const stream = new ReadableStream<string>({
    start: (given) => void (controller = given),
    cancel: () => void (isCancelled = true),
  })
  return {
    make: () => stream,
    send: (text: string) => controller.enqueue(text),
    close: () => controller.close(),
    fail: (error: unknown) => controller.error(error),
    isCancelled: () => isCancelled,
  }
}

async function textOf(stream: ReadableStream<string> | null | undefined): Promise<string> {
  let text = ''
  for await (const piece of stream!) text += piece
  return text
}

function contextOf({ organization }: Pick<ContractWorld, 'organization'>, more: object = {}) {
  const { streams } = organization
  const context = createResumableStreamContext({ streams, producerTtlSeconds: 1, ...more })
  // Code written for the package takes ours.
  return context satisfies Original
}

const never = (): ReadableStream<string> => {
  throw new Error('there is a stream already')
}

contract('resumable streams', (open) => {
  it('reach every reader from the beginning, before they end and after', async () => {
    const context = contextOf(await open())
    const source = tap()
    expect(await context.hasExistingStream('a')).toBe(null)
    expect(await context.resumeExistingStream('a')).toBe(undefined)
    const first = textOf(await context.createNewResumableStream('a', source.make))
    source.send('Hello, ')
    const second = textOf(await context.resumeExistingStream('a'))
    expect(await context.hasExistingStream('a')).toBe(true)
    source.send('wörld 😀')
    const third = textOf(await context.resumableStream('a', never, 7))
    source.close()
    expect(await Promise.all([first, second, third]))
      .toEqual(['Hello, wörld 😀', 'Hello, wörld 😀', 'wörld 😀'])
    expect(await context.hasExistingStream('a')).toBe('DONE')
    expect(await context.resumeExistingStream('a')).toBe(null)
    expect(await context.resumableStream('a', never)).toBe(null)
    expect(await context.createNewResumableStream('a', never)).toBe(null)
  })

  it('keep characters whole that arrive in halves, in any number of pieces', async () => {
    const context = contextOf(await open())
    const text = 'é😀\ud83dx𝒳'.repeat(500)
    const source = tap()
    const reading = textOf(await context.createNewResumableStream('halves', source.make))
    for (const unit of text.split('')) source.send(unit)
    source.send('\ud83d')
    source.close()
    // Half a pair alone has no bytes: it becomes what every encoder makes of it.
    expect(await reading).toBe(Buffer.from(`${text}\ud83d`).toString())
  })

  it('take texts that are longer than an append, and say when there is no more room', async () => {
    const world = await open()
    const small = await world.another({ streamBytesMax: 3_000_000 })
    const { id } = await small.organizations.create({ name: 'Small' })
    const context = contextOf({ organization: small.organization(id) })
    const text = `x${'😀'.repeat(300_000)}`
    const source = tap()
    const stream = await context.createNewResumableStream('long', source.make)
    source.send(text)
    source.close()
    expect(await textOf(stream) === text).toBe(true)
    const full = tap()
    const reading = textOf(await context.createNewResumableStream('full', full.make))
    for (let count = 0; count < 3; count += 1) full.send(text)
    await expect(reading).rejects.toMatchObject({ code: 'stream_broken' })
    expect(await context.hasExistingStream('full')).toBe('DONE')
    await expect.poll(full.isCancelled, { timeout: 5_000 }).toBe(true)
  })

  it('of any id are written by one of 20 callers, in this process or another', async () => {
    const world = await open()
    const other = world.isLasting
      ? { organization: (await world.another()).organization(world.organizationId) }
      : world
    const contexts: ResumableStreamContext[] = [contextOf(world), contextOf(other)]
    for (const id of ['x', '../..//é 😀', 'y'.repeat(255)]) {
      let made = 0
      const make = () => {
        made += 1
        return new ReadableStream<string>({
          async start(controller) {
            controller.enqueue(`made ${made}, `)
            await new Promise((done) => setTimeout(done, 20))
            controller.enqueue('whole')
            controller.close()
          },
        })
      }
      const streams = await Promise.all(Array.from({ length: 20 }, (_, index) =>
        contexts[index % 2]!.resumableStream(id, make)))
      // Whoever comes when it is done gets null, as in the package.
      const texts = await Promise.all(streams.filter((stream) => stream !== null).map(textOf))
      expect(new Set(texts)).toEqual(new Set(['made 1, whole']))
    }
  })

  it('whose source fails tell their readers, after what there was', async () => {
    const context = contextOf(await open())
    const source = tap()
    const stream = (await context.createNewResumableStream('broken', source.make))!
    const reader = stream.getReader()
    source.send('half')
    expect((await reader.read()).value).toBe('half')
    source.fail(new Error('no more tokens'))
    await expect(reader.read()).rejects.toMatchObject({
      code: 'stream_broken', message: 'no more tokens',
    })
    expect(await context.hasExistingStream('broken')).toBe('DONE')
    const failing = await context.createNewResumableStream('never', never)
    await expect(textOf(failing)).rejects.toThrow('there is a stream already')
  })

  it('go on when their reader leaves', async () => {
    const context = contextOf(await open())
    const source = tap()
    const writing: Promise<unknown>[] = []
    const waiting = { ...context, ...contextOf(await open(), {
      waitUntil: (promise: Promise<unknown>) => void writing.push(promise),
    }) }
    const stream = await waiting.createNewResumableStream('left', source.make)
    source.send('a')
    await stream!.cancel()
    source.send('b')
    const late = textOf(await waiting.resumeExistingStream('left'))
    source.send('c')
    source.close()
    await Promise.all(writing)
    expect(writing).toHaveLength(1)
    expect([await late, source.isCancelled()]).toEqual(['abc', false])
  })

  it('whose producer is lost end for their readers, with all that was durable', async () => {
    const world = await open()
    const { streams } = world.organization
    const context = contextOf(world)
    // What a killed process leaves behind.
    await streams.create('resumable-stream/lost', {
      contentType: 'text/plain; charset=utf-8', data: 'kept', ttlSeconds: 60,
    })
    const reader = (await context.resumeExistingStream('lost'))!.getReader()
    expect((await reader.read()).value).toBe('kept')
    await expect(reader.read()).rejects.toThrow('The producer of the stream was lost.')
    expect(await context.hasExistingStream('lost')).toBe('DONE')
  })

  it('whose producer is lost end though others ask for them again and again', async () => {
    const world = await open()
    const context = contextOf(world)
    await world.organization.streams.create('resumable-stream/asked', {
      contentType: 'text/plain; charset=utf-8', data: 'kept', ttlSeconds: 60,
    })
    const asking = setInterval(() => {
      void context.resumableStream('asked', never).catch(() => undefined)
      void context.createNewResumableStream('asked', never).catch(() => undefined)
    }, 100)
    try {
      const reader = (await context.resumableStream('asked', never))!.getReader()
      expect((await reader.read()).value).toBe('kept')
      const end = reader.read().catch((error: unknown) => String(error))
      const late = new Promise((done) => setTimeout(done, 5_000, 'still waiting'))
      expect(await Promise.race([end, late])).toContain('The producer of the stream was lost.')
    } finally {
      clearInterval(asking)
    }
  })

  it('stop their producer when they are closed, and stay unseen by a neighbour', async () => {
    const world = await open()
    const context = contextOf(world)
    const theirs = contextOf({ organization: world.neighbour })
    const source = tap()
    const reading = textOf(await context.createNewResumableStream('s', source.make))
    source.send('a')
    expect(await theirs.hasExistingStream('s')).toBe(null)
    expect(await theirs.resumeExistingStream('s')).toBe(undefined)
    await expect(context.resumeExistingStream('s', -1)).rejects
      .toMatchObject({ field: 'skip_characters' })
    await world.organization.streams.close('resumable-stream/s')
    await expect.poll(source.isCancelled, { timeout: 5_000 }).toBe(true)
    expect(['a', '']).toContain(await reading)
  })
})
