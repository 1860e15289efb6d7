/** A process of a crew. */
export interface Member {
  readonly isAlive: boolean
  readonly end: Promise<{ readonly code: number | null }>
  signal(name: NodeJS.Signals): void
}

/** Processes of one kind, of which each is started again when it ends. */
export class Crew {
  readonly #hire: () => Promise<Member>
  readonly #places: Promise<Member>[]
  /** Places in which nobody begins any more. */
  #dismissed = false
  #restarts = 0

  private constructor(size: number, hire: () => Promise<Member>) {
    this.#hire = hire
    this.#places = Array.from({ length: size }, () => hire())
  }

  /** Starts them all; resolves when they work. */
  static async of(size: number, hire: () => Promise<Member>): Promise<Crew> {
    const crew = new Crew(size, hire)
    await Promise.all(crew.#places)
    for (let place = 0; place < size; place += 1) void crew.#keep(place)
    return crew
  }

  /** How often one had to be started again. */
  get restarts(): number {
    return this.#restarts
  }

  /** Ends one as nothing can that could be heeded; one that just begins is left alone. */
  kill(place: number): void {
    void this.#places[place]!.then((member) => member.signal('SIGKILL'))
  }

  /** Asks one to end; its exit code. */
  async stop(place: number): Promise<number | null> {
    const member = await this.#places[place]!
    member.signal('SIGTERM')
    return (await member.end).code
  }

  /** Ends all for good. */
  async dismiss(): Promise<void> {
    this.#dismissed = true
    const members = await Promise.allSettled(this.#places)
    await Promise.all(members.map(async (settled) => {
      if (settled.status === 'rejected') return
      settled.value.signal('SIGKILL')
      await settled.value.end
    }))
  }

  async #keep(place: number): Promise<void> {
    for (;;) {
      try {
        await (await this.#places[place]!).end
      } catch {
        // It was killed before it worked: another one takes the place.
      }
      if (this.#dismissed) return
      this.#restarts += 1
      this.#places[place] = this.#hire()
    }
  }
}
