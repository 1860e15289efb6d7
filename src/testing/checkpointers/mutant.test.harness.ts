import {
  type CheckpointTransport, HoldfastSaver, type PutCheckpoint, type PutWrites,
  type StoredCheckpoint,
} from '../../adapters/langgraph/index.js'

/** A saver with one fault, and where the suite is to notice it. */
export interface Mutant {
  readonly fault: string
  /** The area of the suite. */
  readonly area: string
  readonly saver: (transport: CheckpointTransport) => HoldfastSaver
}

/** A transport that does as another one, but for some methods. */
export function changed(
  transport: CheckpointTransport,
  change: (own: CheckpointTransport) => Partial<CheckpointTransport>,
): CheckpointTransport {
  return {
    put: (put) => transport.put(put),
    putWrites: (writes) => transport.putWrites(writes),
    find: (name) => transport.find(name),
    list: (request) => transport.list(request),
    ancestors: (name, options) => transport.ancestors(name, options),
    deleteThread: (threadId) => transport.deleteThread(threadId),
    copyThread: (threadId, to) => transport.copyThread(threadId, to),
    deleteRuns: (runIds) => transport.deleteRuns(runIds),
    prune: (request) => transport.prune(request),
    ...change(transport),
  }
}

/** A fault below the saver. */
export function below(
  fault: string, area: string,
  change: (own: CheckpointTransport) => Partial<CheckpointTransport>,
): Mutant {
  return { fault, area, saver: (transport) => new HoldfastSaver(changed(transport, change)) }
}

/** A fault of the saver itself. */
export function within(
  fault: string, area: string,
  make: (Saver: typeof HoldfastSaver) => typeof HoldfastSaver,
): Mutant {
  return {
    fault, area,
    saver: (transport) => {
      const Faulty = make(HoldfastSaver)
      return new Faulty(transport)
    },
  }
}

/** What puts were made, for faults that bring something back. */
export function recording(own: CheckpointTransport) {
  const puts: PutCheckpoint[] = []
  const writes: PutWrites[] = []
  return {
    puts, writes,
    methods: {
      put: async (put: PutCheckpoint) => {
        puts.push(put)
        return await own.put(put)
      },
      putWrites: async (given: PutWrites) => {
        writes.push(given)
        await own.putWrites(given)
      },
    },
  }
}

/** All of a list, changed. */
export async function* rearranged(
  found: AsyncIterable<StoredCheckpoint>,
  change: (all: StoredCheckpoint[]) => readonly StoredCheckpoint[],
): AsyncGenerator<StoredCheckpoint> {
  const all: StoredCheckpoint[] = []
  for await (const each of found) all.push(each)
  yield* change(all)
}
