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
import { around, type Leftovers, place as placeOn } from './testing/moving.test.harness.js'
import { tables } from './tables.js'
import { transferOf } from './transfer.js'

const leftovers: Leftovers = []
const place = (engine: TestEngine) => placeOn(engine, leftovers)

afterEach(async () => {
  for (const clean of leftovers.splice(0).reverse()) await clean()
})

/** The answers of its transactions are lost once `isLosing`. */
const losing = (backend: Backend, isLosing: () => boolean) =>
  around(backend, async (transaction) => {
    const answer = await transaction()
    if (isLosing()) throw new Unavailable('the connection was lost')
    return answer
  })

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
