import { afterEach, expect, it } from 'vitest'
import { openHoldfast } from '../holdfast.js'
import { startServer } from '../server/index.js'
import { createClient, type Fetch, type ToldRunEvent } from './index.js'

const leftovers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const clean of leftovers.splice(0).reverse()) await clean()
})

/** A client, a run that has begun, and a way to break what is followed. */
async function begun() {
  const holdfast = await openHoldfast()
  leftovers.push(() => holdfast.close())
  const server = await startServer({ holdfast, port: 0, logLevel: 'silent' })
  leftovers.push(() => server.close())
  const { token } = await holdfast.organization().serviceTokens.create(
    { name: 'engine', scopes: ['workflows:*', 'runs:*'] })
  const connections: AbortController[] = []
  const breaking: Fetch = async (url, init) => {
    if (!url.includes('/events')) return fetch(url, init)
    const cut = new AbortController()
    connections.push(cut)
    const signal = AbortSignal.any([cut.signal, init.signal!])
    return fetch(url, { ...init, signal })
  }
  const { workflows, runs } = createClient({ url: server.url, token, fetch: breaking })
  await workflows.create({ name: 'x', handle: 'flow' })
  await workflows.createVersion('flow', { graph: 1 })
  const { id } = await runs.create('flow', { queue: null })
  await runs.start(id)
  return { connections, workflows, runs, id }
}

const brief = ({ type, data }: ToldRunEvent) =>
  (type === 'run' ? `run ${data.status}` : `step ${data.number} ${data.status}`)

async function told(events: AsyncIterable<ToldRunEvent>): Promise<string[]> {
  const all = []
  for await (const event of events) all.push(brief(event))
  return all
}

it('a run is followed to its end over the client, each step as it begins and ends', async () => {
  const { runs, id } = await begun()
  const events = runs.follow(id)
  expect(brief((await events.next()).value!)).toBe('run running')
  const { steps: [a] } = await runs.appendSteps(id, { steps: [{ name: 'a', status: 'running' }] })
  expect((await events.next()).value).toEqual({ type: 'step', id: '1.1', data: a })
  const ended = await runs.finishStep(a!, { output: 1 })
  expect((await events.next()).value).toEqual({ type: 'step', id: '1', data: ended })
  expect(await runs.getStep(a!)).toEqual(ended)
  await expect(runs.getStep({ run_id: id, number: 9 }))
    .rejects.toMatchObject({ code: 'step_not_found' })
  await runs.appendSteps(id, { steps: [{ name: 'b' }] })
  const over = await runs.succeed(id, { output: 2 })
  expect((await events.next()).value).toMatchObject({ type: 'step', data: { number: 2 } })
  expect((await events.next()).value).toEqual({ type: 'run', id: '2', data: over })
  expect(await events.next()).toEqual({ value: undefined, done: true })
})

it('a follower goes on behind the last event when its connection breaks', async () => {
  const { connections, runs, id } = await begun()
  const events = runs.follow(id)
  const heard: string[] = []
  const next = async () => heard.push(brief((await events.next()).value!))
  await next()
  await runs.appendSteps(id, { steps: [{ name: 'a' }] })
  await next()
  connections[0]!.abort()
  await runs.appendSteps(id, { steps: [{ name: 'b' }] })
  await next()
  await runs.fail(id, { error: 'no' })
  heard.push(...await told(events))
  expect(heard).toEqual(['run running', 'step 1 succeeded', 'step 2 succeeded', 'run failed'])
  expect(connections).toHaveLength(2)
})

it('what a run did is told without waiting, from an event on, or until aborted', async () => {
  const { connections, workflows, runs, id } = await begun()
  await runs.appendSteps(id, { steps: [{ name: 'a' }, { name: 'b' }] })
  expect(await told(runs.follow(id, { live: false })))
    .toEqual(['run running', 'step 1 succeeded', 'step 2 succeeded'])
  expect(await told(runs.follow(id, { live: false, after: '1' })))
    .toEqual(['run running', 'step 2 succeeded'])
  expect(connections).toHaveLength(2)
  const controller = new AbortController()
  const heard: string[] = []
  await expect((async () => {
    for await (const event of runs.follow(id, { after: '2', signal: controller.signal })) {
      heard.push(brief(event))
      controller.abort(new Error('enough'))
    }
  })()).rejects.toThrow('enough')
  expect(heard).toEqual(['run running'])
  await expect(told(runs.follow(id, { after: 'x' }))).rejects.toMatchObject({ status: 400 })
  const following = told(runs.follow(id))
  await workflows.delete('flow')
  await expect(following).rejects.toMatchObject({ code: 'run_not_found' })
})
