import { expect, it } from 'vitest'
import { onEveryEngine } from '../testing/backends.js'
import { type Session } from './engine.js'

const one = { sql: 'select 1', parameters: [], readOnly: true, reach: null } as const

/** Reads until a timer says that it is enough, but not for ever. */
async function readOn(run: (statement: typeof one) => Promise<unknown>): Promise<boolean> {
  let isEnough = false
  setTimeout(() => { isEnough = true }, 30)
  for (let count = 0; count < 500_000 && !isEnough; count += 1) await run(one)
  return isEnough
}

onEveryEngine('who reads on and on', (world) => {
  it('lets timers and other callers come to their turn', async () => {
    const { backend } = world()
    expect(await readOn((statement) => backend.run(statement))).toBe(true)
  })

  it.each(['transaction', 'snapshot'] as const)('does so in a %s, too', async (kind) => {
    const { backend } = world()
    const work = (session: Session) => readOn((statement) => session.run(statement))
    expect(await backend[kind](work)).toBe(true)
  })
})
