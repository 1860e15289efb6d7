import { type SerializerProtocol } from '@langchain/langgraph-checkpoint'
import { HoldfastSaver } from '../../adapters/langgraph/index.js'
import { type Mutant, within } from './mutant.test.harness.js'

/** A saver with another serializer. */
function writing(
  fault: string, area: string, change: (serde: SerializerProtocol) => SerializerProtocol,
): Mutant {
  return {
    fault, area,
    saver: (transport) => new HoldfastSaver(
      transport, { serde: change(new HoldfastSaver(transport).serde) }),
  }
}

/** Faults of the saver itself. */
export const mutantsWithin: readonly Mutant[] = [
  writing('typed values are flattened to JSON', 'put', () => ({
    dumpsTyped: async (value) => ['json', Buffer.from(JSON.stringify(value) ?? 'null')],
    loadsTyped: async (_type, bytes) => JSON.parse(Buffer.from(bytes).toString()) as unknown,
  })),
  writing('bytes are taken for text', 'put', (serde) => ({
    dumpsTyped: (value) => serde.dumpsTyped(value),
    loadsTyped: async (type, bytes) => (type === 'bytes'
      ? new TextEncoder().encode(new TextDecoder().decode(bytes as Uint8Array))
      : await serde.loadsTyped(type, bytes)),
  })),
  writing('NUL is taken out of text', 'put', (serde) => ({
    dumpsTyped: (value) => serde.dumpsTyped(value),
    loadsTyped: async (type, bytes) => await serde.loadsTyped(type, type === 'bytes' ? bytes
      : Buffer.from(Buffer.from(bytes).toString().replaceAll('\\u0000', ''))),
  })),
  writing('text is cut at a hundred thousand characters', 'put', (serde) => ({
    dumpsTyped: (value) => serde.dumpsTyped(
      typeof value === 'string' ? value.slice(0, 100_000) : value),
    loadsTyped: (type, bytes) => serde.loadsTyped(type, bytes),
  })),
  within('pending writes are told backwards', 'putWrites', (Saver) => class extends Saver {
    override async getTuple(config: Parameters<HoldfastSaver['getTuple']>[0]) {
      const tuple = await super.getTuple(config)
      tuple?.pendingWrites?.reverse()
      return tuple
    }
  }),
  within('paths of tasks are dropped', 'putWrites', (Saver) => class extends Saver {
    override async putWrites(...[config, writes, task]: Parameters<HoldfastSaver['putWrites']>) {
      await super.putWrites(config, writes, task)
    }
  }),
  within('errors and interrupts have places like other writes', 'putWrites', (Saver) => (
    class extends Saver {
      override async putWrites(
        ...[config, writes, task, path]: Parameters<HoldfastSaver['putWrites']>) {
        const renamed = writes.map(([channel, value]) => (
          [channel.replace(/__$/, '_'), value] as [string, unknown]))
        await super.putWrites(config, renamed, task, path)
      }
    })),
  within('every value counts as changed', 'put', (Saver) => class extends Saver {
    override async put(...[config, checkpoint, metadata]: Parameters<HoldfastSaver['put']>) {
      return await super.put(config, checkpoint, metadata, checkpoint.channel_versions)
    }
  }),
  within('no value counts as changed', 'put', (Saver) => class extends Saver {
    override async put(...[config, checkpoint, metadata]: Parameters<HoldfastSaver['put']>) {
      return await super.put(config, checkpoint, metadata, {})
    }
  }),
  within('put answers with the parent', 'put', (Saver) => class extends Saver {
    override async put(...given: Parameters<HoldfastSaver['put']>) {
      await super.put(...given)
      return given[0]
    }
  }),
  within('put changes what it is given', 'put', (Saver) => class extends Saver {
    override async put(...given: Parameters<HoldfastSaver['put']>) {
      const answer = await super.put(...given)
      given[1].channel_values = {}
      return answer
    }
  }),
  within('what was told once is told again as the caller left it', 'put', (Saver) => (
    class extends Saver {
      readonly #told = new Map<string, Awaited<ReturnType<HoldfastSaver['getTuple']>>>()
      override async getTuple(config: Parameters<HoldfastSaver['getTuple']>[0]) {
        const key = JSON.stringify(config)
        if (!this.#told.has(key)) this.#told.set(key, await super.getTuple(config))
        return this.#told.get(key)
      }
    })),
  within('tasks to come of old checkpoints are forgotten', 'getTuple', (Saver) => (
    class extends Saver {
      override async getTuple(config: Parameters<HoldfastSaver['getTuple']>[0]) {
        const tuple = await super.getTuple(config)
        delete tuple?.checkpoint.channel_values.__pregel_tasks
        return tuple
      }
    })),
  within('whole values are left out of histories', 'getDeltaChannelHistory', (Saver) => (
    class extends Saver {
      override async getDeltaChannelHistory(
        given: Parameters<HoldfastSaver['getDeltaChannelHistory']>[0]) {
        const histories = await super.getDeltaChannelHistory(given)
        for (const history of Object.values(histories)) delete history.seed
        return histories
      }
    })),
  within('histories are newest first', 'getDeltaChannelHistory', (Saver) => class extends Saver {
    override async getDeltaChannelHistory(
      given: Parameters<HoldfastSaver['getDeltaChannelHistory']>[0]) {
      const histories = await super.getDeltaChannelHistory(given)
      for (const history of Object.values(histories)) history.writes.reverse()
      return histories
    }
  }),
]
