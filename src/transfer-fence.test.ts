import { afterEach, describe, expect, it } from 'vitest'
import { type Backend } from './database/engine.js'
import { Unavailable } from './database/failures.js'
import { openHoldfast } from './holdfast.js'
import { movedTables } from './lifecycle/transfer/catalogue.js'
import { cutOver } from './lifecycle/transfer/cutover.js'
import { openEnd } from './lifecycle/transfer/ends.js'
import { type TransferEvent } from './lifecycle/transfer/events.js'
import { enginesNamed } from './testing/backends.js'
import { type TestEngine } from './testing/engines.js'
import { tables } from './tables.js'
import { transferOf } from './transfer.js'

const leftovers: (() => unknown)[] = []

afterEach(async () => {
  for (const clean of leftovers.splice(0).reverse()) await clean()
})

async function place(engine: TestEngine): Promise<string> {
  const lease = await engine.createReady()
  leftovers.push(() => lease.drop())
  return lease.ownerUrl
}

/** A backend, the answers of whose transactions are lost once `isLosing`. */
function losing(backend: Backend, isLosing: () => boolean): Backend {
  return new Proxy(backend, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      if (name !== 'transaction') return value.bind(target) as unknown
      return async (...given: Parameters<Backend['transaction']>) => {
        const answer = await target.transaction(...given)
        if (isLosing()) throw new Unavailable('the connection was lost')
        return answer
      }
    },
  })
}

for (const engine of enginesNamed('sqlite', 'postgres')) {
  const reason = engine.missing === undefined ? '' : `: did not run: ${engine.missing}`
  // Nothing unfinished: without the server there is nothing to move, and the name says why.
  describe.skipIf(engine.missing !== undefined)(`a cutover of ${engine.name}${reason}`, () => {
    it('lets the source be written again when the answer to its fence is lost', async () => {
      const [from, to] = [await place(engine), await place(enginesNamed('sqlite')[0]!)]
      const old = await openHoldfast({ database: from })
      leftovers.push(() => old.close())
      const { conversations } = old.organization()
      await conversations.create()
      await transferOf({ from, to }).copy({ live: true })
      const [source, target] = [await openEnd(from, false), await openEnd(to, false)]
      leftovers.push(() => source.backend.close(), () => target.backend.close())
      let isFencing = false
      const onEvent = (event: TransferEvent) => {
        isFencing = event.type === 'phase' && event.phase === 'fence'
      }
      const moving = cutOver({
        source: { ...source, backend: losing(source.backend, () => isFencing) }, target,
        tables: movedTables(tables), watch: { onEvent },
      })
      await expect(moving).rejects.toThrow('lost')
      await conversations.create()
      expect((await conversations.list()).data).toHaveLength(2)
    })
  })
}
