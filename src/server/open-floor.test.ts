import { afterEach, expect, it } from 'vitest'
import { createClient } from '../client/index.js'
import { contract } from '../testing/contract.js'
import {
  specificationFile, specificationMissing,
} from '../testing/open-floor-specification.test.harness.js'
import {
  envelopeOf, manager, ScriptedAgent, utterance,
} from '../testing/open-floor.test.harness.js'
import { served } from '../testing/serving.js'
import { openApiDocument, rawRoutes, routes, startServer } from './index.js'

const serving = {
  start: startServer, endpoints: [...routes, ...rawRoutes], document: openApiDocument(),
}
const agents: ScriptedAgent[] = []
afterEach(() => agents.splice(0).forEach((agent) => agent.stop()))

interface Vector {
  readonly do: string
  readonly body?: {
    readonly conversation_id: string
    readonly speakerUri: string
    readonly priority?: number
  }
  readonly status?: number
  readonly json?: { readonly granted?: boolean; readonly holder?: string | null }
  readonly then_holder?: string
}

contract('envelopes over HTTP', (openWorld) => {
  const open = served(openWorld, serving)

  it('come in at /ofp, are routed, listed, analysed, given up and sent again', async () => {
    const world = await open()
    const { envelopes, messages } = createClient({ url: world.url, token: world.ourToken })
    const talk = `conv:é/${world.organizationId}`
    const to = { speakerUri: 'tag:guest', serviceUrl: 'http://169.254.169.254/latest' }
    const answer = await envelopes.send(envelopeOf('tag:host', talk, [
      utterance('hello there'), { eventType: 'invite', to }, utterance('for you', {
        ...to, private: true,
      }),
    ]))
    expect(answer).toStrictEqual({
      openFloor: {
        schema: { version: '1.1.0' }, conversation: { id: talk },
        sender: { speakerUri: manager }, events: [],
      },
    })
    const { data: [conversation] } = await world.organization.conversations.list()
    const { id } = conversation!
    expect(conversation!.metadata).toStrictEqual({ open_floor: { conversation_id: talk } })
    await world.organization.openFloor.pass(id)
    expect((await messages.list(id)).data).toMatchObject([
      { author: 'tag:host', content: 'hello there', role: 'user' },
    ])
    const { data: [kept] } = await envelopes.list(id)
    expect(kept).toMatchObject({ number: 1, sender: 'tag:host', reply_to: null })
    const { data: [dead] } = await envelopes.dead()
    expect(dead).toMatchObject({
      recipient: 'tag:guest', state: 'dead', attempts: 1,
      note: expect.stringContaining('not public') as string,
    })
    expect(await envelopes.resend([dead!.id])).toStrictEqual({ count: 1 })
    await world.organization.openFloor.pass(id)
    expect((await envelopes.deliveries(id, { recipient: 'tag:guest' })).data)
      .toMatchObject([{ id: dead!.id, state: 'dead' }])
    const analysis = await envelopes.analysis(id)
    expect(analysis).toMatchObject({ utterances: 1, turns: 1, whole: true })
    expect(analysis.agents).toMatchObject([
      { speaker_uri: 'tag:guest', utterances: 0, grants: 1 },
      { speaker_uri: 'tag:host', utterances: 1, words: 2, grants: 1, requests: 0 },
    ])
  })

  it('tell agents at once of a floor that was granted and revoked by calls', async () => {
    const { ours, organization, holdfast, organizationId } = await open()
    const { id } = await organization.conversations.create()
    const [floor, silent] = [`/v1/conversations/${id}/floor`, (await ours.post(
      '/v1/conversations', {})).body.id]
    await ours.put(floor, { policy: 'moderated' })
    const invited = ['tag:a', 'tag:b'].map((speakerUri) =>
      ({ eventType: 'invite', to: { speakerUri, serviceUrl: 'http://169.254.169.254/' } }))
    await ours.post('/ofp', envelopeOf(manager, id, invited))
    const worker = holdfast.openFloorWorker({ organizationId, pollMs: 50 }).start()
    const told = async () => (await organization.openFloor.deliveries(id))
      .filter(({ recipient }) => recipient === 'tag:b')
      .flatMap(({ body }) => (body.openFloor as { events?: { eventType: string }[] }).events ?? [])
      .map(({ eventType }) => eventType)
    await expect.poll(told).toStrictEqual(['invite'])
    const who = { speaker_uri: 'tag:b' }
    expect((await ours.post(`${floor}/grant`, who)).status).toBe(200)
    await expect.poll(told).toStrictEqual(['invite', 'grantFloor'])
    const key = { 'idempotency-key': 'revoked' }
    expect((await ours.post(`${floor}/revoke`, who, key)).status).toBe(200)
    await expect.poll(told).toStrictEqual(['invite', 'grantFloor', 'revokeFloor'])
    // Where no envelope ever went there is nobody to tell.
    expect((await ours.post(`/v1/conversations/${silent}/floor/join`, who)).status).toBe(200)
    expect(await organization.openFloor.deliveries(silent)).toStrictEqual([])
    await worker.close()
  })

  it('are refused with a pointer, without a token, and of another conversation', async () => {
    const { ours, theirs, guest, organization } = await open()
    const { id } = await organization.conversations.create()
    const wrong = await ours.post('/ofp', envelopeOf('a', id, [{ eventType: 'whisper' }]))
    expect([wrong.status, wrong.body.code, wrong.body.pointer]).toStrictEqual([
      400, 'invalid_envelope', '/openFloor/events/0/eventType',
    ])
    const right = envelopeOf('a', id, [])
    expect((await guest.post('/ofp', right)).status).toBe(401)
    const path = `/v1/conversations/${id}/envelopes`
    expect((await theirs.post(path, right)).status).toBe(404)
    expect((await ours.post(path, envelopeOf('a', 'other', []))).body.pointer)
      .toBe('/openFloor/conversation/id')
    expect((await ours.post(path, right)).status).toBe(200)
    const key = { 'idempotency-key': 'once' }
    for (let count = 0; count < 2; count += 1) await ours.post('/ofp', right, key)
    expect((await ours.get(path)).body.data).toHaveLength(2)
    // What they call alike is another conversation.
    expect((await theirs.post('/ofp', right)).status).toBe(200)
    expect((await ours.get(path)).body.data).toHaveLength(2)
  })

  // The vectors are not part of this project.
  it.skipIf(specificationMissing !== undefined)(
    'and the floor answer as the reference does, where it is right', async () => {
      const { ours } = await open()
      const { vectors } = specificationFile('derived/reference-http-vectors.json') as unknown as {
        readonly vectors: readonly Vector[]
      }
      const { body: { id } } = await ours.post('/v1/conversations', {})
      const floor = `/v1/conversations/${id}/floor`
      await ours.put(floor, { policy: 'exclusive', hold_seconds: 300 })
      const holder = async () => (await ours.get(floor)).body.holders[0]?.speaker_uri ?? null
      for (const vector of vectors) {
        const { body, json } = vector
        if (vector.do.includes('request')) {
          const { status, body: answer } = await ours.post(`${floor}/request`, {
            speaker_uri: body!.speakerUri, priority: body!.priority,
          })
          // Wrong there: the place in the queue is always null.
          expect([status, answer.state === 'holding']).toStrictEqual([200, json!.granted])
          if (json!.granted === false) expect(answer.request.position).toBe(1)
        } else if (vector.do.includes('release')) {
          const { status } = await ours.post(`${floor}/yield`, { speaker_uri: body!.speakerUri })
          // Wrong there: 400, though nothing is wrong with the request but its moment.
          expect(status).toBe(vector.status === 400 ? 409 : vector.status)
        } else if (vector.do.startsWith('GET')) {
          expect(await holder()).toBe(json!.holder)
        } else {
          // Wrong there: only this read would end the hold, and answer null though the next has it.
          await ours.put(floor, { policy: 'exclusive', hold_seconds: 0.05 })
          for (const speaker_uri of ['first', 'second']) {
            await ours.post(`${floor}/leave`, { speaker_uri: 'tag:beta.example.com,2025:0002' })
            await ours.post(`${floor}/request`, { speaker_uri })
          }
          await expect.poll(async () => (await ours.get(`${floor}/history`)).body.data
            .map(({ type, speaker_uri: who }: Record<string, string>) => `${type} ${who}`))
            .toEqual(expect.arrayContaining(['revoked first', 'granted second']))
        }
        if (vector.then_holder !== undefined) expect(await holder()).toBe(vector.then_holder)
      }
    })
})
