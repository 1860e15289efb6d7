/** What happened on a model floor, in the words of the store. */
export interface ModelEvent {
  readonly type: string
  readonly speakerUri: string | null
  readonly ticket: number | null
  readonly priority: number | null
  readonly fence: number | null
  readonly reason: string | null
  readonly givenBy: string | null
}

interface ModelAgent {
  request?: { readonly ticket: number; priority: number; reason: string | null }
  /** `isOver`: its time has run out, and nobody noticed yet. */
  grant?: { readonly fence: number; isOver: boolean }
}

/** How a model floor works. */
export interface ModelSettings {
  readonly policy: 'exclusive' | 'shared' | 'moderated'
  readonly queueMax: number
  readonly convener: string | null
}

/** What is said with a command. */
export interface ModelWords {
  readonly priority?: number
  readonly reason?: string | null
  readonly fence?: number | undefined
  readonly by?: string | undefined
}

const nothing = { ticket: null, priority: null, fence: null, reason: null, givenBy: null }

/** A floor in plain objects: what the store must come to. */
export class FloorModel {
  readonly events: ModelEvent[] = []
  readonly agents = new Map<string, ModelAgent>()
  settings: ModelSettings
  #fence = 0
  #ticket = 0

  constructor(settings: ModelSettings) {
    this.settings = settings
    this.#tell({ type: 'configured' })
  }

  /** Those who hold the floor by the clock, longest first. */
  get holders(): readonly string[] {
    return [...this.agents].filter(([, { grant }]) => grant?.isOver === false)
      .sort(([, a], [, b]) => a.grant!.fence - b.grant!.fence).map(([name]) => name)
  }

  get queue(): readonly string[] {
    return [...this.agents].filter(([, { request }]) => request !== undefined)
      .sort(([, { request: a }], [, { request: b }]) =>
        b!.priority - a!.priority || a!.ticket - b!.ticket)
      .map(([name]) => name)
  }

  fenceOf(name: string): number | undefined {
    return this.agents.get(name)?.grant?.fence
  }

  /** The time of every hold is over. */
  lapse(): void {
    for (const { grant } of this.agents.values()) if (grant !== undefined) grant.isOver = true
  }

  /** Ends what is over, does one thing, serves who is next; the code of the refusal, or `done`. */
  run(work: () => string): string {
    this.#expire()
    const verdict = work()
    this.#serve()
    return verdict
  }

  join(name: string): string {
    if (this.agents.has(name)) return 'done'
    this.#join(name)
    if (this.settings.policy === 'shared') this.#grant(name)
    return 'done'
  }

  request(name: string, { priority = 0, reason = null }: ModelWords): string {
    const { request, grant } = this.agents.get(name) ?? {}
    if (grant !== undefined) return 'done'
    if (request !== undefined) {
      if (request.priority === priority && request.reason === reason) return 'done'
      Object.assign(request, { priority, reason })
    } else {
      const { policy, queueMax } = this.settings
      const isNext = policy === 'exclusive' && this.holders.length === 0 ? 1 : 0
      if (policy !== 'shared' && this.queue.length >= queueMax + isNext) return 'floor_queue_full'
      if (!this.agents.has(name)) this.#join(name)
      this.agents.get(name)!.request = { ticket: this.#ticket += 1, priority, reason }
    }
    const { ticket } = this.agents.get(name)!.request!
    this.#tell({ type: 'requested', speakerUri: name, ticket, priority, reason })
    return 'done'
  }

  cancel(name: string): string {
    const agent = this.agents.get(name)
    if (agent?.request === undefined) return 'floor_request_not_found'
    const { ticket, priority } = agent.request
    delete agent.request
    this.#tell({ type: 'cancelled', speakerUri: name, ticket, priority })
    return 'done'
  }

  yield(name: string, { fence, reason = null }: ModelWords): string {
    return this.#end(name, { type: 'yielded', fence, reason })
  }

  revoke(name: string, { fence, by, reason = null }: ModelWords): string {
    if (by !== undefined && by !== this.settings.convener) return 'floor_not_convener'
    return this.#end(name, { type: 'revoked', fence, reason, givenBy: by ?? null })
  }

  grant(name: string, { by }: ModelWords): string {
    if (by !== undefined && by !== this.settings.convener) return 'floor_not_convener'
    const isNext = by === undefined && this.holders.length === 0 && this.queue[0] === name
    if (this.settings.policy === 'exclusive') return isNext ? 'done' : 'floor_not_grantable'
    if (this.agents.get(name)?.grant !== undefined) return 'done'
    if (!this.agents.has(name)) this.#join(name)
    this.#grant(name, by ?? null)
    return 'done'
  }

  leave(name: string): string {
    const agent = this.agents.get(name)
    if (agent === undefined) return 'done'
    this.agents.delete(name)
    const { ticket = null, priority = null } = agent.request ?? {}
    const fence = agent.grant?.fence ?? null
    this.#tell({ type: 'left', speakerUri: name, ticket, priority, fence })
    return 'done'
  }

  configure(settings: ModelSettings): string {
    const before = this.settings
    const isSame = before.policy === settings.policy && before.queueMax === settings.queueMax &&
      before.convener === settings.convener
    if (isSame) return 'done'
    this.settings = settings
    this.#tell({ type: 'configured' })
    if (settings.policy !== 'exclusive') return 'done'
    for (const name of this.holders.slice(1)) {
      this.#end(name, { type: 'revoked', fence: undefined, reason: '@override' })
    }
    return 'done'
  }

  #expire(): void {
    const over = [...this.agents].filter(([, { grant }]) => grant?.isOver === true)
      .sort(([, a], [, b]) => a.grant!.fence - b.grant!.fence)
    for (const [name] of over) {
      this.#end(name, { type: 'revoked', fence: undefined, reason: '@timedOut' })
    }
  }

  #serve(): void {
    const { policy } = this.settings
    if (policy === 'shared') for (const name of this.queue) this.#grant(name)
    if (policy === 'exclusive' && this.holders.length === 0) {
      const [next] = this.queue
      if (next !== undefined) this.#grant(next)
    }
  }

  #join(name: string): void {
    this.agents.set(name, {})
    this.#tell({ type: 'joined', speakerUri: name })
  }

  #grant(name: string, givenBy: string | null = null): void {
    const agent = this.agents.get(name)!
    const { ticket = null, priority = null } = agent.request ?? {}
    delete agent.request
    agent.grant = { fence: this.#fence += 1, isOver: false }
    this.#tell({
      type: 'granted', speakerUri: name, ticket, priority, fence: this.#fence, givenBy,
    })
  }

  #end(
    name: string,
    { fence: wanted, ...told }: Pick<ModelEvent, 'type' | 'reason'> & {
      readonly givenBy?: string | null
      readonly fence: number | undefined
    },
  ): string {
    const agent = this.agents.get(name)
    const { fence } = agent?.grant ?? {}
    if (fence === undefined || (wanted ?? fence) !== fence) return 'floor_not_held'
    delete agent!.grant
    this.#tell({ ...told, speakerUri: name, fence })
    return 'done'
  }

  #tell(event: Partial<ModelEvent> & { readonly type: string }): void {
    this.events.push({ ...nothing, speakerUri: null, ...event })
  }
}
