import { expect, it } from 'vitest'
import { contract } from '../testing/index.js'
import { LoginFailed } from './index.js'

const password = 'correct horse battery'
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms))

contract('a password set in a transaction', (open) => {
  it('waits for no login that waits for the transaction', async () => {
    const { identity, ids, transaction } = await open().then(({ holdfast }) => ({
      identity: holdfast.identity, ids: holdfast.ids,
      transaction: holdfast.transaction.bind(holdfast),
    }))
    const name = () => `${ids.next()}@example.test`
    // Most of them wait for their turn to hash, and then for the transaction.
    const begun = Promise.allSettled(Array.from({ length: 20 }, () =>
      identity.logIn({ email: name(), password: 'a wrong guess' })))
    await pause(40)
    const made = await transaction(async (stores) => {
      await pause(300)
      return stores.identity.createUser({ email: name(), password })
    })
    expect(made.active).toBe(true)
    const reasons = (await begun).map((each) => each.status === 'rejected' && each.reason)
    expect(reasons.filter((reason) => reason instanceof LoginFailed)).toHaveLength(20)
  })
})
