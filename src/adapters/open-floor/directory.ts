import { type AgentStore, standardManifest } from '../../agents/index.js'
import { wordsOf } from './dialog.js'
import { isForManager } from './routing.js'
import {
  type EnvelopeEvent, type Identification, type JsonObject, type Sender,
} from './shape.js'
import { type AgentDirectory } from './stores.js'

/** Manifests told at once at most. */
const manifestsMax = 100

/** Words of a task by which agents are looked for, and characters of one, at most. */
const wordsMax = 20
const wordLengthMax = 255

/** The registry of agents, as envelopes tell of it. */
export function agentDirectory(agents: AgentStore): AgentDirectory {
  return {
    async find(speakerUri) {
      const agent = await agents.find(speakerUri)
      if (agent === undefined) return undefined
      const { manifest } = agent
      const identification = manifest === null ? null : standardManifest(manifest).identification
      const serviceUrl = agent.serviceUrl ?? identification?.serviceUrl ?? ''
      return {
        serviceUrl: serviceUrl === '' ? null : serviceUrl,
        identification: identification as Identification | null,
      }
    },
    serviceUrls: (speakerUris) => agents.serviceUrls(speakerUris),
    async manifests(task) {
      const words = [...new Set(task?.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [])]
        .filter(({ length }) => length > 2 && length <= wordLengthMax).slice(0, wordsMax)
      const { data } = await agents.discover({
        limit: manifestsMax, ...(words.length === 0 ? {} : { keyphrases: words }),
      })
      return data.flatMap(({ manifest }) =>
        (manifest === null ? [] : [standardManifest(manifest) as unknown as JsonObject]))
    },
  }
}

/** What the floor manager tells of itself. */
const ownManifest = ({ speakerUri, serviceUrl }: Sender): JsonObject => ({
  identification: {
    speakerUri, serviceUrl: serviceUrl ?? '', organization: 'Holdfast',
    conversationalName: 'Floor manager',
    synopsis: 'Keeps the floor of conversations, and knows the agents of its organization.',
    openFloorRoles: { discovery: true },
  },
  capabilities: [],
})

/** Whether the floor manager itself is asked for manifests. */
export const asksManager = (event: EnvelopeEvent, self: Sender): boolean =>
  event.eventType === 'getManifests' && isForManager(event, self)

/**
 * The answers to what the floor manager itself is asked: manifests of registered agents, those
 * first that suit a task which an utterance beside the question tells; none where nobody asks.
 */
export async function manifestAnswers(
  directory: AgentDirectory,
  { events, sender, self }: {
    readonly events: readonly EnvelopeEvent[]; readonly sender: Sender; readonly self: Sender
  },
): Promise<readonly EnvelopeEvent[]> {
  const asked = events.filter((event) => asksManager(event, self))
  const told = events.find((event) => event.eventType === 'utterance' && isForManager(event, self))
  const task = told && wordsOf(told.parameters!.dialogEvent as JsonObject)
  return Promise.all(asked.map(async ({ parameters }): Promise<EnvelopeEvent> => {
    const scope = parameters?.recommendScope
    const found = scope === 'internal' ? [] : await directory.manifests(task)
    return {
      eventType: 'publishManifests', to: { speakerUri: sender.speakerUri },
      parameters: {
        servicingManifests: scope === 'external' ? [] : [ownManifest(self)],
        discoveryManifests: [...found],
      },
    }
  }))
}
