import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { InvalidCursor } from '../database/page.js'
import { InvalidInput, RevisionConflict } from '../errors.js'
import { contract, type ContractWorld } from '../testing/index.js'
import {
  AgentLimitReached, AgentNotFound, type AgentRegistration, type AssistantManifest,
  standardManifest,
} from './index.js'

const hard = 'tag:\u0000/\ud800/\ufdd0/é/🪑?#%'

interface Skills {
  readonly keyphrases?: string[]
  readonly languages?: string[]
  readonly supportedLayers?: AssistantManifest['capabilities'][number]['supportedLayers']
  readonly descriptions?: string[]
}

/** An agent that can do these things. */
function able(speakerUri: string, ...skills: readonly Skills[]): AgentRegistration {
  const identification = {
    speakerUri, serviceUrl: 'https://agents.example/ü?a=b',
    organization: 'Example', conversationalName: speakerUri, synopsis: 'An agent.',
  }
  return {
    speakerUri,
    manifest: {
      identification,
      capabilities: skills.map((skill) => ({ keyphrases: [], descriptions: [], ...skill })),
    },
  }
}

/** Lets the last sign of life of an agent be so many seconds older. */
async function age({ holdfast, organizationId }: ContractWorld, uri: string, seconds: number) {
  const { database } = holdfast
  const { engine, write } = database
  const changed = await database.run(write
    .updateTable('agents')
    .set((of) => ({
      heartbeat_at: engine.now(-seconds * 1_000),
      expires_at: of.case().when('ttl_ms', 'is', null).then(null)
        .else(engine.now(sql<number>`(${of.ref('ttl_ms')} - ${sql.lit(seconds * 1_000)})`))
        .end() as never,
    }))
    .where('organization_id', '=', organizationId as never)
    .where('speaker_uri', '=', uri as never))
  expect(changed).toBe(1)
}

/** What published manifests do that the schema does not know, or does not allow. */
const published = [
  {
    score: 0.14,
    identification: {
      serviceUrl: 'https://office.example', speakerUri: 'tag:office.example,2025:1',
      organization: 'Office', conversationalName: 'Clerk', serviceName: 'Passports',
      role: 'Clerk', synopsis: 'Knows of passports.',
    },
    capabilities: [{
      supportedLayers: ['text'], keyphrases: ['passport'], languages: ['et-ee'],
      descriptions: ['passports'],
    }],
  },
  {
    capabilities: [{ keyphrases: ['find'], descriptions: ['anything'], supportedLayers: ['text'] }],
    identification: {
      speakerUri: 'tag:find.example,2025:1', serviceUrl: 'https://find.example', synopsis: 'Finds.',
    },
    score: 1,
  },
]

const namesOf = ({ data }: { readonly data: readonly { readonly speakerUri: string }[] }) =>
  data.map(({ speakerUri }) => speakerUri)

