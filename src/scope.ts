/** Whose rows a store sees and in whose name it writes; fixed when the store is opened. */
export interface Scope {
  /** Every statement of the store carries it. */
  readonly organizationId: string
  /** Who acts. */
  readonly actor: Actor
}

/** A person, a service, or the program itself. */
export interface Actor {
  /** Stable name of the actor, such as `user:…` or `service_token:…`. */
  readonly id: string
  /** The user behind the actor, when there is one. */
  readonly userId?: string | null
  /** The request in which it acts, its address and program: for the audit. */
  readonly requestId?: string | null
  readonly ipAddress?: string | null
  readonly userAgent?: string | null
}

/** The actor of code that opens the library directly. */
export const programActor: Actor = { id: 'program', userId: null }
