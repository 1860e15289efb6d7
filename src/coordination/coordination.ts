/**
 * What processes tell each other. All of it is a hint: it may be lost at any moment, by a flush, a
 * restart or an eviction, and nothing may come out wrong. The truth is in the database.
 */
export interface Coordinator {
  /** For people: `local` (this process alone) or `redis` (any number of processes). */
  readonly name: string
  readonly signals: Signals
  readonly wakeUps: WakeUps
  readonly hintLocks: HintLocks
  readonly presence: Presence
  readonly cache: Cache
  readonly limiter: RateLimiter
  /** Whether hints reach other processes at this moment, and why not. */
  health(): CoordinationHealth
  /** One small write to whatever stands behind it. Throws CoordinationUnavailable. */
  ping(): Promise<void>
  close(): Promise<void>
}

/** How coordination fares. Nothing but speed and reach depends on it. */
export interface CoordinationHealth {
  readonly state: 'ok' | 'degraded'
  /** Why it is degraded, in a sentence. */
  readonly reason?: string
}

/**
 * JSON values that can be had again from the database, kept near for a while. Values come back
 * frozen, equal to what was loaded; they are shared between callers. A value of more than 64 KiB is
 * kept in this process only. Change the database first, then `invalidate`.
 */
export interface Cache {
  /**
   * The cached value of `key`, or what `load` gives. Of all callers in all processes one loads (in
   * bad times a few); an invalidation during the load keeps its value from being cached, though its
   * callers still get it. What `load` throws reaches every waiting caller and is not cached.
   * Throws InvalidValue for what JSON cannot hold exactly, InvalidInput for a key or a time out of
   * bounds; never for an unreachable coordinator.
   */
  getOrLoad<V>(
    key: CacheKey,
    load: () => Promise<V | undefined>,
    options?: CacheOptions,
  ): Promise<V | undefined>
  /** The cached value; undefined when there is none, or when absence itself is cached. */
  find<V>(key: CacheKey): Promise<V | undefined>
  /**
   * Forgets `key` everywhere; a load in progress cannot bring the old value back. Other processes
   * serve the old value for as long as a signal takes; for up to 5 s if it is lost. When nobody can
   * be told it returns all the same, and tells as soon as it can.
   */
  invalidate(key: CacheKey): Promise<void>
  figures(): CacheFigures
}

/**
 * Written `cache:{resource}:{namespace}:{id}`, or `session:{namespace}:{id}` for the resource
 * `session`. No two keys are written alike.
 */
export interface CacheKey {
  /** The organization, or another owner that must not see its neighbours'; 1 to 512 characters. */
  readonly namespace: string
  /** A snake_case word of at most 64 characters. */
  readonly resource: string
  /** 1 to 512 characters. */
  readonly id: string
}

export interface CacheOptions {
  /** How long a value may be served, 0.001 s to 30 days; up to a tenth less. @default 300 */
  readonly ttlSeconds?: number
  /** How long it is remembered that there is none; 0 for not at all. @default 5 */
  readonly absentTtlSeconds?: number
}

export interface CacheFigures {
  /** Calls answered from this process or from Redis. */
  readonly hits: number
  /** Calls that loaded, waited for a load of this process, or found nothing. */
  readonly misses: number
  readonly loads: number
  /** Values kept in this process. */
  readonly size: number
}

/** One limit on one subject, such as 100 calls a minute for one user. */
export interface LimitRule {
  /** For headers and metrics: `user`, `organization`, `address`. */
  readonly name: string
  /** A snake_case word of at most 64 characters. */
  readonly resource: string
  /** 1 to 512 characters. */
  readonly id: string
  /** Units admitted in any window, 1 to 1,000,000,000. */
  readonly limit: number
  /** Length of the window in seconds, 0.01 to 2,592,000 (30 days). */
  readonly windowSeconds: number
}

/** What became of one rule. */
export interface LimitState {
  readonly name: string
  readonly limit: number
  readonly windowSeconds: number
  /** Units that could be taken right now. */
  readonly remaining: number
  /** When all of the limit is free again if nothing more is taken, in seconds. */
  readonly resetSeconds: number
}

export interface LimitDecision {
  readonly allowed: boolean
  /** One a rule, in order. */
  readonly states: readonly LimitState[]
  /** When the same call could be admitted, in seconds; 0 when it was. */
  readonly retryAfterSeconds: number
  /** Whether this process decided alone because the others could not be asked. */
  readonly degraded: boolean
}

