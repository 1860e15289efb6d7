import { expect, it } from 'vitest'
import { createClient } from '../client/index.js'
import { contract } from '../testing/contract.js'
import { served } from '../testing/serving.js'
import { openApiDocument, routes, startServer } from './index.js'

const serving = { start: startServer, endpoints: routes, document: openApiDocument() }

const manifestOf = (speakerUri: string) => ({
  identification: {
    speakerUri, serviceUrl: 'https://agents.example/é', organization: 'Example',
    conversationalName: 'É', synopsis: 'An agent.',
  },
  capabilities: [{
    keyphrases: ['visa'], descriptions: ['travel'], languages: ['et'],
    supportedLayers: { output: ['text'], input: ['text', 'audio'] },
  }],
})

contract('agents over HTTP', (openWorld) => {
  const open = served(openWorld, serving)

  it('are named in paths by any URI, percent-encoded', async () => {
    const { ours, theirs } = await open()
    for (const uri of [
      'tag:example.com,2025:ünï/co de', 'https://a.example/b?c=d#e%2F', 'a:/../..', '漢'.repeat(255),
      '\u0000\ufdd0🪑', 'discover', 'x/heartbeat',
    ]) {
      const path = `/v1/agents/${encodeURIComponent(uri)}`
      const put = await ours.put(path, { manifest: manifestOf(uri), metadata: { uri } })
      expect([put.status, put.headers.etag]).toEqual([200, '"1"'])
      expect(put.body).toMatchObject({
        speaker_uri: uri, service_url: 'https://agents.example/é', status: 'online',
        ttl_seconds: 120, metadata: { uri }, revision: 1, capabilities: [],
      })
      expect(JSON.stringify(put.body.manifest)).toBe(JSON.stringify(manifestOf(uri)))
      expect((await ours.get(path)).body).toEqual(put.body)
      expect((await ours.post(`${path}/heartbeat`, undefined)).body).toEqual({
        speaker_uri: uri, heartbeat_at: put.body.heartbeat_at, expires_at: put.body.expires_at,
      })
      const stale = await ours.put(path, {}, { 'if-match': '"2"' })
      expect([stale.status, stale.body.code]).toEqual([412, 'revision_conflict'])
      for (const answer of [
        await theirs.get(path), await theirs.post(`${path}/heartbeat`, undefined),
        await theirs.delete(path),
      ]) expect([answer.status, answer.body.code]).toEqual([404, 'agent_not_found'])
      expect((await ours.delete(path)).status).toBe(204)
      expect((await ours.get(path)).body.code).toBe('agent_not_found')
    }
  })

  it('are found and listed page by page with the client', async () => {
    const world = await open()
    const { agents } = createClient({ url: world.url, token: world.ourToken })
    for (const uri of ['tag:c', 'tag:b/ü', 'tag:a']) {
      await agents.register(uri, { manifest: manifestOf(uri) })
    }
    await agents.register('tag:plain', { capabilities: ['web_search'], ttl_seconds: null })
    const search = { keyphrases: ['visa', 'travel'], input_layers: ['audio'], limit: 2 }
    const found: [string, number][] = []
    for await (const { speaker_uri: uri, score } of agents.eachFound(search)) {
      found.push([uri, score])
    }
    expect(found).toEqual([['tag:a', 12], ['tag:b/ü', 12], ['tag:c', 12]])
    const listed: string[] = []
    for await (const { speaker_uri: uri } of agents.each({ limit: 1 })) listed.push(uri)
    expect(listed).toEqual(['tag:a', 'tag:b/ü', 'tag:c', 'tag:plain'])
    expect((await agents.list({ status: 'stale' })).data).toEqual([])
    expect(await agents.heartbeat('tag:plain')).toMatchObject({ expires_at: null })
    await agents.deregister('tag:plain')
    await expect(agents.heartbeat('tag:plain')).rejects.toMatchObject({ code: 'agent_not_found' })
  })

  it('name every fault of what is wrong, and where', async () => {
    const { ours } = await open()
    const manifest = {
      identification: { speakerUri: 'a', serviceUrl: 1, openFloorRoles: { convener: 'yes' } },
      capabilities: [{ keyphrases: ['x', 2], descriptions: [] }, 'x'],
    }
    const { status, body } = await ours.put('/v1/agents/a', { manifest, ttl_seconds: 0 })
    expect(status).toBe(400)
    const fields = (body.errors as { field: string }[]).map(({ field }) => field).sort()
    expect(fields).toEqual([
      'body.manifest.capabilities[0].keyphrases[1]', 'body.manifest.capabilities[1]',
      'body.manifest.identification.openFloorRoles.convener',
      'body.manifest.identification.serviceUrl', 'body.manifest.identification.synopsis',
      'body.ttl_seconds',
    ])
    for (const [given, field] of [
      [{ manifest: manifestOf('b') }, 'body.manifest.identification.speakerUri'],
      [{ service_url: 'file:///etc/passwd' }, 'body.service_url'],
    ] as const) {
      expect((await ours.put('/v1/agents/a', given)).body.errors[0].field).toBe(field)
    }
    const query = await ours.get('/v1/agents?status=gone')
    expect([query.status, query.body.errors[0].field]).toEqual([400, 'query.status'])
  })
})
