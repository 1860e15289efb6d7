import { type Presence, type PresenceKey, type PresentMember } from './coordination.js'
import { CoordinationUnavailable } from './errors.js'
import { durationMs, keyPart, lastPart } from './key.js'
import { type ScriptRunner } from './script.js'
import {
  forgetGone, leaveGroup, listGroup, membersMax, seenMembers, touchMember,
} from './scripts/presence.js'

const ttlDefaultSeconds = 3_600
const ttlMaxSeconds = 2_592_000
const listedMax = 1_000
/** How often the members of a list that are gone are replaced by further ones. */
const turnsMax = 5

/** Who was here lately, in Redis, for all processes. */
export class RedisPresence implements Presence {
  readonly #redis: ScriptRunner

  constructor(redis: ScriptRunner) {
    this.#redis = redis
  }

  async touch(member: PresenceKey, ttlSeconds = ttlDefaultSeconds): Promise<void> {
    const ttlMs = durationMs('ttlSeconds', ttlSeconds, ttlMaxSeconds)
    await quietly(this.#redis.run(touchMember, keysOf(member), [member.member, ttlMs]))
  }

  async lastSeen(member: PresenceKey): Promise<number | undefined> {
    const [seen] = await this.#seen(keysOf(member).slice(0, 1))
    return seen
  }

  async list(group: Omit<PresenceKey, 'member'>): Promise<readonly PresentMember[]> {
    const present: PresentMember[] = []
    const groupKey = groupKeyOf(group)
    for (let turn = 0; turn < turnsMax && present.length < listedMax; turn += 1) {
      // Those that were gone have been removed, so that the next part begins after the present.
      const wanted = listedMax - present.length
      const names = await this.#redis.run<string[]>(listGroup, [groupKey], [present.length, wanted])
      if (names.length === 0) break
      const keys = names.map((member) => memberKeyOf(groupKey, member))
      const seen = await this.#seen(keys)
      const gone = names.filter((_, index) => seen[index] === undefined)
      names.forEach((member, index) => {
        const lastSeenMs = seen[index]
        if (lastSeenMs !== undefined) present.push({ member, lastSeenMs })
      })
      if (gone.length === 0) break
      const goneKeys = gone.map((member) => memberKeyOf(groupKey, member))
      await this.#redis.run(forgetGone, [groupKey, ...goneKeys], gone)
    }
    return present
  }

  async leave(member: PresenceKey): Promise<void> {
    await quietly(this.#redis.run(leaveGroup, keysOf(member), [member.member]))
  }

  async #seen(keys: readonly string[]): Promise<(number | undefined)[]> {
    const seen = await this.#redis.run<(string | null)[]>(seenMembers, keys)
    return seen.map((text) => (text === null ? undefined : Number(text)))
  }
}

/** What is only noted may be lost; whoever asks is told that nobody can be asked. */
async function quietly(work: Promise<unknown>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (!(error instanceof CoordinationUnavailable)) throw error
  }
}

/** `user_activity:{organization}`; the namespace is the hash tag. */
function groupKeyOf({ namespace, group }: Omit<PresenceKey, 'member'>): string {
  return `${keyPart('group', group)}:{${keyPart('namespace', namespace)}}`
}

function memberKeyOf(groupKey: string, member: string): string {
  return `${groupKey}:${lastPart('member', member)}`
}

function keysOf(key: PresenceKey): [string, string] {
  const groupKey = groupKeyOf(key)
  return [memberKeyOf(groupKey, key.member), groupKey]
}

interface Entry {
  readonly group: string
  readonly member: string
  readonly lastSeenMs: number
  readonly untilMs: number
}

/** Who was here lately, within this process; the one not seen for longest makes room. */
export class LocalPresence implements Presence {
  /** In the order in which they were seen, longest ago first. */
  readonly #entries = new Map<string, Entry>()
  readonly #groups = new Map<string, Map<string, Entry>>()

  async touch(key: PresenceKey, ttlSeconds = ttlDefaultSeconds): Promise<void> {
    const ttlMs = durationMs('ttlSeconds', ttlSeconds, ttlMaxSeconds)
    const [memberKey, group] = keysOf(key)
    const nowMs = Date.now()
    const entry = { group, member: key.member, lastSeenMs: nowMs, untilMs: nowMs + ttlMs }
    this.#forget(memberKey)
    this.#entries.set(memberKey, entry)
    const members = this.#groups.get(group) ?? new Map<string, Entry>()
    this.#groups.set(group, members.set(key.member, entry))
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= membersMax) break
      this.#forget(oldest)
    }
  }

  async lastSeen(key: PresenceKey): Promise<number | undefined> {
    const entry = this.#entries.get(keysOf(key)[0])
    return entry !== undefined && entry.untilMs > Date.now() ? entry.lastSeenMs : undefined
  }

  async list(group: Omit<PresenceKey, 'member'>): Promise<readonly PresentMember[]> {
    const members = this.#groups.get(groupKeyOf(group)) ?? new Map<string, Entry>()
    const nowMs = Date.now()
    const present = [...members.values()].reverse().filter(({ untilMs }) => untilMs > nowMs)
    return present.slice(0, listedMax).map(({ member, lastSeenMs }) => ({ member, lastSeenMs }))
  }

  async leave(key: PresenceKey): Promise<void> {
    this.#forget(keysOf(key)[0])
  }

  #forget(memberKey: string): void {
    const entry = this.#entries.get(memberKey)
    if (entry === undefined) return
    this.#entries.delete(memberKey)
    const members = this.#groups.get(entry.group)!
    members.delete(entry.member)
    if (members.size === 0) this.#groups.delete(entry.group)
  }
}
