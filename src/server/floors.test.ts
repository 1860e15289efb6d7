import { expect, it } from 'vitest'
import { createClient, type ToldFloorEvent } from '../client/index.js'
import { contract } from '../testing/contract.js'
import { served } from '../testing/serving.js'
import { openApiDocument, rawRoutes, routes, startServer } from './index.js'

const serving = {
  start: startServer, endpoints: [...routes, ...rawRoutes], document: openApiDocument(),
}
const [a, b] = [{ speaker_uri: 'https://agents.test/a?b#c' }, { speaker_uri: 'tag:é/\u0000' }]

contract('a floor over HTTP', (openWorld) => {
  const open = served(openWorld, serving)

  it('goes from agent to agent, and tells so live and afterwards', async () => {
    const world = await open()
    const { floors } = createClient({ url: world.url, token: world.ourToken })
    const { id } = await world.organization.conversations.create()
    const told = floors.follow(id)
    expect((await told.next()).value).toMatchObject({ type: 'ready', id: '0' })
    const held = await floors.request(id, a)
    expect(held).toMatchObject({ ...a, state: 'holding', grant: { fence: 1 }, request: null })
    expect(await floors.request(id, { ...b, priority: 2, reason: 'now' })).toMatchObject({
      state: 'waiting', request: { position: 1, priority: 2, reason: 'now' },
    })
    await floors.yield(id, { ...a, fence: 1 })
    const floor = await floors.get(id)
    expect(floor).toMatchObject({
      policy: 'exclusive', hold_seconds: 300, holders: [{ ...b, fence: 2 }], queue: [],
    })
    const { data } = await floors.events(id, { after: 4 })
    expect(data.map(({ type }) => type)).toEqual(['joined', 'requested', 'yielded', 'granted'])
    const heard: ToldFloorEvent[] = []
    for await (const event of told) {
      heard.push(event)
      if (event.id === String(floor.event_count)) break
    }
    expect(heard.map(({ type }) => type).slice(-4)).toEqual(data.map(({ type }) => type))
    expect(heard.at(-1)!.data).toEqual({ conversation_id: id, ...data.at(-1) })
    await expect(floors.yield(id, a)).rejects.toMatchObject({ code: 'floor_not_held' })
    expect(await floors.leave(id, b)).toEqual({ left: true })
  })

  it('goes on behind Last-Event-ID, and refuses what is no number of an event', async () => {
    const { ours, theirs, organization: { conversations, floors } } = await open()
    const { id } = await conversations.create()
    await floors.request({ conversationId: id, speakerUri: 'a' })
    const path = `/v1/conversations/${id}/floor/events?live=false`
    const asked = async (query: string, headers = {}) =>
      [...(await ours.get(`${path}${query}`, headers)).text.matchAll(/^id: (.+)$/gm)]
        .map(([, found]) => found)
    expect(await asked('')).toEqual(['4'])
    expect(await asked('&after=2')).toEqual(['2', '3', '4'])
    expect(await asked('&after=0', { 'last-event-id': '3' })).toEqual(['3', '4'])
    for (const wrong of ['5', 'x', '-1']) {
      const answer = await ours.get(path, { 'last-event-id': wrong })
      expect(answer.status).toBe(400)
      expect(answer.text).toContain('header.last-event-id')
    }
    expect((await theirs.get(path)).status).toBe(404)
  })

  it('is granted by a convener that the settings name', async () => {
    const world = await open()
    const { floors } = createClient({ url: world.url, token: world.ourToken })
    const { id } = await world.organization.conversations.create()
    await floors.configure(id, { policy: 'moderated', convener: 'k' })
    await floors.request(id, a)
    await expect(floors.grant(id, { ...a, by: 'x' }))
      .rejects.toMatchObject({ code: 'floor_not_convener', status: 403 })
    expect((await floors.grant(id, { ...a, by: 'k' })).state).toBe('holding')
    await expect(floors.revoke(id, { ...a, reason: 'because' }))
      .rejects.toMatchObject({ code: 'invalid_input' })
    expect((await floors.revoke(id, { ...a, by: 'k' })).state).toBe('present')
    await floors.join(id, b)
    await expect(floors.cancel(id, b)).rejects.toMatchObject({ code: 'floor_request_not_found' })
  })
})
