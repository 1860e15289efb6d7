import { expect, it } from 'vitest'
import { contract } from '../testing/index.js'
import { LoginFailed } from './index.js'

const password = 'correct horse battery'

contract('a password set in a transaction', (open) => {
  it('waits for no login that waits for the transaction', async () => {
    const { holdfast } = await open()
    const email = `${holdfast.ids.next()}@example.test`
    await holdfast.identity.createUser({ email, password })
    const { logins, made } = await holdfast.transaction(async ({ identity }) => {
      const begun = Array.from({ length: 4 }, () =>
        holdfast.identity.logIn({ email, password: 'a wrong guess' }))
      const all = Promise.allSettled(begun)
      // Until they have their turn to hash, and on one connection wait for this transaction.
      await new Promise((done) => setTimeout(done, 200))
      const name = `${holdfast.ids.next()}@example.test`
      return { logins: all, made: await identity.createUser({ email: name, password }) }
    }).then(async (begun) => ({ ...begun, logins: await begun.logins }))
    const reasons = logins.map((each) => each.status === 'rejected' && each.reason)
    expect(reasons.filter((reason) => reason instanceof LoginFailed)).toHaveLength(4)
    expect(made.email).toContain('@example.test')
  })
})