/**
 * Sliding windows: in no window of the given length is more than the limit admitted. Limits up to
 * 128 admit all of it; larger ones count in 64 parts of the window and may refuse a call up to one
 * part early.
 *
 * The rules of a call are counted **under its first rule**, as `ratelimit:{resource:id}:…`, so that
 * one node of a cluster has them all: put the widest subject first (the organization, then its
 * users). The same rule behind another first rule is counted apart.
 */
export interface RateLimiter {
  /**
   * Takes `cost` units (@default 1) from every rule or, when one has too few, from none. One atomic
   * step on the coordinator's own clock. Never throws for an unreachable coordinator: it decides
   * locally then. Takes 1 to 16 rules, all different. Throws InvalidInput for a rule or cost out of
   * bounds, and for a cost that is above a limit.
   */
  consume(rules: readonly LimitRule[], cost?: number): Promise<LimitDecision>
  /** The same question without taking anything. */
  peek(rules: readonly LimitRule[], cost?: number): Promise<LimitDecision>
  /** Gives back up to `cost` of the units taken last. */
  refund(rules: readonly LimitRule[], cost?: number): Promise<void>
  /** Forgets everything taken. */
  reset(rules: readonly LimitRule[]): Promise<void>
}

/**
 * Locks that only save work: one **may be held twice**, after a failover, a flush or a pause. What
 * must never happen twice takes a lock of `locks/`, whose fence the database checks.
 */
export interface HintLocks {
  /**
   * Undefined while somebody else holds `lock:{resource}`, or when nobody can be asked. Held for
   * `ttlSeconds`, 0.001 to 86,400. Throws InvalidInput for a name or duration out of bounds.
   */
  tryAcquire(resource: string, ttlSeconds: number): Promise<HintLock | undefined>
}

export interface HintLock {
  readonly resource: string
  /** True when it was still held and now lasts `ttlSeconds` from now; false also in doubt. */
  renew(ttlSeconds: number): Promise<boolean>
  /** Lets go if it is still held; never somebody else's. */
  release(): Promise<void>
}

/** "Something happened to this topic: look." */
export interface Signal {
  readonly topic: string
  /** Absent when it is only known that something may have been missed. */
  readonly payload?: string
  /** True when signals before this one may have been lost: read the truth from the database. */
  readonly missed: boolean
}

export interface Signals {
  /**
   * Tells the subscribers in all processes; returns when it was handed on. When it could not be,
   * the subscribers of this process are told with `missed` at once, those of others later.
   * Throws InvalidInput for a topic of more than 512 or a payload of more than 65,536 characters.
   */
  publish(topic: string, payload?: string): Promise<void>
  /**
   * Calls `listener` for each signal, and with `missed` after a gap or a broken connection.
   * Resolves once signals published from now on will arrive (or the gap will be told).
   */
  subscribe(topic: string, listener: (signal: Signal) => void): Promise<Subscription>
}

export interface Subscription {
  close(): Promise<void>
}

/** "There is work in this queue." One ring wakes one waiter; a ring without a waiter is kept. */
export interface WakeUps {
  /** Rings `queue:{name}`; at most 64 rings are kept. */
  ring(name: string, count?: number): Promise<void>
  /** Rings several names in one step, each so many times; the names are in order of urgency. */
  ringAll(counts: ReadonlyMap<string, number>): Promise<void>
  /**
   * The first of these names that rings within the time-out (0 to 60,000 ms), else undefined. Ends
   * early, with undefined, when `signal` is aborted or coordination is closed. When nobody can be
   * asked it waits for rings of this process.
   */
  wait(
    names: readonly string[],
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<string | undefined>
}

/** Who was here lately. Of a group the 100,000 members seen last are kept. */
export interface Presence {
  /**
   * Notes that a member of a group is here now; forgotten after `ttlSeconds`, 0.001 to 2,592,000.
   * @default 3600. Lost when nobody can be asked.
   */
  touch(member: PresenceKey, ttlSeconds?: number): Promise<void>
  /**
   * When the member was last here, in milliseconds since the epoch. Throws CoordinationUnavailable
   * when nobody can be asked: "not here" would be a wrong answer.
   */
  lastSeen(member: PresenceKey): Promise<number | undefined>
  /** The members of a group that are here, at most 1000, latest first. Throws as `lastSeen`. */
  list(group: Omit<PresenceKey, 'member'>): Promise<readonly PresentMember[]>
  /** Forgets the member. When nobody can be asked it is forgotten at its time. */
  leave(member: PresenceKey): Promise<void>
}

/** `user_activity:{user_id}` is the group `user_activity` of an organization. */
export interface PresenceKey {
  readonly namespace: string
  readonly group: string
  readonly member: string
}

export interface PresentMember {
  readonly member: string
  readonly lastSeenMs: number
}