contract('agents', (open) => {
  it('come back as they were registered, whatever they are called', async () => {
    const { organization: { agents } } = await open()
    const given: AgentRegistration = {
      ...able(hard, { keyphrases: ['visa', hard], languages: ['en-us'] }),
      capabilities: ['web_search', hard], metadata: { [hard]: [hard, 1, null] }, ttlSeconds: 1.5,
    }
    const made = await agents.register(given)
    expect(made).toStrictEqual({
      speakerUri: hard, serviceUrl: given.manifest!.identification.serviceUrl,
      manifest: given.manifest, capabilities: given.capabilities, metadata: given.metadata,
      ttlSeconds: 1.5, status: 'online', revision: 1, registeredAt: made.registeredAt,
      updatedAt: made.registeredAt, heartbeatAt: made.registeredAt, expiresAt: made.expiresAt,
    })
    expect(Date.parse(made.expiresAt!) - Date.parse(made.heartbeatAt)).toBe(1_500)
    expect(await agents.get(hard)).toStrictEqual(made)
    expect((await agents.list()).data).toStrictEqual([made])
    const plain = await agents.register({ speakerUri: 'plain' })
    expect(plain).toMatchObject({
      serviceUrl: null, manifest: null, capabilities: [], metadata: {}, ttlSeconds: 120,
    })
    expect(await agents.findMany(['nobody', hard, 'plain', hard]))
      .toStrictEqual([undefined, made, plain, made])
  })

  it('that are not registered are not found, nor those of others', async () => {
    const { organization: { agents }, neighbour } = await open()
    await agents.register(able('a', { keyphrases: ['visa'] }))
    for (const [store, uri] of [[neighbour.agents, 'a'], [agents, 'A'], [agents, 'b']] as const) {
      expect(await store.find(uri)).toBeUndefined()
      await expect(store.get(uri)).rejects.toThrow(AgentNotFound)
      await expect(store.heartbeat(uri)).rejects.toThrow(AgentNotFound)
      await expect(store.deregister(uri)).rejects.toThrow(AgentNotFound)
    }
    expect((await neighbour.agents.list()).data).toEqual([])
    expect((await neighbour.agents.discover({ keyphrases: ['visa'] })).data).toEqual([])
    await agents.deregister('a')
    await expect(agents.heartbeat('a')).rejects.toThrow(AgentNotFound)
    expect((await agents.discover({ keyphrases: ['visa'] })).data).toEqual([])
    expect(await agents.register({ speakerUri: 'a' })).toMatchObject({ revision: 1 })
  })

  it('are registered again without a change, or with one under its revision', async () => {
    const { organization: { agents }, holdfast, organizationId } = await open()
    const given = able('a', { keyphrases: ['visa'], languages: ['et'] })
    const first = await agents.register(given)
    const again = await agents.register(structuredClone(given))
    expect(again).toStrictEqual({
      ...first, heartbeatAt: again.heartbeatAt, expiresAt: again.expiresAt,
    })
    const changed = await agents.register(able('a', { keyphrases: ['passport'] }), 1)
    expect(changed).toMatchObject({ revision: 2, registeredAt: first.registeredAt })
    await expect(agents.register(given, 1)).rejects.toThrow(RevisionConflict)
    await expect(agents.register({ speakerUri: 'b' }, 1)).rejects.toThrow(RevisionConflict)
    expect(namesOf(await agents.discover({ keyphrases: ['passport'] }))).toEqual(['a'])
    expect(namesOf(await agents.discover({ keyphrases: ['visa'] }))).toEqual([])
    expect(namesOf(await agents.discover({ languages: ['et'] }))).toEqual([])
    await agents.deregister('a')
    const { database } = holdfast
    const told = await database.all(database.write.selectFrom('audit_events')
      .select(['action']).where('organization_id', '=', organizationId as never).orderBy('id'))
    const actions = told.map(({ action }) => String(action))
    expect(actions.filter((action) => action.startsWith('agent.'))).toEqual(
      ['agent.registered', 'agent.updated', 'agent.deregistered'])
  })

  it('are one, though 20 register it at once', async () => {
    const { organization: { agents } } = await open()
    const made = await Promise.all(Array.from({ length: 20 }, (_, index) =>
      agents.register({ speakerUri: 'a', metadata: { index } })))
    expect(made.map(({ revision }) => revision).sort((one, other) => one - other))
      .toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
    expect((await agents.list()).data).toHaveLength(1)
  })

  it('are as many as an organization may have; one that is there may change', async () => {
    const { another, organizationId } = await open()
    const small = await another({ agents: { agentsMax: 3 } })
    const { id } = await small.transaction(async ({ organizations }) =>
      organizations.create({ name: `limits of ${organizationId}` }))
    const { agents } = small.organization(id)
    const made = await Promise.allSettled(Array.from({ length: 20 }, (_, index) =>
      agents.register({ speakerUri: `a${index}` })))
    const done = made.filter(({ status }) => status === 'fulfilled')
    expect(done).toHaveLength(3)
    await expect(agents.register({ speakerUri: 'late' })).rejects.toThrow(AgentLimitReached)
    const [first] = (await agents.list()).data
    await agents.register({ speakerUri: first!.speakerUri, metadata: { again: true } })
    await agents.deregister(first!.speakerUri)
    await agents.register({ speakerUri: 'late' })
    await expect(agents.register({ speakerUri: 'later' })).rejects.toThrow(AgentLimitReached)
  })

  it('are listed to the end, by their names', async () => {
    const { organization: { agents }, neighbour } = await open()
    const names = ['b', 'a', 'a/b', 'é', 'z', '🪑', 'a b']
    for (const speakerUri of names) await agents.register({ speakerUri })
    await neighbour.agents.register({ speakerUri: 'of another' })
    const seen: string[] = []
    let cursor: string | null | undefined
    do {
      const page = await agents.list({ limit: 2, ...(cursor == null ? {} : { cursor }) })
      seen.push(...namesOf(page))
      cursor = page.nextCursor
    } while (cursor !== null)
    const byCodePoint = (one: string, other: string) =>
      Buffer.compare(Buffer.from(one), Buffer.from(other))
    expect(seen).toEqual(names.sort(byCodePoint))
    const { nextCursor } = await agents.list({ limit: 2 })
    await expect(agents.list({ status: 'stale', cursor: nextCursor! }))
      .rejects.toThrow(InvalidCursor)
  })

  it('are refused with the place of what is wrong', async () => {
    const { organization: { agents } } = await open()
    const right = able('a', { keyphrases: ['x'] }).manifest!
    const wrong = (change: (manifest: never) => void) => {
      const manifest = structuredClone(right)
      change(manifest as never)
      return { speakerUri: 'a', manifest }
    }
    const cases: readonly (readonly [AgentRegistration, string])[] = [
      [{ speakerUri: '' }, 'speaker_uri'],
      [{ speakerUri: 'x'.repeat(256) }, 'speaker_uri'],
      [{ speakerUri: 'a', serviceUrl: 'ftp://a' }, 'service_url'],
      [{ speakerUri: 'a', serviceUrl: 'https://me:secret@a' }, 'service_url'],
      [{ speakerUri: 'a', capabilities: ['x', ''] }, 'capabilities[1]'],
      [{ speakerUri: 'a', metadata: [] as never }, 'metadata'],
      [{ speakerUri: 'a', metadata: { x: 'x'.repeat(17_000) } }, 'metadata'],
      [{ speakerUri: 'a', ttlSeconds: 0.5 }, 'ttl_seconds'],
      [{ speakerUri: 'a', ttlSeconds: Number.NaN }, 'ttl_seconds'],
      [{ speakerUri: 'a', manifest: 'x' as never }, 'manifest'],
      [{ ...able('b'), speakerUri: 'a' }, 'manifest.identification.speakerUri'],
      [wrong((of: { identification: { serviceUrl: string } }) => {
        of.identification.serviceUrl = 'no url'
      }), 'manifest.identification.serviceUrl'],
      [wrong((of: { identification: { synopsis?: string } }) => {
        delete of.identification.synopsis
      }), 'manifest.identification.synopsis'],
      [wrong((of: { identification: { openFloorRoles: unknown } }) => {
        of.identification.openFloorRoles = { convener: 'yes' }
      }), 'manifest.identification.openFloorRoles.convener'],
      [wrong((of: { capabilities: { keyphrases: unknown[] }[] }) => {
        of.capabilities[0]!.keyphrases.push(1)
      }), 'manifest.capabilities[0].keyphrases[1]'],
      [wrong((of: { capabilities: { supportedLayers: unknown }[] }) => {
        of.capabilities[0]!.supportedLayers = { input: ['text'] }
      }), 'manifest.capabilities[0].supportedLayers.output'],
    ]
    for (const [registration, field] of cases) {
      await expect(agents.register(registration)).rejects.toMatchObject({ field })
      await expect(agents.register(registration)).rejects.toThrow(InvalidInput)
    }
    expect((await agents.list()).data).toEqual([])
  })
})

