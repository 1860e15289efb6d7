/**
 * A traveller, a weather agent and a moderator talk on a moderated floor. The server that keeps
 * the floor is killed before it has delivered anything; another one goes on. See README.md.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { openHoldfast } from 'holdfast'
import { envelope, startAgent, utterance } from './agents.mjs'

const program = fileURLToPath(new URL('./cli.js', import.meta.resolve('holdfast')))
const folder = await mkdtemp(join(tmpdir(), 'holdfast-open-floor-'))
const database = process.env.HOLDFAST_DATABASE_URL ?? `sqlite:${join(folder, 'floor.db')}`
const [travellerUri, weatherUri, chairUri] = ['tag:traveller', 'tag:weather', 'tag:chair']

const traveller = await startAgent(travellerUri, () => [])
const weather = await startAgent(weatherUri, ({ eventType, to }) => {
  if (eventType === 'invite' && to.speakerUri === weatherUri) return [{ eventType: 'acceptInvite' }]
  if (eventType === 'utterance') return [{ eventType: 'requestFloor', reason: 'I know it' }]
  if (eventType !== 'grantFloor' || to.speakerUri !== weatherUri) return []
  return [
    utterance(weatherUri, 'It rains in Tallinn.'), { eventType: 'yieldFloor', reason: '@complete' },
  ]
})
// The convener decides who has the floor: whoever asks for it.
const chair = await startAgent(chairUri, ({ eventType }, { sender }) =>
  (eventType === 'requestFloor'
    ? [{ eventType: 'grantFloor', to: { speakerUri: sender.speakerUri } }] : []))
const agents = [traveller, weather, chair]
let server

try {
  const conversationId = await begin()
  server = startServer()
  await until(() => weather.words().length > 0)
  server.kill('SIGKILL')
  await once(server, 'exit')
  console.log('Killed the server after the first words were delivered.')
  server = startServer()
  await until(() => traveller.words().includes('It rains in Tallinn.'))
  await verify(conversationId)
} finally {
  server?.kill('SIGTERM')
  agents.forEach((agent) => agent.stop())
  await rm(folder, { recursive: true, force: true })
}

/** Nobody works on envelopes here: they are kept, and whoever serves later delivers them. */
async function begin() {
  const holdfast = await openHoldfast({ database })
  const { agents: registry, conversations, floors, openFloor } = holdfast.organization()
  for (const { speakerUri, serviceUrl } of agents) {
    await registry.register({ speakerUri, serviceUrl })
  }
  const { id } = await conversations.create({ title: 'The weather' })
  await floors.configure(id, { policy: 'moderated', convener: chairUri })
  const manager = 'tag:holdfast,2026:floor-manager'
  await openFloor.receive(envelope(id, manager, agents.map(({ speakerUri, serviceUrl }) =>
    ({ eventType: 'invite', to: { speakerUri, serviceUrl } }))))
  await openFloor.receive(envelope(id, manager, [
    { eventType: 'grantFloor', to: { speakerUri: travellerUri } },
  ]))
  await openFloor.receive(envelope(id, travellerUri, [
    utterance(travellerUri, 'How is the weather?'),
    utterance(travellerUri, 'Please be brief.', weatherUri), { eventType: 'yieldFloor' },
  ]))
  await holdfast.close()
  console.log('Three envelopes are kept, and nothing is delivered yet.')
  return id
}

function startServer() {
  const child = spawn(process.execPath, [program, 'serve', '--port', '0', '--json'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env, HOLDFAST_DATABASE_URL: database, HOLDFAST_LOG_LEVEL: 'silent',
      HOLDFAST_OUTBOUND_ALLOW: '127.0.0.1',
    },
  })
  return child
}

async function until(isSo) {
  for (const endMs = Date.now() + 45_000; !isSo();) {
    if (Date.now() > endMs) throw new Error('It does not happen.')
    await sleep(50)
  }
}

async function verify(conversationId) {
  const holdfast = await openHoldfast({ database })
  const { messages, openFloor } = holdfast.organization()
  const { data } = await messages.list(conversationId)
  for (const { author, content } of data) console.log(`${author}: ${content}`)
  const isPrivateKept = ![...traveller.words(), ...chair.words()].includes('Please be brief.') &&
    weather.words().includes('Please be brief.')
  if (!isPrivateKept || data.length < 2) throw new Error('The floor failed.')
  const { agents: figures } = await openFloor.analyse(conversationId)
  const { grants } = figures.find(({ speakerUri }) => speakerUri === weatherUri)
  console.log(`Verified: the private word reached ${weatherUri} alone, which had the floor` +
    ` ${grants > 0 ? 'by the convener' : 'never'}.`)
  await holdfast.close()
}
