import { type Command } from 'commander'
import { type Floor, type FloorEvent, presentEvent, presentFloor } from '../floor/index.js'
import { type OrganizationStores } from '../holdfast.js'
import {
  numberOf, type OrganizationOptions, withLiveStores, withOrganization, withStores,
} from './in-organization.js'
import { whileWatched } from './stop-signal.js'
import { type Terminal } from './terminal.js'

interface WatchOptions extends OrganizationOptions {
  readonly from?: string
  readonly live: boolean
}

interface RevokeOptions extends OrganizationOptions {
  readonly reason: string
}

/** Adds `floor show`, `watch` and `revoke`. */
export function addFloor(program: Command, terminal: Terminal): void {
  const floor = program.command('floor').description('look at who may speak, and take it away')
  withOrganization(floor.command('show <conversation>'))
    .description('show who has the floor of a conversation, and who waits for it')
    .action((id: string, options: OrganizationOptions) => show(id, options, terminal))
  withOrganization(floor.command('watch <conversation>'))
    .description('show the floor, then what happens on it, a line each, until interrupted')
    .option('--from <number>', 'begin with this event instead of the next one; 1 is the first')
    .option('--no-live', 'end once all that was missed is told')
    .option('--redis <url>', 'hear of changes at once; without it within a second')
    .action((id: string, options: WatchOptions) => watch(id, options, terminal))
  withOrganization(floor.command('revoke <conversation> <speaker-uri>'))
    .description('take the floor away from an agent')
    .option('--reason <reason>', 'why, with one of the specification’s tokens', '@override')
    .action((id: string, uri: string, options: RevokeOptions) =>
      revoke({ conversationId: id, speakerUri: uri }, options, terminal))
}

async function show(id: string, options: OrganizationOptions, terminal: Terminal): Promise<void> {
  const floor = await withStores(options, terminal, ({ floors }) => floors.get(id))
  terminal.print(options.json === true ? JSON.stringify(presentFloor(floor)) : textOf(floor))
}

async function watch(id: string, options: WatchOptions, terminal: Terminal): Promise<void> {
  const from = options.from === undefined ? undefined : numberOf('--from', options.from)
  const isJson = options.json === true
  await whileWatched(terminal, (signal) => withLiveStores(options, terminal, async ({ floors }) => {
    const floor = await floors.get(id)
    terminal.print(isJson
      ? JSON.stringify({ type: 'state', ...presentFloor(floor) })
      : textOf(floor))
    const after = from === undefined ? floor.eventCount : from - 1
    const reading = { after, live: options.live, signal }
    for await (const told of floors.follow(id, reading)) {
      // First comes the number where it begins.
      if (typeof told === 'number') continue
      terminal.print(isJson ? JSON.stringify(presentEvent(told)) : await lineOf(told, floors))
      await terminal.drained()
    }
  }))
}

async function revoke(
  agent: { readonly conversationId: string; readonly speakerUri: string },
  { reason, ...options }: RevokeOptions,
  terminal: Terminal,
): Promise<void> {
  await withStores(options, terminal, ({ floors }) => floors.revoke(agent, { reason }))
  const { conversationId, speakerUri } = agent
  terminal.print(options.json === true
    ? JSON.stringify({ conversation_id: conversationId, speaker_uri: speakerUri, revoked: true })
    : `took the floor away from ${JSON.stringify(speakerUri)}`)
}

const untilOf = (expiresAt: string | null): string =>
  (expiresAt === null ? 'for as long as it likes' : `until ${expiresAt}`)

/** A floor for people. */
function textOf(floor: Floor): string {
  const { policy, holdSeconds, convener, eventCount, holders, queue, agents } = floor
  const busy = new Set([...holders, ...queue].map(({ speakerUri }) => speakerUri))
  const settings = [
    policy, holdSeconds === null ? 'without an end' : `${holdSeconds} s each`,
    ...(convener === null ? [] : [`convener ${JSON.stringify(convener)}`]), `event ${eventCount}`,
  ]
  return [
    settings.join(', '),
    ...holders.map(({ speakerUri, fence, expiresAt }) =>
      `holds    ${JSON.stringify(speakerUri)}, fence ${fence}, ${untilOf(expiresAt)}`),
    ...queue.map(({ position, speakerUri, priority, requestedAt }) => `waits ${position}  ` +
      `${JSON.stringify(speakerUri)}, priority ${priority}, since ${requestedAt}`),
    ...agents.filter((uri) => !busy.has(uri)).map((uri) => `present  ${JSON.stringify(uri)}`),
  ].join('\n')
}

/** An event for people; the last one so far with what came of it. */
async function lineOf(
  event: FloorEvent, floors: OrganizationStores['floors'],
): Promise<string> {
  const { number, at, type, speakerUri, reason, fence, priority, expiresAt, givenBy } = event
  const parts = [
    `${number}  ${at}  ${type}`,
    ...(speakerUri === null ? [] : [JSON.stringify(speakerUri)]),
    ...(type === 'requested' ? [`priority ${priority}`] : []),
    ...(type === 'granted' ? [`fence ${fence} ${untilOf(expiresAt)}`] : []),
    ...(givenBy === null ? [] : [`by ${JSON.stringify(givenBy)}`]),
    ...(reason === null ? [] : [JSON.stringify(reason)]),
  ]
  const floor = await floors.get(event.conversationId)
  if (floor.eventCount !== number) return parts.join(' ')
  const namesOf = (agents: readonly { readonly speakerUri: string }[]) =>
    agents.map((agent) => JSON.stringify(agent.speakerUri)).join(', ') || 'nobody'
  return `${parts.join(' ')}\n   holds: ${namesOf(floor.holders)}; waits: ${namesOf(floor.queue)}`
}