contract('signs of life of agents', (open) => {
  it('are written once in a minute at most, by all processes together', async () => {
    const world = await open()
    const { organization: { agents }, organizationId, another, isLasting } = world
    const other = isLasting ? (await another()).organization(organizationId).agents : agents
    const { heartbeatAt, expiresAt } = await agents.register({ speakerUri: 'a' })
    const beatAll = () => Promise.all(Array.from({ length: 20 }, (_, index) =>
      (index % 2 === 0 ? agents : other).heartbeat('a')))
    for (const beat of await beatAll()) expect(beat).toStrictEqual({ heartbeatAt, expiresAt })
    await age(world, 'a', 59)
    const before = await agents.get('a')
    await beatAll()
    expect(await agents.get('a')).toStrictEqual(before)
    await age(world, 'a', 60)
    const beats = await beatAll()
    const after = await agents.get('a')
    expect(Date.parse(after.heartbeatAt)).toBeGreaterThan(Date.parse(before.heartbeatAt))
    expect(new Set(beats.map((beat) => beat.heartbeatAt))).toEqual(new Set([after.heartbeatAt]))
    expect(Date.parse(after.expiresAt!) - Date.parse(after.heartbeatAt)).toBe(120_000)
  })

  it('are written twice in a time to live at least, so that who shows them stays', async () => {
    const world = await open()
    const { organization: { agents } } = world
    await agents.register({ speakerUri: 'a', ttlSeconds: 10 })
    await age(world, 'a', 4)
    const before = await agents.get('a')
    expect((await agents.heartbeat('a')).heartbeatAt).toBe(before.heartbeatAt)
    await age(world, 'a', 5)
    expect((await agents.heartbeat('a')).heartbeatAt > before.heartbeatAt).toBe(true)
  })

  it('keep an agent in what can be found, and bring it back', async () => {
    const world = await open()
    const { organization: { agents } } = world
    await agents.register(able('a', { keyphrases: ['visa'] }))
    await agents.register({ ...able('for ever', { keyphrases: ['visa'] }), ttlSeconds: null })
    const found = async () => namesOf(await agents.discover({ keyphrases: ['visa'] }))
    await age(world, 'a', 119)
    expect(await found()).toEqual(['a', 'for ever'])
    await age(world, 'a', 121)
    await age(world, 'for ever', 1_000_000)
    expect(await found()).toEqual(['for ever'])
    expect((await agents.get('a')).status).toBe('stale')
    expect(namesOf(await agents.list({ status: 'stale' }))).toEqual(['a'])
    expect(namesOf(await agents.list({ status: 'online' }))).toEqual(['for ever'])
    await agents.heartbeat('a')
    expect(await found()).toEqual(['a', 'for ever'])
    expect((await agents.get('a')).status).toBe('online')
  })

  it('of many agents are one read', async () => {
    const { organization: { agents }, neighbour } = await open()
    for (const speakerUri of ['a', 'b', 'c']) await agents.register({ speakerUri })
    await neighbour.agents.register({ speakerUri: 'd' })
    const beats = await Promise.allSettled([
      ...['a', 'b', 'c', 'd'].map((uri) => agents.heartbeat(uri)), neighbour.agents.heartbeat('d'),
      neighbour.agents.heartbeat('a'),
    ])
    expect(beats.map(({ status }) => status)).toEqual([
      'fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'rejected',
    ])
  })
})

contract('discovery of agents', (open) => {
  it('ranks by keyphrases, then by their words, then by name', async () => {
    const { organization: { agents } } = await open()
    await agents.register(able('c', { keyphrases: ['permanent resident', 'Visa'] }))
    await agents.register(able('b', { keyphrases: ['visa'] }))
    await agents.register(able('a', { keyphrases: ['visa'] }))
    await agents.register(able('d', { keyphrases: [], descriptions: ['All about the VISA, and'] }))
    await agents.register(able('e', { keyphrases: ['weather'] }))
    const asked = { keyphrases: ['VISA', ' Permanent  resident '] }
    const found = await agents.discover(asked)
    expect(found.data.map(({ speakerUri, score }) => [speakerUri, score])).toEqual(
      [['c', 23], ['a', 11], ['b', 11], ['d', 1]])
    const seen: string[] = []
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page = await agents.discover({ ...asked, limit: 1, ...(cursor && { cursor }) })
      seen.push(...namesOf(page))
      cursor = page.nextCursor
    }
    expect(seen).toEqual(['c', 'a', 'b', 'd'])
    const { nextCursor } = await agents.discover({ ...asked, limit: 1 })
    await expect(agents.discover({ keyphrases: ['visa'], cursor: nextCursor! }))
      .rejects.toThrow(InvalidCursor)
    expect(namesOf(await agents.discover())).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(namesOf(await agents.discover({ keyphrases: ['%', "'", '*'] }))).toEqual([])
  })

  it('wants all criteria of a capability met by the same one', async () => {
    const { organization: { agents } } = await open()
    const audio = { input: ['text', 'audio'], output: ['audio'] }
    await agents.register(able('both', { keyphrases: ['visa'], languages: ['en-US', 'et'] }))
    await agents.register(able('split',
      { keyphrases: ['visa'], languages: ['et'] }, { keyphrases: ['weather'], languages: ['en'] }))
    await agents.register(able('loud', { keyphrases: ['visa'], supportedLayers: audio }))
    await agents.register(able('old', { keyphrases: ['song'], supportedLayers: ['ssml'] }))
    const found = async (search: Parameters<typeof agents.discover>[0]) =>
      namesOf(await agents.discover(search))
    expect(await found({ keyphrases: ['visa'], languages: ['en'] })).toEqual(['both'])
    expect(await found({ languages: ['EN-us'] })).toEqual(['both'])
    expect(await found({ languages: ['en', 'fr'] })).toEqual(['both', 'split'])
    expect(await found({ languages: ['e'] })).toEqual([])
    expect(await found({ inputLayers: ['audio', 'text'] })).toEqual(['loud'])
    expect(await found({ inputLayers: ['audio'], outputLayers: ['text'] })).toEqual([])
    expect(await found({ outputLayers: ['text'] })).toEqual(['both', 'split'])
    expect(await found({ inputLayers: ['ssml'], outputLayers: ['ssml'] })).toEqual(['old'])
  })

  it('knows whole agents by names of capabilities, roles and organization', async () => {
    const { organization: { agents } } = await open()
    const one = able('one', { keyphrases: ['x'] })
    one.manifest!.identification.openFloorRoles = { convener: true, discovery: false }
    await agents.register({ ...one, capabilities: ['web_search', 'Custom Thing'] })
    await agents.register({ speakerUri: 'two', capabilities: ['web_search'] })
    const found = async (search: Parameters<typeof agents.discover>[0]) =>
      namesOf(await agents.discover(search))
    expect(await found({ capabilities: ['WEB_SEARCH'] })).toEqual(['one', 'two'])
    expect(await found({ capabilities: ['web_search', 'custom thing'] })).toEqual(['one'])
    expect(await found({ roles: ['convener'] })).toEqual(['one'])
    expect(await found({ roles: ['discovery'] })).toEqual([])
    expect(await found({ organization: 'EXAMPLE' })).toEqual(['one'])
    expect(await found({ organization: 'x', keyphrases: ['x'] })).toEqual([])
    expect(await found({ keyphrases: ['x'], capabilities: ['web_search'] })).toEqual(['one'])
    await expect(agents.discover({ keyphrases: Array.from({ length: 21 }, () => 'x') }))
      .rejects.toMatchObject({ field: 'keyphrases' })
    await expect(agents.discover({ limit: 201 })).rejects.toMatchObject({ field: 'limit' })
  })

  it('takes manifests as they are published: members left out, or more of them', async () => {
    const { organization: { agents } } = await open()
    const [office, finder] = [published[0]!, published[1]!]
    for (const manifest of published) {
      const { identification: { speakerUri } } = manifest
      await agents.register({ speakerUri, manifest })
      expect(JSON.stringify((await agents.get(speakerUri)).manifest)).toBe(JSON.stringify(manifest))
    }
    expect(namesOf(await agents.discover({ inputLayers: ['text'], languages: ['et'] })))
      .toEqual([office.identification.speakerUri])
    const strict = standardManifest(finder)
    expect(strict.identification).toMatchObject({
      organization: '', conversationalName: finder.identification.speakerUri,
    })
    expect(strict.capabilities[0]!.supportedLayers).toEqual({ input: ['text'], output: ['text'] })
    expect(Object.hasOwn(strict, 'score')).toBe(true)
  })
})
